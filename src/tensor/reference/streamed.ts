/** Float64 twins of the figures that come tile by tile (shaders/model/stream-*.wgsl): the same states, row by row. */
import type { Matrix } from './matrix';

const rowOf = ({ data, cols }: Matrix, r: number) => Array.from(data.subarray(r * cols, (r + 1) * cols));

/** [max, Σ exp(l − max), l[target] or 0, column of the max]; `before`: null for the first tile. */
export function joinCrossEntropy(
  before: readonly number[] | null,
  logits: Matrix,
  r: number,
  first: number,
  target: number,
): number[] {
  const values = rowOf(logits, r);
  const [high, sum, wanted, best] = before ?? [-Infinity, 0, 0, 0];
  const own = Math.max(...values);
  const top = Math.max(high, own);
  const joined = sum * Math.exp(high - top) + values.reduce((total, value) => total + Math.exp(value - top), 0);
  const inTile = target >= first && target < first + logits.cols;
  return [top, joined, inTile ? values[target - first] : wanted, own > high ? first + values.indexOf(own) : best];
}

/** [max p, Σ e^(p − max p), max q, Σ e^(q − max q), s, Σ e^(p − max p) g(δ), Σ e^(p − max p) δ], as stream-kl.wgsl. */
export function joinKl(before: readonly number[] | null, p: Matrix, q: Matrix, r: number): number[] {
  const [ps, qs] = [rowOf(p, r), rowOf(q, r)];
  const total = (values: readonly number[], top: number) => values.reduce((sum, v) => sum + Math.exp(v - top), 0);
  const [pOwn, qOwn] = [Math.max(...ps), Math.max(...qs)];
  const start = pOwn - qOwn + Math.log(total(ps, pOwn) / total(qs, qOwn));
  const [pHigh, pSum, qHigh, qSum, shift, spread, mean] = before ?? [-Infinity, 0, -Infinity, 0, start, 0, 0];
  const [pTop, qTop] = [Math.max(pHigh, pOwn), Math.max(qHigh, qOwn)];
  const kept = Math.exp(pHigh - pTop);
  const deltas = ps.map((value, c) => value - qs[c] - shift);
  const weighted = (f: (d: number) => number) => deltas.reduce((sum, d, c) => sum + Math.exp(ps[c] - pTop) * f(d), 0);
  return [
    pTop,
    pSum * kept + total(ps, pTop),
    qTop,
    qSum * Math.exp(qHigh - qTop) + total(qs, qTop),
    shift,
    spread * kept + weighted((d) => Math.expm1(-d) + d),
    mean * kept + weighted((d) => d),
  ];
}
