/**
 * What share of a checkpoint's weights a run quantizes, and what becomes of the rest: "bits per weight" is of the quantized ones alone,
 * and the whole file's stands beside it. Counted from shapes and types; weights are the floating-point tensors, without buffers that a
 * model makes anew (tensor-kinds.ts).
 */
import type { Checkpoint } from '../checkpoint/checkpoint';
import { dtypeBits, isWeightDtype } from '../checkpoint/dtype';
import type { Linear } from '../model/architecture';
import { hasExperts, kindOf } from '../model/tensor-kinds';
import type { Plan, RowSummary } from './events';
import type { Coverage } from './events';

export function coverageOf(checkpoint: Pick<Checkpoint, 'tensors'>, linears: readonly Linear[]): Coverage {
  const chosen = new Set(linears.map(({ weight }) => weight));
  const experts = hasExperts(checkpoint.tensors);
  const left = new Map<string, number>();
  let [weights, quantized, leftBits] = [0, 0, 0];
  for (const { name, shape, dtype } of checkpoint.tensors.values()) {
    if (!isWeightDtype(dtype)) continue;
    const count = shape.reduce((product, size) => product * size, 1);
    const kind = kindOf(name, shape, experts) ?? 'other matrices';
    if (chosen.has(name)) quantized += count;
    else if (kind === 'buffers' || count === 0) continue;
    else {
      left.set(kind, (left.get(kind) ?? 0) + count);
      leftBits += count * dtypeBits(dtype);
    }
    weights += count;
  }
  const kinds = [...left].map(([what, many]) => ({ what, weights: many })).sort((a, b) => b.weights - a.weights);
  return { weights, quantized, left: kinds, leftBits };
}

/** Bits per weight of the whole file, where the quantized weights take `bitsPerWeight`. */
export function fileBitsPerWeight({ weights, quantized, leftBits }: Coverage, bitsPerWeight: number): number {
  return (bitsPerWeight * quantized + leftBits) / weights;
}

/** A plan that tells its coverage. */
export function covered(plan: Plan, coverage: Coverage): Plan {
  const rows = plan.rows.map((row) => ({
    ...row,
    fileBitsPerWeight: fileBitsPerWeight(coverage, row.bitsPerWeight),
  }));
  return { ...plan, coverage, rows };
}

/** Rows' summaries with the whole file's bits beside their own, where the plan tells its coverage. */
export function withFileBits(rows: readonly RowSummary[], { coverage }: Plan): RowSummary[] {
  return rows.map((row) =>
    coverage ? { ...row, fileBitsPerWeight: fileBitsPerWeight(coverage, row.bitsPerWeight) } : row,
  );
}

/** "24,576 of 629,440 weights are quantized (3.9 %); 604,864 are left as they are: experts 589,824, …" */
export function coverageSentence({ weights, quantized, left }: Coverage): string {
  const whole = (count: number) => count.toLocaleString('en');
  const share = ((100 * quantized) / weights).toFixed(1);
  const begin = `${whole(quantized)} of ${whole(weights)} weights are quantized (${share} %)`;
  if (left.length === 0) return `${begin}.`;
  const rest = left.map(({ what, weights: count }) => `${what} ${whole(count)}`).join(', ');
  return `${begin}; ${whole(weights - quantized)} are left as they are: ${rest}.`;
}
