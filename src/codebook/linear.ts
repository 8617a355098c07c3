/** Launches over a linear range of workgroups, cut so that one dispatch stays within the work budget. */
import type { Gpu } from '../gpu/gpu';
import { linearGrid, type Kernel } from '../gpu/kernel';

/** Ranges of workgroups, each within the work budget, with their grid. A group's work is in FLOP. */
export function* panels(gpu: Gpu, groups: number, workPerGroup: number) {
  const step = Math.max(1, Math.floor(gpu.workBudget / Math.max(1, workPerGroup)));
  for (let first = 0; first < groups; first += step) {
    const past = Math.min(groups, first + step);
    yield {
      range: { first_group: first, past_group: past },
      grid: linearGrid(past - first, 1),
      work: (past - first) * workPerGroup,
    };
  }
}

/** One thread an item, in panels within the work budget. */
export function linear(
  gpu: Gpu,
  kernel: Kernel,
  buffers: readonly GPUBuffer[],
  items: number,
  workPerItem: number,
  params: Readonly<Record<string, number>>,
  overrides: Readonly<Record<string, number>> = {},
): void {
  for (const panel of panels(gpu, Math.ceil(items / gpu.lanes), gpu.lanes * workPerItem)) {
    gpu.launch(kernel, {
      buffers,
      params: { ...params, ...panel.range },
      grid: panel.grid,
      overrides: { ...overrides, LANES: gpu.lanes },
      work: panel.work,
    });
  }
}
