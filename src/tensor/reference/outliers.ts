/** Float64 twin of outliers.ts: every cell sorted. */
import { layoutOf, type ActivationFormat, type Cells } from '../activation-format';
import { cellRowOf, fakeQuantize, type Options } from './fake-quant';
import { matrix, type Matrix } from './matrix';

/** (2·down) × across. */
export function innerRanges(x: Matrix, cells: Cells, share: number, { windows, dress = {} }: Options = {}): Matrix {
  const layout = layoutOf(x.rows, x.cols, cells, windows);
  const { down, across, tileCols } = layout;
  const values = Array.from({ length: down * across }, () => [] as number[]);
  for (let row = 0; row < x.rows; row++) {
    const cell = cellRowOf(row, layout);
    if (cell === null || dress.keptRows?.[row] === 1) continue;
    for (let c = 0; c < x.cols; c++) {
      values[cell * across + Math.floor(c / tileCols)].push(x.data[row * x.cols + c]);
    }
  }
  const ranges = matrix(2 * down, across);
  values.forEach((all, i) => {
    if (all.length === 0) return;
    const sorted = all.sort((a, b) => a - b);
    const n = sorted.length;
    const k = Math.min(Math.floor((n * share) / 2 + 0.5 + 1e-9), Math.floor((n - 1) / 2));
    ranges.data[i] = sorted[k];
    ranges.data[down * across + i] = sorted[n - 1 - k];
  });
  return ranges;
}

/** x̂ with outliers. */
export function fakeQuantizeInside(x: Matrix, format: ActivationFormat, share: number, options: Options = {}): Matrix {
  const ranges = innerRanges(x, format.cells, share, options);
  const y = fakeQuantize(x, format, { ...options, ranges });
  const layout = layoutOf(x.rows, x.cols, format.cells, options.windows);
  const { down, across, tileCols } = layout;
  for (let row = 0; row < x.rows; row++) {
    const cell = cellRowOf(row, layout);
    if (cell === null) continue;
    for (let c = 0; c < x.cols; c++) {
      const [at, i] = [cell * across + Math.floor(c / tileCols), row * x.cols + c];
      if (x.data[i] < ranges.data[at] || x.data[i] > ranges.data[down * across + at]) y.data[i] = x.data[i];
    }
  }
  return y;
}
