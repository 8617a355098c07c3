/** How fast this adapter multiplies matrices: what work budgets and time estimates are derived from. */
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { matmul } from './matmul';
import { Tensor } from './tensor';

/**
 * FLOP per second of a square product, the best of three; also sets the device's work budget. Grows the product until it takes 5 ms,
 * so that a fast adapter is not judged by its launch overhead.
 */
export async function measureRate(gpu: Gpu): Promise<number> {
  const random = new Random(1);
  for (let n = 256; ; n *= 2) {
    const a = Tensor.from(gpu, n, n, random.normals(n * n));
    const b = Tensor.from(gpu, n, n, random.normals(n * n));
    matmul('nt', a, b).release(); // the first launch compiles
    let milliseconds = Infinity;
    for (let trial = 0; trial < 3; trial++) {
      const { value, span } = await gpu.timed(() => matmul('nt', a, b));
      value.release();
      milliseconds = Math.min(milliseconds, span.wallMs);
    }
    a.release();
    b.release();
    const rate = (2 * n ** 3) / (milliseconds / 1000);
    if (milliseconds >= 5 || n >= 2048) {
      gpu.setRate(rate);
      return rate;
    }
  }
}
