/** Float64 twin of attend-rounded.ts, on tokens: written out, one query after the other. */
import type { Attention } from './attention';
import { matrix, type Matrix } from './matrix';

/** q and, beside it, q2: tokens × (heads · dim); k, k2 and v: tokens × (keyHeads · dim). `round` is given a query's weights of the keys it sees. */
export function attendRounded(
  { q, k, v }: { q: Matrix; k: Matrix; v: Matrix },
  length: number,
  { heads, keyHeads, mask, slidingWindow, scale }: Attention,
  round: (weights: Float64Array) => ArrayLike<number>,
  beside?: { q: Matrix; k: Matrix },
): Matrix {
  const dim = q.cols / heads;
  const y = matrix(q.rows, q.cols);
  for (let row = 0; row < q.rows; row++) {
    const [t, start] = [row % length, row - (row % length)];
    const first = mask === 'causal' && slidingWindow ? Math.max(0, t + 1 - slidingWindow) : 0;
    const count = (mask === 'causal' ? t + 1 : length) - first;
    for (let head = 0; head < heads; head++) {
      const from = Math.floor((head * keyHeads) / heads) * dim;
      const score = (queries: Matrix, keys: Matrix, key: number) => {
        let sum = 0;
        for (let d = 0; d < dim; d++) {
          sum += queries.data[row * q.cols + head * dim + d] * keys.data[(start + key) * k.cols + from + d];
        }
        return (scale ?? 1 / Math.sqrt(dim)) * sum;
      };
      const scores = Array.from({ length: count }, (_, i) => {
        return score(q, k, first + i) + (beside ? score(beside.q, beside.k, first + i) : 0);
      });
      const highest = Math.max(...scores);
      const raised = scores.map((one) => Math.exp(one - highest));
      const total = raised.reduce((a, b) => a + b, 0);
      const weights = round(Float64Array.from(raised, (one) => one / total));
      for (let i = 0; i < count; i++) {
        for (let d = 0; d < dim; d++) {
          y.data[row * q.cols + head * dim + d] += weights[i] * v.data[(start + first + i) * v.cols + from + d];
        }
      }
    }
  }
  return y;
}
