/**
 * The E-step of k-means on the GPU (shaders/assignment): every sub-vector's nearest codeword of its book, the lowest index among
 * equals, by one of three measures:
 *   none: Σ (v_j − c_j)²;   weights: Σ m_j (v_j − c_j)²;   a metric a sub-column: |(v − c) A_s|², A_s upper triangular, d × d.
 * Codewords are streamed, so their number is not bounded by workgroup memory. Twin: assignReference in reference.ts.
 */
import { defineKernel } from '../gpu/kernel';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { panels } from './linear';
import { tileSize, VIEW_PARAMS, viewParams, type SubVectors } from './tiles';

/** How weights are found: shaders/codebook/weights.wgsl. */
export const WEIGHT_PARAMS = { weight_row: 'u32', weight_col: 'u32' } as const;

const WORDS = {
  codewords: 'u32',
  cb_stride: 'u32',
  dist_stride: 'u32',
  first_group: 'u32',
  past_group: 'u32',
  groups_per_book: 'u32',
} as const;

const ASSIGN = defineKernel({
  shader: 'assignment/assign',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: { ...VIEW_PARAMS, ...WEIGHT_PARAMS, ...WORDS },
  overrides: ['D', 'LANES', 'WEIGHTED', 'ONES'],
});

const ASSIGN_METRIC = defineKernel({
  shader: 'assignment/assign-metric',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: { ...VIEW_PARAMS, ...WORDS },
  overrides: ['D', 'LANES'],
});

/** How the distance of a sub-vector to a codeword is measured; null: Euclidean. */
export type Measure = Weights | Metric | null;

/** None is negative. */
export interface Weights {
  readonly kind: 'weights';
  /** 1 × cols of the window: one a column; or a tensor of the window's own shape and orientation: one a weight. */
  readonly weights: Tensor;
}

export interface Metric {
  readonly kind: 'metric';
  /** (8 · subs) × 8: rows 8s … 8s + dim − 1 hold A_s of the window's sub-column s, upper triangular, zero elsewhere. */
  readonly blocks: Tensor;
}

/** How the kernels are told the weights (shaders/codebook/weights.wgsl). The tensor is bound, read or not. */
export function weightingOf(points: SubVectors, given: Weights | null | undefined) {
  const padded = points.cols % points.dim !== 0;
  const weights = given?.weights ?? points.matrix;
  const single = weights.rows === 1 && weights.cols === points.cols;
  const along = points.transposed ? [1, weights.stride] : [weights.stride, 1];
  return {
    weights,
    params: { weight_row: single ? 0 : along[0], weight_col: single ? 1 : along[1] },
    overrides: { WEIGHTED: given || padded ? 1 : 0, ONES: given ? 0 : 1 },
  };
}

/** What the E-step writes into. */
export interface Assignments {
  /** One codeword's index a sub-vector. */
  readonly codes: Indices;
  /** rows × subs: the measured, squared distance. */
  readonly distances: Tensor;
}

export function emptyAssignments(points: SubVectors): Assignments {
  const { gpu } = points.matrix;
  return {
    codes: Indices.empty(gpu, points.rows * points.subs, 'assignments'),
    distances: Tensor.zeros(gpu, points.rows, points.subs, 'distances'),
  };
}

/** The E-step, into `into` or new buffers. `codebooks`: books × (codewords · dim). */
export function assign(
  points: SubVectors,
  codebooks: Tensor,
  measure: Measure = null,
  into: Assignments = emptyAssignments(points),
): Assignments {
  const { gpu } = points.matrix;
  const { dim } = points;
  const codewords = codewordsOf(points, codebooks);
  const metric = measure?.kind === 'metric';
  const perThread = metric ? 1 : 8;
  const lanes = gpu.lanes;
  const groupsPerBook = Math.ceil(tileSize(points) / (perThread * lanes));
  const flops = metric ? dim * (dim + 5) : 4 * dim + 3;
  const setup = 60;
  const { overrides, ...weighting } = weightingOf(points, measure?.kind === 'weights' ? measure : null);
  const second = measure?.kind === 'metric' ? measure.blocks : weighting.weights;
  for (const panel of panels(gpu, points.books * groupsPerBook, lanes * perThread * (codewords * flops + setup))) {
    gpu.launch(metric ? ASSIGN_METRIC : ASSIGN, {
      buffers: [points.matrix.buffer, second.buffer, codebooks.buffer, into.codes.buffer, into.distances.buffer],
      params: {
        ...viewParams(points),
        ...(metric ? {} : weighting.params),
        ...panel.range,
        codewords,
        cb_stride: codebooks.stride,
        dist_stride: into.distances.stride,
        groups_per_book: groupsPerBook,
      },
      grid: panel.grid,
      overrides: { D: dim, LANES: lanes, ...overrides },
      work: panel.work,
    });
  }
  return into;
}

/** K of a tensor of codebooks. Throws where it does not belong to these sub-vectors. */
export function codewordsOf(tiles: { readonly dim: number; readonly books: number }, codebooks: Tensor): number {
  const codewords = codebooks.cols / tiles.dim;
  if (!Number.isInteger(codewords) || codebooks.rows !== tiles.books) {
    throw new Error(
      `bug: codebooks of ${codebooks.rows} × ${codebooks.cols} for ${tiles.books} books of dim ${tiles.dim}`,
    );
  }
  return codewords;
}
