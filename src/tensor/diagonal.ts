/**
 * The diagonal of a Hessian: what act-order sorts by, what damping is measured by, and where dead columns show as zeros.
 */
import { defineKernel } from '../gpu/kernel';
import { Indices } from './indices';
import { onDiagonal, Panels, requireSquare, type Square } from './panels';
import { Tensor } from './tensor';

const PARAMS = { cols: 'u32', stride: 'u32' } as const;
const DIAGONAL = defineKernel({
  shader: 'hessian/diagonal',
  entry: 'diagonal',
  buffers: ['read', 'write'],
  params: PARAMS,
});
const REVIVE = defineKernel({ shader: 'hessian/revive', entry: 'revive', buffers: ['write'], params: PARAMS });
const FALLING_ORDER = defineKernel({
  shader: 'hessian/falling-order',
  entry: 'main',
  buffers: ['read', 'write', 'write'],
  params: { cols: 'u32' },
});

/** The diagonal as a 1 × C tensor. */
export function diagonal(h: Square): Tensor {
  requireSquare(h, 'diagonal');
  if (!(h instanceof Panels)) return diagonalOf(h);
  const out = Tensor.zeros(h.gpu, 1, h.cols, 'diagonal');
  onDiagonal(h, (block, { first }) => {
    const part = diagonalOf(block);
    h.gpu.copy(part.buffer, 0, out.buffer, 4 * first, 4 * block.cols);
    part.release();
    return 'read';
  });
  return out;
}

function diagonalOf(h: Tensor): Tensor {
  const out = Tensor.empty(h.gpu, 1, h.cols, 'diagonal');
  h.gpu.launch(DIAGONAL, {
    buffers: [h.buffer, out.buffer],
    params: { cols: h.cols, stride: h.stride },
    grid: [Math.ceil((8 * h.stride) / 64)],
  });
  return out;
}

/** H_jj = 1 where it is zero, in place. */
export function setDiagonalWhereDead(h: Square): void {
  requireSquare(h, 'setDiagonalWhereDead');
  if (!(h instanceof Panels)) {
    revive(h);
    return;
  }
  onDiagonal(h, (block) => {
    revive(block);
    return 'changed';
  });
}

function revive(h: Tensor): void {
  h.gpu.launch(REVIVE, {
    buffers: [h.buffer],
    params: { cols: h.cols, stride: h.stride },
    grid: [Math.ceil(h.cols / 64)],
  });
}

/** Columns by falling value of a 1 × C tensor, equal ones in their own order: order[place] = column, position[column] = place. */
export function fallingOrder(values: Tensor): { readonly order: Indices; readonly position: Indices } {
  const { gpu, cols } = values;
  const [order, position] = [Indices.empty(gpu, cols, 'order'), Indices.empty(gpu, cols, 'position')];
  gpu.launch(FALLING_ORDER, {
    buffers: [values.buffer, order.buffer, position.buffer],
    params: { cols },
    grid: [Math.ceil(cols / 64)],
    work: 2 * cols * cols,
  });
  return { order, position };
}
