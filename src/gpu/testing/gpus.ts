/**
 * The two devices that kernels are tested on: WebGPU's default limits, and the adapter's own.
 */
import { afterAll } from 'vitest';
import { Gpu, type OpenOptions } from '../gpu';

/** Opens a device for one test file and closes it at the end. Throws where there is no adapter. */
export async function testGpu(options: OpenOptions = { limits: 'default' }): Promise<Gpu> {
  const gpu = await Gpu.open((globalThis as { dawn?: GPU }).dawn, options);
  afterAll(() => gpu.destroy());
  return gpu;
}

/** A table for describe.each: each limit choice by name. */
export const LIMIT_CHOICES = ['default', 'raised'] as const;
