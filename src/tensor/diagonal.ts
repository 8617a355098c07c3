/**
 * The diagonal of a Hessian: what act-order sorts by, what damping is measured by, and where dead columns show as zeros.
 */
import { defineKernel } from '../gpu/kernel';
import { requireSquare } from './gram';
import { Tensor } from './tensor';

const PARAMS = { cols: 'u32', stride: 'u32' } as const;
const DIAGONAL = defineKernel({
  shader: 'hessian/diagonal',
  entry: 'diagonal',
  buffers: ['read', 'write'],
  params: PARAMS,
});
const REVIVE = defineKernel({ shader: 'hessian/revive', entry: 'revive', buffers: ['write'], params: PARAMS });

/** The diagonal as a 1 × C tensor. */
export function diagonal(h: Tensor): Tensor {
  requireSquare(h, 'diagonal');
  const out = Tensor.empty(h.gpu, 1, h.cols, 'diagonal');
  h.gpu.launch(DIAGONAL, {
    buffers: [h.buffer, out.buffer],
    params: { cols: h.cols, stride: h.stride },
    grid: [Math.ceil((8 * h.stride) / 64)],
  });
  return out;
}

/** The diagonal on the host: one readback. */
export async function readDiagonal(h: Tensor): Promise<Float32Array<ArrayBuffer>> {
  const values = diagonal(h);
  try {
    return await values.read();
  } finally {
    values.release();
  }
}

/** Columns that no input ever touched. */
export function deadColumns(diagonalOfH: ArrayLike<number>): number[] {
  return Array.from(diagonalOfH).flatMap((value, column) => (value === 0 ? [column] : []));
}

/** H_jj = 1 where it is zero, in place. */
export function setDiagonalWhereDead(h: Tensor): void {
  requireSquare(h, 'setDiagonalWhereDead');
  h.gpu.launch(REVIVE, {
    buffers: [h.buffer],
    params: { cols: h.cols, stride: h.stride },
    grid: [Math.ceil(h.cols / 64)],
  });
}

/** Sets H_jj = 1 for dead columns; returns them, with the diagonal as it was before. One readback. */
export async function reviveDead(h: Tensor): Promise<{ dead: number[]; diagonal: Float32Array<ArrayBuffer> }> {
  const before = await readDiagonal(h);
  const dead = deadColumns(before);
  if (dead.length > 0) setDiagonalWhereDead(h);
  return { dead, diagonal: before };
}
