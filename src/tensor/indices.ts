/** A list of u32 on the GPU: permutations, group maps, token ids. */
import type { Gpu } from '../gpu/gpu';

export class Indices {
  private constructor(
    readonly gpu: Gpu,
    readonly length: number,
    readonly buffer: GPUBuffer,
  ) {}

  static from(gpu: Gpu, values: Uint32Array<ArrayBuffer>, label = 'indices'): Indices {
    const buffer = gpu.buffers.acquire(Math.max(4, values.byteLength), label);
    gpu.write(buffer, values);
    return new Indices(gpu, values.length, buffer);
  }

  release(): void {
    this.gpu.buffers.release(this.buffer);
  }
}
