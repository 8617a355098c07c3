/**
 * How kernels that include shaders/model/row-lanes.wgsl are launched: how many threads share a row, and the grid for that.
 */
import type { Gpu } from '../gpu/gpu';
import { linearGrid } from '../gpu/kernel';

export const ROW_OVERRIDES = ['WG', 'LANES'] as const;

export interface RowOptions {
  /**
   * Threads that share a row, a divisor of gpu.lanes. By default one on software adapters, where barriers are dear, and a
   * whole workgroup elsewhere, where neighbouring threads should read neighbouring floats.
   */
  readonly lanes?: number;
}

export function rowLaunch(gpu: Gpu, rows: number, options: RowOptions) {
  const LANES = options.lanes ?? (gpu.description.software ? 1 : gpu.lanes);
  if (gpu.lanes % LANES !== 0) throw new Error(`bug: ${LANES} lanes a row in workgroups of ${gpu.lanes}`);
  return { grid: linearGrid(rows * LANES, gpu.lanes), overrides: { WG: gpu.lanes, LANES } };
}
