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
    tensor.writeRows(0, values instanceof Float32Array ? values : Float32Array.from(values));
    return tensor;
  }

  /**
   * Uploads values of whole rows from row `first` on, without holding a copy of them where rows need no padding. The last rows bring
   * the padding below them along, so that a tensor may be made `empty` and written a tile of rows at a time.
   */
  writeRows(first: number, values: Float32Array): void {
    const count = values.length / this.cols;
    if (!Number.isInteger(count) || first + count > this.rows) {
      throw new Error(`bug: ${values.length} values from row ${first} on of ${this.rows} × ${this.cols}`);
    }
    const { gpu, stride, rows, cols } = this;
    if (first + count === rows && this.paddedRows > rows) {
      gpu.clear(this.buffer, rows * stride * 4, (this.paddedRows - rows) * stride * 4);
    }
    if (stride === cols && values.buffer instanceof ArrayBuffer) {
      gpu.write(this.buffer, values as Float32Array<ArrayBuffer>, first * stride * 4);
      return;
    }
    const host = new Float32Array(count * stride);
    for (let r = 0; r < count; r++) host.set(values.subarray(r * cols, (r + 1) * cols), r * stride);
    gpu.write(this.buffer, host, first * stride * 4);
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
