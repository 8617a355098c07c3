/** The n nearest codewords of every sub-vector (VQ4DiT, arXiv:2408.17131). Twin: candidatesReference in reference.ts. */
import { defineKernel } from '../gpu/kernel';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { codewordsOf } from './assign';
import { panels } from './linear';
import { tileSize, VIEW_PARAMS, viewParams, type SubVectors } from './tiles';

const CANDIDATES = defineKernel({
  shader: 'assignment/candidates',
  entry: 'main',
  buffers: ['read', 'read', 'write', 'write'],
  params: {
    ...VIEW_PARAMS,
    codewords: 'u32',
    cb_stride: 'u32',
    dist_stride: 'u32',
    first_group: 'u32',
    past_group: 'u32',
    groups_per_book: 'u32',
  },
  overrides: ['D', 'LANES', 'N'],
});

/** The most candidates the kernel sorts in registers. */
export const MAX_CANDIDATES = 8;

export interface Candidates {
  /** n a sub-vector, by its index: nearest first. */
  readonly codes: Indices;
  /** rows × (subs · n): Euclidean distances, ascending. */
  readonly distances: Tensor;
  /** As asked for, or the number of codewords where there are fewer. */
  readonly n: number;
}

export function nearestCandidates(points: SubVectors, codebooks: Tensor, asked: number): Candidates {
  const { gpu } = points.matrix;
  const codewords = codewordsOf(points, codebooks);
  const n = Math.min(asked, codewords);
  if (!Number.isInteger(n) || n < 1 || n > MAX_CANDIDATES) throw new Error(`bug: ${asked} candidates`);
  const codes = Indices.empty(gpu, points.rows * points.subs * n, 'candidates');
  const distances = Tensor.zeros(gpu, points.rows, points.subs * n, 'candidate distances');
  const groupsPerBook = Math.ceil(tileSize(points) / gpu.lanes);
  for (const panel of panels(gpu, points.books * groupsPerBook, gpu.lanes * codewords * (4 * points.dim + 8))) {
    gpu.launch(CANDIDATES, {
      buffers: [points.matrix.buffer, codebooks.buffer, codes.buffer, distances.buffer],
      params: {
        ...viewParams(points),
        ...panel.range,
        codewords,
        cb_stride: codebooks.stride,
        dist_stride: distances.stride,
        groups_per_book: groupsPerBook,
      },
      grid: panel.grid,
      overrides: { D: points.dim, LANES: gpu.lanes, N: n },
      work: panel.work,
    });
  }
  return { codes, distances, n };
}
