/** The values of the step with the least loss so far (shaders/optimizer/keep-best.wgsl), which the GPU keeps by itself. */
import { defineKernel, linearGrid } from '../../gpu/kernel';
import type { Tensor } from '../../tensor/tensor';

const KEEP = defineKernel({
  shader: 'optimizer/keep-best',
  entry: 'keep',
  buffers: ['read', 'read', 'read', 'write'],
  params: { count: 'u32' },
});
const MARK = defineKernel({
  shader: 'optimizer/keep-best',
  entry: 'mark',
  buffers: ['read', 'write'],
  params: { count: 'u32' },
});

/** What `least` begins with. */
export const NO_LOSS = 3.4e38;

/** Where `loss` is less than `least` (both 1 × 1), copies each value to its `best` and lowers `least` to it. */
export function keepBest(
  loss: Tensor,
  least: Tensor,
  pairs: readonly { readonly value: Tensor; readonly best: Tensor }[],
): void {
  const { gpu } = loss;
  for (const { value, best } of pairs) {
    const count = value.bytes / 16;
    gpu.launch(KEEP, {
      buffers: [loss, value, least, best].map(({ buffer }) => buffer),
      params: { count },
      grid: linearGrid(count, 64),
      work: 4 * count,
    });
  }
  gpu.launch(MARK, { buffers: [loss.buffer, least.buffer], params: { count: 1 }, grid: [1], work: 1 });
}
