/**
 * The devices of the tests: one with WebGPU's default limits, and one with the adapter's own. A test process opens each once, for all the
 * files that it runs: a software GPU takes longer to compile kernels than to run most tests.
 */
import { Gpu, type OpenOptions } from '../gpu';

interface Opened {
  readonly gpu: Gpu;
  /** Sets back what a file may have set. */
  readonly reset: () => void;
}

const opened = new Map<string, Promise<Opened>>();

/** A device for one test file, set as it was when it was opened. Throws where there is no adapter. */
export async function testGpu({ limits = 'default' }: OpenOptions = {}): Promise<Gpu> {
  const opening = opened.get(limits) ?? open({ limits });
  opened.set(limits, opening);
  const { gpu, reset } = await opening;
  // Whoever loses a device fails by it, and no other file does.
  void gpu.lost.then(() => opened.get(limits) === opening && opened.delete(limits));
  reset();
  return gpu;
}

async function open(options: OpenOptions): Promise<Opened> {
  const gpu = await Gpu.open((globalThis as { dawn?: GPU }).dawn, options);
  const { workBudget, buffers } = gpu;
  const { budgetBytes } = buffers;
  return {
    gpu,
    reset: () => {
      gpu.workBudget = workBudget;
      Object.assign(buffers, { budgetBytes, panelBytes: Infinity });
    },
  };
}

/**
 * A table for describe.each: each limit choice by name, for what asks how large a binding may be. Raising changes nothing else
 * (src/gpu/limits.ts), so that kernels are tested at the default limits alone.
 */
export const LIMIT_CHOICES = ['default', 'raised'] as const;
