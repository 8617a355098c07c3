/**
 * Codewords and signs apart (SSVQ, arXiv:2503.08668): W = c[A] · sign(L) with latent weights L of W's shape, sign(0) = 1.
 * Gradients pass the sign straight through: dL = G · c[A], dc_k = Σ_{A_i = k} G_i · sign(L_i), G = dL/dW.
 */
import { defineKernel } from '../gpu/kernel';
import type { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { decode } from './decode';
import { linear } from './linear';
import { subVectors, type Tiles } from './tiles';
import { sumByCode } from './update';

const GRADIENT = defineKernel({
  shader: 'codebook/split-gradient',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write', 'write'],
  params: { count: 'u32', first_group: 'u32', past_group: 'u32' },
  overrides: ['LANES'],
});

/** The weights, rows × cols. `latent`: rows × cols. */
export function signedWeights(tiles: Tiles, codebooks: Tensor, codes: Indices, latent: Tensor): Tensor {
  return decode(tiles, codebooks, codes, { signs: latent });
}

export interface SignGradients {
  /** rows × cols. */
  readonly latent: Tensor;
  /** books × (codewords · dim). */
  readonly codebooks: Tensor;
}

/** Both gradients from dL/dW, rows × cols. */
export function signGradients(
  tiles: Tiles,
  codebooks: Tensor,
  codes: Indices,
  latent: Tensor,
  gradient: Tensor,
): SignGradients {
  const { gpu } = codebooks;
  const { rows, cols, dim, bookRows, bookSubs } = tiles;
  const decoded = decode(tiles, codebooks, codes);
  const toLatent = Tensor.empty(gpu, rows, cols, 'gradient of the latent weights');
  const toWords = Tensor.empty(gpu, rows, cols, 'signed gradient');
  const count = toLatent.bytes / 4;
  const buffers = [gradient, latent, decoded, toLatent, toWords].map(({ buffer }) => buffer);
  linear(gpu, GRADIENT, buffers, count, 4, { count });
  decoded.release();
  const points = subVectors(toWords, dim, { bookRows, bookCols: bookSubs * dim });
  const sums = sumByCode(points, codes, codebooks.cols / dim);
  toWords.release();
  return { latent: toLatent, codebooks: sums };
}
