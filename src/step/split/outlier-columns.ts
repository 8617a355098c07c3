/**
 * Columns kept as they are, the rest for the row's method. A column counts by H_cc·Σ_r W_rc², what it alone brings to the squares of the
 * layer's outputs; of equal ones the first is taken. What is left in their place is zero, so that they widen no range; a method that
 * compensates may put there what other columns lose.
 */
import { StudioError } from '../../base/errors';
import { sparseValues, storeSparse } from '../../quantizer/sparse';
import { scaleColumns } from '../../tensor/elementwise';
import { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import type { SplitStep } from '../step';
import { keptBits, keptColumns } from './outlier-columns.face';

export const outlierColumns: SplitStep = {
  async split({ weight: whole, statistics }, options) {
    if (!statistics) throw new Error('bug: columns are ranked by the statistics of the layer’s inputs');
    const weight = untiled(whole);
    const { gpu, rows, cols } = weight;
    const values = await weight.read();
    const places = leading(energies(values, await statistics.diagonal.read()), keptColumns(options, cols));
    const part = storeSparse(values, { rows, cols, layout: 'columns', bits: keptBits(options), places });
    const lost = sparseValues(part).find((value) => !Number.isFinite(value));
    if (lost !== undefined) {
      throw new StudioError('QS-NUM-02', 'A kept weight is beyond the largest F16: keep columns in 32 bits.');
    }
    const rest = weight.clone('rest');
    const left = new Float32Array(cols).fill(1);
    for (const c of places) left[c] = 0;
    const mask = Tensor.from(gpu, 1, cols, left, 'columns left');
    scaleColumns(rest, mask);
    mask.release();
    return { rest, parts: [part] };
  },
};

/** H_cc·Σ_r W_rc² by column. */
export function energies(weights: Float32Array, diagonal: Float32Array): Float64Array {
  const cols = diagonal.length;
  const sums = new Float64Array(cols);
  weights.forEach((value, at) => (sums[at % cols] += value * value));
  return sums.map((sum, c) => sum * diagonal[c]);
}

/** The places of the largest values, the first of equal ones before. */
export function leading(values: Float64Array, count: number): number[] {
  const order = Array.from(values.keys()).sort((a, b) => values[b] - values[a] || a - b);
  return order.slice(0, count);
}
