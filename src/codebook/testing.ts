/** Points, books and shapes that the tests of this room share. */
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { randomMatrix, upload } from '../tensor/testing';
import { Tensor } from '../tensor/tensor';
import type { KMeansResult } from './kmeans';
import { pointsReference } from './reference';
import { bookOf, subVectors, type SubVectors } from './tiles';

export interface Shape {
  readonly rows: number;
  readonly cols: number;
  readonly dim: number;
  readonly codewords: number;
  readonly bookRows?: number;
  readonly bookCols?: number;
}

/** One point, odd sizes, d = 1 … 8 that divide the columns or not, K = 1 and no power of two, ragged tiles. */
export const SHAPES: readonly Shape[] = [
  { rows: 1, cols: 1, dim: 1, codewords: 1 },
  { rows: 3, cols: 7, dim: 1, codewords: 3 },
  { rows: 5, cols: 9, dim: 2, codewords: 5, bookRows: 2 },
  { rows: 17, cols: 10, dim: 3, codewords: 7, bookCols: 6 },
  { rows: 9, cols: 64, dim: 4, codewords: 16, bookRows: 4, bookCols: 24 },
  { rows: 33, cols: 17, dim: 5, codewords: 1 },
  { rows: 20, cols: 36, dim: 6, codewords: 19, bookRows: 7, bookCols: 12 },
  { rows: 13, cols: 8, dim: 7, codewords: 6 },
  { rows: 40, cols: 129, dim: 8, codewords: 33, bookRows: 16, bookCols: 64 },
];

export function name({ rows, cols, dim, codewords, bookRows, bookCols }: Shape): string {
  return `${rows} × ${cols}, d ${dim}, K ${codewords}, books of ${bookRows ?? rows} × ${bookCols ?? cols}`;
}

/** Random points, once as they are and once from a transposed window with other columns around it. */
export function example(gpu: Gpu, shape: Shape, seed = 1) {
  const { rows, cols, dim } = shape;
  const m = randomMatrix(rows, cols, seed);
  const plain = subVectors(upload(gpu, m), dim, shape);
  const wide = new Random(seed + 1).normals((cols + 5) * rows);
  for (let c = 0; c < cols; c++) for (let r = 0; r < rows; r++) wide[(c + 3) * rows + r] = m.data[r * cols + c];
  const transposed = subVectors(Tensor.from(gpu, cols + 5, rows, wide), dim, {
    ...shape,
    cols,
    transposed: true,
    firstCol: 3,
  });
  return { plain, transposed, values: pointsReference(plain, m.data) };
}

/** Positive weights, one of them zero where there are several. */
export function columnWeights(cols: number, seed: number): Float32Array {
  const weights = new Random(seed).normals(cols).map((x) => 0.1 + x * x);
  if (cols > 4) weights[2] = 0;
  return weights;
}

export function codebooksOf(points: SubVectors, codewords: number, seed: number) {
  const books = randomMatrix(points.books, codewords * points.dim, seed);
  return { values: books.data, tensor: upload(points.matrix.gpu, books) };
}

/** The objective recomputed in float64 from what a result decodes to. */
export async function recomputeObjective(
  points: SubVectors,
  values: Float32Array,
  result: Pick<KMeansResult, 'codebooks' | 'codes'>,
  weights: Float32Array | null,
): Promise<number> {
  const [books, codes] = await Promise.all([result.codebooks.read(), result.codes.read()]);
  const { dim, subs } = points;
  let sum = 0;
  codes.forEach((code, i) => {
    const [row, sub] = [Math.floor(i / subs), i % subs];
    const at = bookOf(points, row, sub) * result.codebooks.cols + code * dim;
    for (let j = 0; j < dim && sub * dim + j < points.cols; j++) {
      sum += (weights?.[sub * dim + j] ?? 1) * (values[i * dim + j] - books[at + j]) ** 2;
    }
  });
  return sum;
}
