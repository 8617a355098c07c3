/**
 * Values of a tensor to look at, of every type that numbers can be made of: what is computed with (F32, F16, BF16, F64), floats of 8 bits,
 * integers and flags. By byte range and a piece at a time, so a tensor of any size takes the same memory.
 */
import { StudioError, bug } from '../base/errors';
import { readExactly } from '../checkpoint/bytes';
import { decodeInto, dtypeBits, elementCount, isWeightDtype, type Dtype } from '../checkpoint/dtype';
import type { TensorInfo } from '../checkpoint/tensors';
import { quoted } from '../checkpoint/wording';
import { matrixForm } from './matrix-form';
import { narrowValues } from './narrow-floats';

/** Values that are read and decoded at a time: 16 MiB as F32. */
export const PIECE_VALUES = 2 ** 22;
/** Rows and columns of a window at most. */
export const WINDOW = 64;

type Decode = (bytes: Uint8Array<ArrayBuffer>, out: Float32Array) => void;

const WIDE: Readonly<Partial<Record<Dtype, (view: DataView, at: number) => number>>> = {
  F64: (view, at) => view.getFloat64(at, true),
  I64: (view, at) => Number(view.getBigInt64(at, true)),
  U64: (view, at) => Number(view.getBigUint64(at, true)),
};

const INTEGERS: readonly Dtype[] = ['BOOL', 'U8', 'I8', 'U16', 'I16', 'U32', 'I32'];

/** Why the values of a type cannot be shown; null where they can. */
export function whyUnreadable(dtype: Dtype): string | null {
  const readable = isWeightDtype(dtype) || INTEGERS.includes(dtype) || dtype in WIDE || narrowValues(dtype) !== null;
  return readable ? null : `its type, ${dtype}, packs several values or several numbers into what is stored as one`;
}

/** @throws QS-FILE-01 where no numbers can be made of the type */
function decoderOf({ name, dtype, source }: TensorInfo): Decode {
  const why = whyUnreadable(dtype);
  if (why !== null) {
    throw new StudioError(
      'QS-FILE-01',
      `the values of tensor ${quoted(name)} in ${quoted(source.name)} cannot be shown: ${why}; its shape, type and size are above`,
      { dtype },
    );
  }
  const table = narrowValues(dtype);
  if (table) return (bytes, out) => bytes.forEach((code, i) => (out[i] = table[code]));
  const wide = WIDE[dtype];
  if (wide && dtype !== 'F64') {
    return (bytes, out) => {
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let i = 0; i < out.length; i++) out[i] = wide(view, 8 * i);
    };
  }
  return (bytes, out) => decodeInto(dtype, bytes, out);
}

/** Elements first … last−1 in row-major order as F32: at most a piece of them. */
export async function valuesBetween(info: TensorInfo, first: number, last: number): Promise<Float32Array<ArrayBuffer>> {
  const count = elementCount(info.shape) ?? 0;
  if (!(first >= 0 && first <= last && last <= count && last - first <= PIECE_VALUES)) {
    bug(`elements ${first} to ${last} were asked of ${info.name}, which has ${count}`);
  }
  const decode = decoderOf(info);
  const width = dtypeBits(info.dtype) / 8;
  // What a file has a checksum of is compared with it where that costs no more than the reading.
  if (info.verify && info.end - info.begin <= PIECE_VALUES) await info.verify();
  const bytes = await readExactly(info.source, info.begin + first * width, info.begin + last * width);
  const values = new Float32Array(last - first);
  decode(bytes, values);
  return values;
}

/** A part of a tensor's matrix. */
export interface Piece {
  readonly row: number;
  readonly col: number;
  readonly rows: number;
  readonly cols: number;
}

/**
 * The matrix in pieces of whole rows, or of parts of one where a row is longer than a piece. A part ends only where a run of `run` columns does, or
 * within one that is longer than a piece.
 */
export function* piecesOf(rows: number, cols: number, run: number, most = PIECE_VALUES): Generator<Piece, void, void> {
  if (cols === 0) return;
  if (cols <= most) {
    const each = Math.floor(most / cols);
    for (let row = 0; row < rows; row += each) yield { row, col: 0, rows: Math.min(each, rows - row), cols };
    return;
  }
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols;) {
      const whole = run <= most ? Math.floor(most / run) * run : Math.min(most, run - (col % run));
      const part = Math.min(whole, cols - col);
      yield { row, col, rows: 1, cols: part };
      col += part;
    }
  }
}

/** Some values as they are stored, to be read one by one. */
export interface ValueWindow extends Piece {
  /** rows × cols. F64 and whole numbers up to 2⁵³ as they are. */
  readonly values: Float64Array;
}

/** At most 64 × 64 values from a place on; what lies outside of the matrix is left out. Reads a range a row, and nothing between. */
export async function windowOf(info: TensorInfo, row: number, col: number, size = WINDOW): Promise<ValueWindow> {
  const form = matrixForm(info.shape);
  const within = (at: number, end: number) =>
    Number.isFinite(at) ? Math.max(0, Math.min(Math.floor(at), end - 1)) : 0;
  const [top, left] = [within(row, form.rows), within(col, form.cols)];
  const most = Math.max(1, Math.min(WINDOW, Math.floor(size) || 1));
  const [rows, cols] = [Math.min(most, form.rows - top), Math.min(most, form.cols - left)];
  const values = new Float64Array(rows * cols);
  const exact = WIDE[info.dtype];
  const width = dtypeBits(info.dtype) / 8;
  decoderOf(info);
  await Promise.all(
    Array.from({ length: rows }, async (_, r) => {
      const first = (top + r) * form.cols + left;
      if (!exact) {
        values.set(await whole(info, first, first + cols), r * cols);
        return;
      }
      const bytes = await readExactly(info.source, info.begin + first * width, info.begin + (first + cols) * width);
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
      for (let c = 0; c < cols; c++) values[r * cols + c] = exact(view, c * width);
    }),
  );
  return { row: top, col: left, rows, cols, values };
}

/** U32 has whole numbers that no F32 holds. */
async function whole(info: TensorInfo, first: number, last: number): Promise<ArrayLike<number>> {
  if (info.dtype !== 'U32' && info.dtype !== 'I32') return valuesBetween(info, first, last);
  const bytes = await readExactly(info.source, info.begin + 4 * first, info.begin + 4 * last);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Array.from({ length: last - first }, (_, i) =>
    info.dtype === 'U32' ? view.getUint32(4 * i, true) : view.getInt32(4 * i, true),
  );
}
