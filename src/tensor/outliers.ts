/**
 * Fake quantization beside outliers that stay as they are: of each cell a share of its values, half of them at either end, counts for no range
 * and passes (Hooper et al. 2024, KVQuant's dense and sparse quantization, arXiv 2401.18079; here the ends are the cell's own, as it does for
 * values). Twin: reference/outliers.ts.
 *
 * Every value looks at all of its cell: n² comparisons for n values, so for cells of up to a few thousand.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { layoutOf, type ActivationFormat, type Cells } from './activation-format';
import { CELL_PARAMS, cellParams, fakeQuantize, type SeenOptions } from './fake-quant';
import { Tensor } from './tensor';

const INNER = defineKernel({
  shader: 'activation/inner-ranges',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { ...CELL_PARAMS, range_stride: 'u32', first_row: 'u32', count: 'u32', share: 'u32' },
  overrides: ['BY_ROW'],
});

const OUTSIDE = defineKernel({
  shader: 'activation/outside',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { ...CELL_PARAMS, range_stride: 'u32' },
});

/** The steps in which a share can be given. */
export const SHARES = 10_000;

/** x̂ with outliers: `share` of every cell's values. A dressing may keep rows, which count for nothing. */
export function fakeQuantizeInside(x: Tensor, format: ActivationFormat, share: number, options: SeenOptions = {}) {
  const ranges = innerRanges(x, format.cells, share, options);
  const y = fakeQuantize(x, format, { ...options, ranges });
  const { params } = placed(x, format.cells, options);
  x.gpu.launch(OUTSIDE, {
    buffers: [x.buffer, ranges.buffer, y.buffer],
    params: { ...params, row_stride: 0, range_stride: ranges.stride },
    grid: linearGrid(x.rows * x.cols, 64),
    work: 4 * x.rows * x.cols,
  });
  ranges.release();
  return y;
}

/** (2·down) × across, as fake-quant.ts has ranges. */
export function innerRanges(x: Tensor, cells: Cells, share: number, options: SeenOptions = {}): Tensor {
  const { layout, params } = placed(x, cells, options);
  const { byColumn, byRow } = options.dressing ?? { byColumn: null, byRow: null };
  if (byColumn || layout.turns > 1 || !(share >= 0 && share < 1)) {
    throw new Error(`bug: a share of ${share} as outliers, in ${layout.turns} turns or of dressed columns`);
  }
  const ranges = Tensor.zeros(x.gpu, 2 * layout.down, layout.across, 'ranges');
  const workPerRow = x.cols * 4 * Math.min(layout.tileRows, layout.length) * layout.tileCols;
  const atOnce = Math.max(1, Math.floor(x.gpu.workBudget / workPerRow));
  for (let first_row = 0; first_row < x.rows; first_row += atOnce) {
    const count = Math.min(atOnce, x.rows - first_row);
    x.gpu.launch(INNER, {
      buffers: [x.buffer, (byRow ?? x).buffer, ranges.buffer],
      params: {
        ...params,
        row_stride: byRow?.stride ?? 0,
        range_stride: ranges.stride,
        first_row,
        count,
        share: Math.round(share * SHARES),
      },
      grid: linearGrid(count * x.cols, 64),
      overrides: { BY_ROW: byRow ? 1 : 0 },
      work: count * workPerRow,
    });
  }
  return ranges;
}

function placed(x: Tensor, cells: Cells, { windows }: SeenOptions) {
  const layout = layoutOf(x.rows, x.cols, cells, windows);
  // Value by value: the stride in floats.
  return { layout, params: { ...cellParams(x, layout, layout.down, 0), stride: x.stride } };
}
