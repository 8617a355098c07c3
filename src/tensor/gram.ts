/**
 * Hessians: H = beta·H + alpha·XᵀX from activations X (tokens × columns), on the lower triangle until `mirror` copies it up.
 * Batches are added to a running H, so that an f32 sum never runs over more tokens than one batch holds.
 */
import { defineKernel } from '../gpu/kernel';
import { matmul } from './matmul';
import type { Tensor } from './tensor';

const MIRROR = defineKernel({
  shader: 'hessian/mirror',
  entry: 'mirror',
  buffers: ['write'],
  params: { tiles: 'u32' },
});

/**
 * H = beta·H + alpha·XᵀX in the tiles on and below the diagonal; what is above stays as it was until `mirror`.
 * With beta = 0 the old H is not read, so that a new tensor needs no clearing.
 */
export function accumulateGram(h: Tensor, x: Tensor, alpha: number, beta: number): void {
  matmul('tn', x, x, { into: h, lowerOnly: true, alpha, beta });
}

/** Copies the lower triangle of a square matrix to the upper, in place; equal to the bit afterwards. */
export function mirror(h: Tensor): void {
  requireSquare(h, 'mirror');
  const tiles = h.stride / 4;
  const groups = Math.ceil(tiles / 8);
  h.gpu.launch(MIRROR, { buffers: [h.buffer], params: { tiles }, grid: [groups, groups], work: h.bytes / 4 });
}

/** Throws unless the matrix is square. */
export function requireSquare(h: Tensor, what: string): void {
  if (h.rows !== h.cols) throw new Error(`bug: ${what} of ${h.rows} × ${h.cols}`);
}
