/**
 * Hessians: H = beta·H + alpha·XᵀX from activations X (tokens × columns), on the lower triangle until `mirror` copies it up.
 * Batches are added to a running H, so that an f32 sum never runs over more tokens than one batch holds.
 */
import { defineKernel } from '../gpu/kernel';
import { accumulateSquare } from './matmul';
import { copyBlock, onDiagonal, Panels, requireSquare, type Square } from './panels';
import { transpose } from './permute';
import { Tensor } from './tensor';

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
export function accumulateGram(h: Square, x: Tensor, alpha: number, beta: number): void {
  accumulateSquare(x, x, h, { lowerOnly: true, alpha, beta });
}

/** Copies the lower triangle of a square matrix to the upper, in place; equal to the bit afterwards. */
export function mirror(h: Square): void {
  requireSquare(h, 'mirror');
  if (h instanceof Panels) mirrorPanels(h);
  else mirrorWhole(h);
}

function mirrorPanels(h: Panels): void {
  onDiagonal(h, (block) => {
    mirrorWhole(block);
    return 'changed';
  });
  for (const [p, lower] of h.panels.entries()) {
    for (const upper of h.panels.slice(0, p)) {
      const block = Tensor.empty(h.gpu, lower.tensor.rows, upper.tensor.rows, 'block below the diagonal');
      const origin = { row: 0, col: 0 };
      copyBlock(lower.tensor, { row: 0, col: upper.first }, block, origin, block.paddedRows, block.cols);
      const mirrored = transpose(block);
      copyBlock(mirrored, origin, upper.tensor, { row: 0, col: lower.first }, mirrored.paddedRows, mirrored.cols);
      block.release();
      mirrored.release();
    }
  }
}

function mirrorWhole(h: Tensor): void {
  const tiles = h.stride / 4;
  const groups = Math.ceil(tiles / 8);
  h.gpu.launch(MIRROR, { buffers: [h.buffer], params: { tiles }, grid: [groups, groups], work: h.bytes / 4 });
}
