/**
 * What keeps a training from running away: gradients clipped by their global norm, a count of gradients that are NaN or infinite, and
 * copies to go back to. Clipping stays on the GPU; the count is one small read, and what follows from it is the caller's to say:
 *
 *   if ((await nonFiniteGradients(parameters)) > 0) snapshot.restore();
 *   else optimizer.step(rate);
 */
import { defineKernel, linearGrid } from '../../gpu/kernel';
import { axpy } from '../../tensor/elementwise';
import { Scalars } from '../../tensor/reduce';
import { innerProduct } from '../../tensor/scalar';
import type { Tensor } from '../../tensor/tensor';
import type { Parameter } from '../tape';
import type { Optimizer } from './optimizer';

const CLIP = defineKernel({
  shader: 'optimizer/clip',
  entry: 'main',
  buffers: ['read', 'write'],
  params: { count: 'u32', limit: 'f32' },
});

/**
 * Scales all gradients by min(1, limit / (norm + 1e-6)), where norm is that of all of them as one vector, as torch does it. The result
 * is norm², 1 × 1, and the caller's; null where nothing has a gradient.
 */
export function clipGradients(parameters: readonly Parameter[], limit: number): Tensor | null {
  const gradients = gradientsOf(parameters);
  if (gradients.length === 0) return null;
  const [squares, ...others] = gradients.map((gradient) => innerProduct(gradient, gradient));
  for (const other of others) {
    axpy(1, other, squares);
    other.release();
  }
  for (const gradient of gradients) {
    const count = gradient.bytes / 16;
    gradient.gpu.launch(CLIP, {
      buffers: [squares.buffer, gradient.buffer],
      params: { count, limit },
      grid: linearGrid(count, 64),
      work: 8 * count,
    });
  }
  return squares;
}

/** How many entries of all gradients are NaN or infinite. */
export async function nonFiniteGradients(parameters: readonly Parameter[]): Promise<number> {
  const gradients = gradientsOf(parameters);
  if (gradients.length === 0) return 0;
  const scalars = new Scalars(gradients[0].gpu);
  for (const gradient of gradients) scalars.nonFiniteCount(gradient);
  const counts = await scalars.read();
  return counts.reduce((sum, count) => sum + count, 0);
}

/** Copies of an optimizer's parameters and state on the GPU, to go back to. Takes the first copy when it is made. */
export class Snapshot {
  readonly #copies: { readonly from: Tensor; readonly copy: Tensor }[] = [];
  #steps: readonly number[] = [];

  constructor(private readonly optimizer: Optimizer) {
    this.take();
  }

  /** Copies again, in place of what was copied before. */
  take(): void {
    this.release();
    const { steps, tensors } = this.optimizer.memory;
    const values = this.optimizer.parameters.map(({ value }) => value);
    this.#copies.push(...[...values, ...tensors].map((from) => ({ from, copy: from.clone('snapshot') })));
    this.#steps = steps;
  }

  /** Puts values and state back to what they were; gradients are left alone. The copies stay, to be gone back to again. */
  restore(): void {
    for (const { from, copy } of this.#copies) from.gpu.copy(copy.buffer, 0, from.buffer, 0, from.bytes);
    this.optimizer.rewind(this.#steps);
  }

  release(): void {
    for (const { copy } of this.#copies) copy.release();
    this.#copies.length = 0;
  }
}

function gradientsOf(parameters: readonly Parameter[]): Tensor[] {
  return parameters.flatMap(({ grad }) => (grad ? [grad] : []));
}
