/**
 * A differentiable choice of codewords (VQ4DiT, arXiv:2408.17131): each sub-vector is the mixture of its n candidates,
 *   v_i = Σ_j r_ij c_{A_ij},  r_i = softmax(z_i),
 * until it is frozen at one of them. With g = dL/dW: dz_ij = r_ij · g_i · (c_{A_ij} − v_i), dc_k = Σ_{A_ij = k} r_ij g_i, the latter
 * summed in a fixed order. Twin: mixtureReference in reference-mixture.ts.
 */
import { defineKernel } from '../gpu/kernel';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { MAX_CANDIDATES, type Candidates } from './candidates';
import { decode } from './decode';
import { linear } from './linear';
import { subVectors, VIEW_PARAMS, viewParams, type SubVectors, type Tiles } from './tiles';
import { reduceChunks } from './update';

const RANGE = { first_group: 'u32', past_group: 'u32' } as const;

const START = defineKernel({
  shader: 'codebook/start-logits',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { rows: 'u32', cols: 'u32', stride: 'u32', n: 'u32', count: 'u32', ...RANGE },
  overrides: ['LANES'],
});
const RATIOS = defineKernel({
  shader: 'codebook/ratios',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { rows: 'u32', subs: 'u32', stride: 'u32', ...RANGE },
  overrides: ['LANES', 'N', 'FREEZING'],
});
const FREEZE = defineKernel({
  shader: 'codebook/freeze',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { rows: 'u32', subs: 'u32', stride: 'u32', threshold: 'f32', ...RANGE },
  overrides: ['LANES', 'N'],
});
const CHOOSE = defineKernel({
  shader: 'codebook/choose',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { rows: 'u32', subs: 'u32', stride: 'u32', ...RANGE },
  overrides: ['LANES', 'N'],
});
const LOGITS = defineKernel({
  shader: 'codebook/mixture-logits',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write'],
  params: { ...VIEW_PARAMS, cb_stride: 'u32', ratio_stride: 'u32', ...RANGE },
  overrides: ['D', 'LANES', 'N', 'FREEZING'],
});
const ACCUMULATE = defineKernel({
  shader: 'codebook/accumulate-mixture',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: {
    ...VIEW_PARAMS,
    codewords: 'u32',
    ratio_stride: 'u32',
    first_book: 'u32',
    past_book: 'u32',
    chunks: 'u32',
    chunk_points: 'u32',
    ...RANGE,
  },
  overrides: ['D', 'LANES', 'N'],
});

/** The candidates of every sub-vector; they rarely change. */
export interface Mixture {
  readonly tiles: Tiles;
  /** n a sub-vector, by its index. */
  readonly candidates: Indices;
  readonly n: number;
}

export function mixtureOf(tiles: Tiles, { codes, n }: Pick<Candidates, 'codes' | 'n'>): Mixture {
  if (n > MAX_CANDIDATES || codes.length !== tiles.rows * tiles.subs * n) {
    throw new Error(`bug: ${codes.length} candidates, ${n} for each of ${tiles.rows * tiles.subs} sub-vectors`);
  }
  return { tiles, candidates: codes, n };
}

/** VQ4DiT's first logits, rows × (subs · n): z_ij = log(δ_in / (δ_ij + 1e-5)), the last 0. */
export function startLogits({ distances, n }: Pick<Candidates, 'distances' | 'n'>): Tensor {
  const { gpu, rows, cols, stride } = distances;
  const logits = Tensor.empty(gpu, rows, cols, 'logits');
  const count = logits.bytes / 4;
  linear(gpu, START, [distances.buffer, logits.buffer], count, 4, { rows, cols, stride, n, count });
  return logits;
}

/** No sub-vector frozen: one 0 each. */
export function nothingFrozen({ tiles, candidates }: Mixture): Indices {
  return Indices.from(candidates.gpu, new Uint32Array(tiles.rows * tiles.subs), 'frozen');
}

/** r, rows × (subs · n), from the logits of the same shape and the frozen choices (0 free, 1 + j frozen at candidate j). */
export function mixtureRatios({ tiles, n }: Mixture, logits: Tensor, frozen: Indices | null = null): Tensor {
  const { gpu, stride } = logits;
  const { rows, subs } = tiles;
  const ratios = Tensor.zeros(gpu, rows, subs * n, 'ratios');
  linear(
    gpu,
    RATIOS,
    [logits.buffer, (frozen ?? logits).buffer, ratios.buffer],
    rows * subs,
    8 * n,
    { rows, subs, stride },
    { N: n, FREEZING: frozen ? 1 : 0 },
  );
  return ratios;
}

/** The weights, rows × cols. */
export function mixtureWeights({ tiles, candidates, n }: Mixture, codebooks: Tensor, ratios: Tensor): Tensor {
  return decode(tiles, codebooks, candidates, { ratios: n === 1 ? null : ratios });
}

export interface MixtureGradients {
  /** rows × (subs · n). */
  readonly logits: Tensor;
  /** books × (codewords · dim). */
  readonly codebooks: Tensor;
}

/** dL/dz of the logits, zero where frozen. `gradient`: dL/dW, rows × cols. */
export function logitGradients(
  { tiles, candidates, n }: Mixture,
  codebooks: Tensor,
  ratios: Tensor,
  gradient: Tensor,
  frozen: Indices | null = null,
): Tensor {
  const { gpu } = ratios;
  const points = gradientPoints(tiles, gradient);
  const out = Tensor.zeros(gpu, ratios.rows, ratios.cols, 'logit gradients');
  linear(
    gpu,
    LOGITS,
    [
      gradient.buffer,
      codebooks.buffer,
      candidates.buffer,
      ratios.buffer,
      (frozen ?? candidates).buffer, // bound but not read without FREEZING
      out.buffer,
    ],
    tiles.rows * tiles.subs,
    4 * n * tiles.dim,
    { ...viewParams(points), cb_stride: codebooks.stride, ratio_stride: ratios.stride },
    { D: tiles.dim, N: n, FREEZING: frozen ? 1 : 0 },
  );
  return out;
}

/** dL/dc of the codebooks, books × (codewords · dim). `gradient`: dL/dW, rows × cols. */
export function codebookGradients(
  { tiles, candidates, n }: Mixture,
  codewords: number,
  ratios: Tensor,
  gradient: Tensor,
): Tensor {
  const { gpu } = ratios;
  const points = gradientPoints(tiles, gradient);
  const into = Tensor.zeros(gpu, tiles.books, codewords * tiles.dim, 'codebook gradients');
  const counts = Indices.empty(gpu, tiles.books * codewords, 'counts');
  reduceChunks(tiles, { mode: 'sum', weighted: false, before: gradient, into, counts }, (slice) => {
    const params = {
      ...viewParams(points),
      codewords,
      ratio_stride: ratios.stride,
      first_book: slice.firstBook,
      past_book: slice.pastBook,
      chunks: slice.chunks,
      chunk_points: slice.points,
    };
    linear(
      gpu,
      ACCUMULATE,
      [gradient.buffer, candidates.buffer, ratios.buffer, slice.partials],
      slice.threads,
      8 * slice.points * n * tiles.dim,
      params,
      { D: tiles.dim, N: n },
    );
  });
  counts.release();
  return into;
}

/** Both gradients. */
export function mixtureGradients(
  mixture: Mixture,
  codebooks: Tensor,
  ratios: Tensor,
  gradient: Tensor,
  frozen: Indices | null = null,
): MixtureGradients {
  return {
    logits: logitGradients(mixture, codebooks, ratios, gradient, frozen),
    codebooks: codebookGradients(mixture, codebooks.cols / mixture.tiles.dim, ratios, gradient),
  };
}

/** Freezes every sub-vector that has a ratio above `threshold`, in place. */
export function freeze({ tiles, n }: Mixture, ratios: Tensor, threshold: number, frozen: Indices): void {
  const { rows, subs } = tiles;
  const params = { rows, subs, stride: ratios.stride, threshold };
  linear(ratios.gpu, FREEZE, [ratios.buffer, frozen.buffer], rows * subs, 2 * n, params, { N: n });
}

/** How many sub-vectors are frozen: one readback. */
export async function frozenCount(frozen: Indices): Promise<number> {
  return (await frozen.read()).reduce((count, choice) => count + (choice > 0 ? 1 : 0), 0);
}

/** The candidate of the largest ratio of every sub-vector: one code each. */
export function hardCodes({ tiles, candidates, n }: Mixture, ratios: Tensor): Indices {
  const { rows, subs } = tiles;
  const codes = Indices.empty(ratios.gpu, rows * subs, 'assignments');
  const buffers = [candidates.buffer, ratios.buffer, codes.buffer];
  linear(ratios.gpu, CHOOSE, buffers, rows * subs, 2 * n, { rows, subs, stride: ratios.stride }, { N: n });
  return codes;
}

function gradientPoints(tiles: Tiles, gradient: Tensor): SubVectors {
  const { dim, bookRows, bookSubs } = tiles;
  return subVectors(gradient, dim, { bookRows, bookCols: bookSubs * dim });
}
