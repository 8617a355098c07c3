/**
 * Quantizers and observers of activations for operations.ts, and for the test of NaN: every kernel of shaders/activation with every code, kind of
 * cell and dress.
 */
import type { Gpu } from '../../gpu/gpu';
import { fakeQuant } from '../../gradient/fake-quant';
import { Parameter, Tape } from '../../gradient/tape';
import type { ActivationCode, Cells } from '../../tensor/activation-format';
import { attendDecoded, receivedAttention } from '../../tensor/attend-cache';
import { outlierColumns, peakPowers } from '../../tensor/dressings';
import { Dressing, fakeQuantize } from '../../tensor/fake-quant';
import { ColumnObserver, HistogramObserver, RangeObserver, tokenSums } from '../../tensor/observers';
import { RangeSearch } from '../../tensor/range-search';
import { Tensor } from '../../tensor/tensor';
import { accumulateWeightedGram, tokenRoots } from '../../tensor/weighted-gram';

type Operation = (
  gpu: Gpu,
  normals: (rows: number, cols: number) => Tensor,
) => readonly (Tensor | null)[] | Promise<readonly Tensor[]>;

const CODES: readonly ActivationCode[] = [
  { kind: 'symmetric', bits: 4 },
  { kind: 'asymmetric', bits: 4 },
  { kind: 'float offset', bits: 2 },
  { kind: 'logarithmic', bits: 4, perOctave: 2 },
  { kind: 'split', bits: 4, split: 0.25 },
  { kind: 'signs', bits: 4 },
  { kind: 'e4m3' },
];

const CELLS: readonly Cells[] = [
  { per: 'tensor' },
  { per: 'token' },
  { per: 'group', columns: 5 },
  { per: 'column', tokens: 4 },
  { per: 'block', tokens: 8, columns: 5, turns: { of: 4, width: 2 } },
];

function dressing(gpu: Gpu, normals: (rows: number, cols: number) => Tensor): Dressing {
  return Dressing.of(gpu, 18, 11, {
    columnFactor: normals(1, 11),
    noise: normals(1, 11),
    keptColumns: Tensor.from(
      gpu,
      1,
      11,
      Array.from({ length: 11 }, (_, i) => (i === 2 ? 1 : 0)),
    ),
    rowFactor: normals(1, 18),
  });
}

export const ACTIVATION_OPERATIONS: Readonly<Record<string, Operation>> = {
  'quantized activations': (gpu, normals) =>
    CODES.flatMap((code, i) => {
      const x = normals(18, 11);
      const cells = CELLS[i % CELLS.length];
      const windows = { length: 7, pitch: 9 };
      return [
        fakeQuantize(x, { code, cells, clip: 0.9 }, { windows }),
        fakeQuantize(x, { code, cells }, { dressing: dressing(gpu, normals) }),
      ];
    }),
  'learned ranges': (gpu, normals) =>
    (['symmetric', 'asymmetric', 'float offset'] as const).flatMap((kind, i) => {
      const tape = new Tape(gpu);
      const [x, clip] = [new Parameter(normals(18, 11)), new Parameter(Tensor.from(gpu, 2, 1, [0.6, 0.7]))];
      const format = { code: { kind, bits: 3 }, cells: { per: 'token' } } as const;
      const dressed = i === 0 ? null : dressing(gpu, normals);
      const y = fakeQuant(tape, x, format, { clip, dressing: dressed });
      tape.backward(y, normals(18, 11));
      return [y.value, x.grad, clip.grad];
    }),
  observers: async (gpu, normals) => {
    const [columns, ranges, histogram] = [
      new ColumnObserver(),
      new RangeObserver({ per: 'column' }),
      new HistogramObserver(gpu, 8, -2, 2),
    ];
    const taps = [normals(70, 11), normals(70, 11)];
    for (const x of taps) for (const observer of [columns, ranges, histogram]) observer.add(x);
    const format = { code: { kind: 'symmetric', bits: 4 }, cells: { per: 'column' } } as const;
    const search = new RangeSearch(gpu, format, ranges.ranges, { candidates: 5, steps: 10, power: 2.4 });
    for (const x of taps) search.add(x);
    const { mean, least } = await columns.read();
    const counts = Float32Array.from((await histogram.read()).counts);
    return [
      Tensor.from(gpu, 1, 11, mean),
      Tensor.from(gpu, 1, 11, least),
      Tensor.from(gpu, 1, 8, counts),
      (await search.best()).ranges,
      tokenSums(taps[0]),
      outlierColumns(taps[0], 2.5),
      peakPowers(taps[0], 'rows', 0.3),
    ];
  },
  'a quantized cache': (gpu, normals) => {
    const geometry = { windows: 2, length: 9 };
    const options = { heads: 2, keyHeads: 1, mask: 'causal' } as const;
    const [q, k, v, kHat, vHat] = [64, 32, 32, 32, 32].map((rows) => normals(rows, 5));
    const h = Tensor.zeros(gpu, 5, 5);
    accumulateWeightedGram(h, normals(4, 5), tokenRoots(gpu, [1, 2, 3, 0.5]), 1, 0);
    return [
      attendDecoded({ q, k, v }, { k: kHat, v: vHat }, geometry, options, 4),
      receivedAttention(q, k, geometry, options),
      h,
    ];
  },
};
