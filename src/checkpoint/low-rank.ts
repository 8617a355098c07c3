/**
 * W + scale · L · R as a tensor on disk: computed in float64 from whatever types the factors have as bytes are asked for, and rounded
 * once, half to even, to the type of W. L [rows, r] and R [r, cols] may be given transposed: L as [r, rows] and R as [cols, r].
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { decodeFloat32, dtypeBits, encodeFloat32, type WeightDtype } from './dtype';
import { readTensorRaw, type TensorInfo } from './tensors';
import { quoted } from './wording';

export interface LowRank {
  readonly left: TensorInfo;
  readonly right: TensorInfo;
  readonly transposed: boolean;
  readonly scale: number;
}

interface Factors {
  /** rows × r. */
  readonly left: Float64Array;
  /** r × cols. */
  readonly right: Float64Array;
  readonly rank: number;
}

/** @param w a matrix of floats; shapes and types were checked */
export function lowRankSum(w: TensorInfo, sum: LowRank): TensorInfo {
  const [rows, cols] = w.shape;
  const width = dtypeBits(w.dtype) / 8;
  const size = rows * cols * width;
  // Many reads may follow each other, and the factors are small beside W; they may go when nobody reads.
  let kept: WeakRef<Factors> | null = null;
  const factors = async (): Promise<Factors> => {
    const known = kept?.deref();
    if (known !== undefined) return known;
    const read = await readFactors(sum);
    kept = new WeakRef(read);
    return read;
  };
  const source: ByteSource = {
    name: w.source.name,
    size,
    async read(from, until) {
      if (from < 0 || until > size || from > until) {
        throw new RangeError(`bytes ${from}..${until} leave ${w.name}, which has ${size} bytes`);
      }
      if (from === until) return new Uint8Array();
      const first = Math.floor(from / width);
      const last = Math.ceil(until / width);
      await w.verify?.();
      const bytes = await readExactly(w.source, w.begin + first * width, w.begin + last * width);
      const values = decodeDoubles(w, bytes);
      add(values, first, cols, await factors(), sum.scale);
      return encodeOnce(w, values).subarray(from - first * width, until - first * width);
    },
  };
  return { name: w.name, dtype: w.dtype, shape: w.shape, begin: 0, end: size, source };
}

async function readFactors({ left, right, transposed }: LowRank): Promise<Factors> {
  const l = decodeDoubles(left, await readTensorRaw(left));
  const r = decodeDoubles(right, await readTensorRaw(right));
  if (!transposed) return { left: l, right: r, rank: right.shape[0] };
  const [rank, rows] = left.shape;
  const [cols] = right.shape;
  return { left: turned(l, rank, rows), right: turned(r, cols, rank), rank };
}

/** values[i] += scale · (L·R) at element first + i. */
function add(values: Float64Array, first: number, cols: number, { left, right, rank }: Factors, scale: number): void {
  for (let at = 0; at < values.length;) {
    const row = Math.floor((first + at) / cols);
    const begin = first + at - row * cols;
    const end = Math.min(cols, begin + values.length - at);
    const products = new Float64Array(end - begin);
    for (let k = 0; k < rank; k++) {
      const factor = left[row * rank + k];
      const offset = k * cols + begin;
      for (let i = 0; i < products.length; i++) products[i] += factor * right[offset + i];
    }
    for (let i = 0; i < products.length; i++) values[at + i] += scale * products[i];
    at += products.length;
  }
}

function decodeDoubles({ dtype }: TensorInfo, bytes: Uint8Array<ArrayBuffer>): Float64Array {
  if (dtype !== 'F64') return Float64Array.from(decodeFloat32(dtype, bytes));
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  return Float64Array.from({ length: bytes.length / 8 }, (_, i) => view.getFloat64(i * 8, true));
}

/** @throws QS-NUM-02 where a finite sum is beyond the type's largest value */
function encodeOnce({ name, dtype, source }: TensorInfo, values: Float64Array): Uint8Array<ArrayBuffer> {
  if (dtype === 'F64') {
    const bytes = new Uint8Array(values.length * 8);
    const view = new DataView(bytes.buffer);
    values.forEach((value, i) => view.setFloat64(i * 8, value, true));
    return bytes;
  }
  const singles = dtype === 'F32' ? Float32Array.from(values) : roundedToOdd(values);
  const bytes = encodeFloat32(dtype as WeightDtype, singles);
  const stored = decodeFloat32(dtype, bytes);
  const beyond = values.findIndex((value, i) => Number.isFinite(value) && !Number.isFinite(stored[i]));
  if (beyond < 0) return bytes;
  throw new StudioError(
    'QS-NUM-02',
    `tensor ${quoted(name)} of ${quoted(source.name)} becomes ${values[beyond]} with its adapter, beyond the largest ${dtype}; check ` +
      'lora_alpha and r of the adapter, or take its files away to open the base alone',
  );
}

/**
 * Doubles as floats, of the two neighbours the one whose last bit is 1 where a double lies between: rounding that half to even to a
 * shorter type gives what rounding the double at once would (Boldo and Melquiond, "When double rounding is odd", 2005).
 */
function roundedToOdd(values: Float64Array): Float32Array<ArrayBuffer> {
  const floats = Float32Array.from(values);
  const bits = new Uint32Array(floats.buffer);
  for (let i = 0; i < bits.length; i++) {
    if (floats[i] === values[i] || Number.isNaN(values[i]) || bits[i] % 2 === 1) continue;
    // The other neighbour: magnitudes order like their bit patterns.
    bits[i] += Math.abs(floats[i]) < Math.abs(values[i]) ? 1 : -1;
  }
  return floats;
}

/** rows × cols → cols × rows. */
function turned(values: Float64Array, rows: number, cols: number): Float64Array {
  const out = new Float64Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) out[col * rows + row] = values[row * cols + col];
  }
  return out;
}
