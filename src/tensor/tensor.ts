/**
 * A matrix of f32 on the GPU: row-major, both dimensions padded to a multiple of 8, **padding always zero**.
 * Leading dimensions are flattened into rows; a vector is one row. Padding both ways costs little and spares every kernel its
 * ragged edges; each kernel writes its whole padded output, zeros included.
 */
import type { Gpu } from '../gpu/gpu';
import { readTogether, type Readable } from '../gpu/readback';

export class Tensor {
  /** Floats from one row to the next. */
  readonly stride: number;
  readonly paddedRows: number;

  private constructor(
    readonly gpu: Gpu,
    readonly rows: number,
    readonly cols: number,
    readonly buffer: GPUBuffer,
  ) {
    this.stride = padded(cols);
    this.paddedRows = padded(rows);
  }

  /** A tensor whose content is undefined until a kernel writes it. */
  static empty(gpu: Gpu, rows: number, cols: number, label = 'tensor'): Tensor {
    if (!Number.isSafeInteger(rows) || !Number.isSafeInteger(cols) || rows < 1 || cols < 1) {
      throw new Error(`bug: a tensor cannot be ${rows} × ${cols}`);
    }
    const buffer = gpu.buffers.acquire(padded(rows) * padded(cols) * 4, `${label} (${rows} × ${cols})`);
    return new Tensor(gpu, rows, cols, buffer);
  }

  /** All zeros. */
  static zeros(gpu: Gpu, rows: number, cols: number, label?: string): Tensor {
    const tensor = Tensor.empty(gpu, rows, cols, label);
    gpu.clear(tensor.buffer, 0, tensor.bytes);
    return tensor;
  }

  /** Uploads rows × cols values, row-major. */
  static from(gpu: Gpu, rows: number, cols: number, values: ArrayLike<number>, label?: string): Tensor {
    if (values.length !== rows * cols) {
      throw new Error(`bug: ${values.length} values for a ${rows} × ${cols} tensor`);
    }
    const tensor = Tensor.empty(gpu, rows, cols, label);
    const { stride, paddedRows } = tensor;
    const host = new Float32Array(paddedRows * stride);
    if (stride === cols) host.set(values);
    else {
      const source = values instanceof Float32Array ? values : Float32Array.from(values);
      for (let r = 0; r < rows; r++) host.set(source.subarray(r * cols, (r + 1) * cols), r * stride);
    }
    gpu.write(tensor.buffer, host);
    return tensor;
  }

  /** Bytes of the padded matrix. */
  get bytes(): number {
    return this.paddedRows * this.stride * 4;
  }

  /** The rows × cols values, row-major, without padding. */
  async read(): Promise<Float32Array<ArrayBuffer>> {
    const [values] = await readTogether(this.gpu, this.readable);
    return values;
  }

  /** The same, to be read beside other things. */
  get readable(): Readable<Float32Array<ArrayBuffer>> {
    const ranges = [{ buffer: this.buffer, bytes: this.bytes }];
    return { ranges, decode: ([bytes]) => this.unpad(new Float32Array(bytes)) };
  }

  /** Drops the padding of values read back from this tensor's buffer. */
  unpad(host: Float32Array<ArrayBuffer>): Float32Array<ArrayBuffer> {
    if (this.stride === this.cols) return host.slice(0, this.rows * this.cols);
    const values = new Float32Array(this.rows * this.cols);
    for (let r = 0; r < this.rows; r++) {
      values.set(host.subarray(r * this.stride, r * this.stride + this.cols), r * this.cols);
    }
    return values;
  }

  /** A copy with a buffer of its own. */
  clone(label?: string): Tensor {
    const copy = Tensor.empty(this.gpu, this.rows, this.cols, label);
    this.gpu.copy(this.buffer, 0, copy.buffer, 0, this.bytes);
    return copy;
  }

  /** Gives the buffer back to the pool; the tensor must not be used afterwards. */
  release(): void {
    this.gpu.buffers.release(this.buffer);
  }
}

/** The next multiple of 8. */
export function padded(size: number): number {
  return Math.ceil(size / 8) * 8;
}
