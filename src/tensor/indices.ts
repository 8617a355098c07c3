/** A list of u32 on the GPU: permutations, group maps, token ids. */
import type { Gpu } from '../gpu/gpu';
import type { Readable } from '../gpu/readback';

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

  /** 0, 1, 2, … */
  static natural(gpu: Gpu, length: number): Indices {
    return Indices.from(
      gpu,
      Uint32Array.from({ length }, (_, i) => i),
      'natural order',
    );
  }

  /** A list whose content is undefined until a kernel writes it. */
  static empty(gpu: Gpu, length: number, label = 'indices'): Indices {
    return new Indices(gpu, length, gpu.buffers.acquire(Math.max(4, 4 * length), label));
  }

  /** To be read beside other things. */
  get readable(): Readable<Uint32Array<ArrayBuffer>> {
    const ranges = [{ buffer: this.buffer, bytes: 4 * this.length }];
    return { ranges, decode: ([bytes]) => new Uint32Array(bytes) };
  }

  async read(): Promise<Uint32Array<ArrayBuffer>> {
    const [bytes] = await this.gpu.read({ buffer: this.buffer, bytes: 4 * this.length });
    return new Uint32Array(bytes);
  }

  release(): void {
    this.gpu.buffers.release(this.buffer);
  }
}
