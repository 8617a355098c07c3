/** Float64 twins of attend-cache.ts, on tokens: written out, one query after the other. */
import { KIVI_LEAVING } from '../attend-cache';
import type { Attention } from './attention';
import { matrix, type Matrix } from './matrix';

/** softmax(scale · scores) of the keys that query t of a window sees, and the first of them. */
function probabilities(scores: (key: number) => number, t: number, length: number, options: Attention, dim: number) {
  const { mask, slidingWindow } = options;
  const scale = options.scale ?? 1 / Math.sqrt(dim);
  const first = mask === 'causal' && slidingWindow ? Math.max(0, t + 1 - slidingWindow) : 0;
  const end = mask === 'causal' ? t + 1 : length;
  const raised = Array.from({ length: end - first }, (_, i) => scale * scores(first + i));
  const highest = Math.max(...raised);
  const weights = raised.map((score) => Math.exp(score - highest));
  const total = weights.reduce((a, b) => a + b, 0);
  return { first, weights: weights.map((weight) => weight / total) };
}

const dot = (a: Matrix, i: number, b: Matrix, j: number, dim: number) => {
  let sum = 0;
  for (let d = 0; d < dim; d++) sum += a.data[i + d] * b.data[j + d];
  return sum;
};

/** q: tokens × (heads · dim); k, v and the cache's: tokens × (keyHeads · dim). */
export function attendDecoded(
  { q, k, v }: { q: Matrix; k: Matrix; v: Matrix },
  cache: { k: Matrix; v: Matrix },
  length: number,
  options: Attention,
  residual: number,
  leaving = KIVI_LEAVING,
): Matrix {
  const left = (t: number, how: 'blocks' | 'singly') =>
    how === 'blocks' ? residual * Math.floor(t / residual) : t + 1 - residual;
  const dim = q.cols / options.heads;
  const y = matrix(q.rows, q.cols);
  for (let row = 0; row < q.rows; row++) {
    const [t, start] = [row % length, row - (row % length)];
    for (let head = 0; head < options.heads; head++) {
      const from = Math.floor((head * options.keyHeads) / options.heads) * dim;
      const keyAt = (key: number) => (start + key) * k.cols + from;
      const score = (key: number) => {
        const keys = key < left(t, leaving.keys) ? cache.k : k;
        return dot(q, row * q.cols + head * dim, keys, keyAt(key), dim);
      };
      const { first, weights } = probabilities(score, t, length, options, dim);
      weights.forEach((weight, i) => {
        const values = first + i < left(t, leaving.values) ? cache.v : v;
        for (let d = 0; d < dim; d++)
          y.data[row * q.cols + head * dim + d] += weight * values.data[keyAt(first + i) + d];
      });
    }
  }
  return y;
}

/** (windows · keyHeads) × length. */
export function receivedAttention(
  q: Matrix,
  k: Matrix,
  length: number,
  options: Attention,
  byQuery: ArrayLike<number>,
): Matrix {
  const { heads, keyHeads } = options;
  const dim = q.cols / heads;
  const received = matrix((q.rows / length) * keyHeads, length);
  for (let row = 0; row < q.rows; row++) {
    const [t, start] = [row % length, row - (row % length)];
    for (let head = 0; head < heads; head++) {
      const keyHead = Math.floor((head * keyHeads) / heads);
      const score = (key: number) => dot(q, row * q.cols + head * dim, k, (start + key) * k.cols + keyHead * dim, dim);
      const { first, weights } = probabilities(score, t, length, options, dim);
      const to = ((start / length) * keyHeads + keyHead) * length + first;
      weights.forEach((weight, i) => (received.data[to + i] += byQuery[t] * weight));
    }
  }
  return received;
}
