/**
 * Whether a GPU is software, measured where the adapter does not say. Software drivers run the threads of a workgroup one after another on
 * a processor's core, so that a barrier costs them a change of context for every thread; in hardware the threads stand side by side. For
 * 256 threads that is 5 to 20 µs against well under one, whatever the number of cores and however fast either multiplies, which is why
 * barriers are timed and not products.
 */
import type { Gpu } from './gpu';
import { defineKernel } from './kernel';

const BARRIERS = defineKernel({
  shader: 'common/barriers',
  entry: 'barriers',
  buffers: ['write'],
  params: { count: 'u32' },
});

/** Microseconds of one barrier of 256 threads from which an adapter counts as software. */
const SOFTWARE_MICROSECONDS = 2;
/** Long enough that a wait of a tenth of a second, which is how finely Firefox looks, does not decide. */
const ENOUGH_MS = 400;
const MOST_BARRIERS = 1 << 18;

/** True where the adapter says that it is software, or where its barriers do. Takes half a second of a software adapter at most. */
export async function isSoftware(gpu: Gpu): Promise<boolean> {
  return gpu.description.software || (await barrierMicroseconds(gpu)) >= SOFTWARE_MICROSECONDS;
}

/** What a barrier of 256 threads costs. The GPU should have nothing else to do. */
export async function barrierMicroseconds(gpu: Gpu): Promise<number> {
  const buffer = gpu.buffers.acquire(4, 'barriers');
  try {
    const milliseconds = async (count: number) => {
      const { span } = await gpu.timed(() => gpu.launch(BARRIERS, { buffers: [buffer], params: { count }, grid: [1] }));
      return span.gpuMs ?? span.wallMs;
    };
    await milliseconds(1); // the first launch compiles
    const idle = await milliseconds(1);
    for (let count = 1 << 12; ; count *= 4) {
      const took = (await milliseconds(count)) - idle;
      if (took >= ENOUGH_MS || count >= MOST_BARRIERS) return Math.max(0, (took * 1000) / count);
    }
  } finally {
    gpu.buffers.release(buffer);
  }
}
