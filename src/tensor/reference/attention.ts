/** Float64 twin of attend.ts, on tokens: written out, one query after the other. */
import { matrix, type Matrix } from './matrix';

export interface Attention {
  readonly heads: number;
  readonly keyHeads: number;
  readonly mask: 'causal' | 'full';
  readonly slidingWindow?: number | null;
  readonly keyLength?: number;
  readonly scale?: number;
}

/** q: tokens × (heads · dim), k and v: tokens × (keyHeads · dim); the result is like q. */
export function attention(q: Matrix, k: Matrix, v: Matrix, length: number, options: Attention): Matrix {
  const { heads, keyHeads, mask, slidingWindow, keyLength = length } = options;
  const dim = q.cols / heads;
  const scale = options.scale ?? 1 / Math.sqrt(dim);
  const y = matrix(q.rows, q.cols);
  for (let row = 0; row < q.rows; row++) {
    const [t, start] = [row % length, Math.floor(row / length) * keyLength];
    const first = mask === 'causal' && slidingWindow ? Math.max(0, t + 1 - slidingWindow) : 0;
    const end = mask === 'causal' ? t + 1 : keyLength;
    for (let head = 0; head < heads; head++) {
      const [to, from] = [head * dim, Math.floor((head * keyHeads) / heads) * dim];
      const weights: number[] = [];
      for (let key = first; key < end; key++) {
        let score = 0;
        for (let d = 0; d < dim; d++)
          score += q.data[row * q.cols + to + d] * k.data[(start + key) * k.cols + from + d];
        weights.push(scale * score);
      }
      const highest = Math.max(...weights);
      let total = 0;
      weights.forEach((score, i) => (total += weights[i] = Math.exp(score - highest)));
      for (let d = 0; d < dim; d++) {
        let sum = 0;
        weights.forEach((weight, i) => (sum += (weight / total) * v.data[(start + first + i) * v.cols + from + d]));
        y.data[row * q.cols + to + d] = sum;
      }
    }
  }
  return y;
}
