/**
 * The low-rank form: P = B·A with B rows × rank and A rank × cols, in F16 or in 8 bits with a scale a rank on either side.
 *
 *   P[r, c] = Σ_i  b[r, i] · a[i, c],   summed in f32 from i = 0 on
 *
 * As stored, b and a are F16 codes, or integers −127 … 127; of those a value is scale · integer, rounded to F16 as it is used. So every
 * product of two is exact in f32, whether it is fused with the sum or not, and host and GPU give the same bits. `scales` are rank for B's
 * columns, then rank for A's rows, and are values of F16.
 */
import { StudioError } from '../base/errors';
import { floatToHalf, HALF_TO_SINGLE, halfToFloat } from '../base/half';
import { isCount, lengthFault, sizeFault } from './faults';
import { makeLedger, SCALE_BITS, type Ledger } from './ledger';

export type FactorBits = 8 | 16;

export interface FactorsTensor {
  readonly kind: 'factors';
  readonly rows: number;
  readonly cols: number;
  readonly rank: number;
  readonly bits: FactorBits;
  /** rows × rank: F16 codes at 16 bits, integers at 8. */
  readonly b: Uint16Array<ArrayBuffer> | Int8Array<ArrayBuffer>;
  /** rank × cols. */
  readonly a: Uint16Array<ArrayBuffer> | Int8Array<ArrayBuffer>;
  /** 2·rank at 8 bits, null at 16. */
  readonly scales: Float32Array<ArrayBuffer> | null;
}

/** Where F16 ends. */
const LARGEST_HALF = 65504;

/**
 * Factors as they are stored. Both sides should be of like size (balanced, src/tensor/low-rank.ts), or the smaller loses digits. Throws
 * QS-NUM-02 where F16 does not hold a value.
 */
export function storeFactors(
  {
    rows,
    cols,
    rank,
    b,
    a,
  }: Pick<FactorsTensor, 'rows' | 'cols' | 'rank'> & { readonly b: Float32Array; readonly a: Float32Array },
  bits: FactorBits,
): FactorsTensor {
  for (const value of [...beyond(b), ...beyond(a)]) {
    throw new StudioError(
      'QS-NUM-02',
      `A low-rank factor of a ${rows} × ${cols} layer holds ${value}, beyond the largest F16, ${LARGEST_HALF}, that it is stored in: take a lower rank, or leave the layer without factors.`,
      { rows, cols },
    );
  }
  const size = { kind: 'factors', rows, cols, rank, bits } as const;
  if (bits === 16)
    return { ...size, b: Uint16Array.from(b, floatToHalf), a: Uint16Array.from(a, floatToHalf), scales: null };
  const scales = new Float32Array(2 * rank);
  const scaleOf = (most: number) => halfToFloat(floatToHalf(most / 127));
  b.forEach((value, at) => (scales[at % rank] = Math.max(scales[at % rank], Math.abs(value))));
  a.forEach(
    (value, at) =>
      (scales[rank + Math.floor(at / cols)] = Math.max(scales[rank + Math.floor(at / cols)], Math.abs(value))),
  );
  scales.forEach((most, i) => (scales[i] = scaleOf(most)));
  // A scale so small that F16 has none holds nothing.
  const integer = (value: number, scale: number) =>
    scale === 0 ? 0 : Math.max(-127, Math.min(127, Math.round(value / scale)));
  return {
    ...size,
    b: Int8Array.from(b, (value, at) => integer(value, scales[at % rank])),
    a: Int8Array.from(a, (value, at) => integer(value, scales[rank + Math.floor(at / cols)])),
    scales,
  };
}

/** The two factors' values as they are used, all of them values of F16. */
export function factorValues(t: FactorsTensor): {
  readonly b: Float32Array<ArrayBuffer>;
  readonly a: Float32Array<ArrayBuffer>;
} {
  const { rank, cols, scales } = t;
  if (scales === null) return { b: Float32Array.from(t.b, halfToFloat), a: Float32Array.from(t.a, halfToFloat) };
  const used = (integer: number, scale: number) => halfToFloat(floatToHalf(integer * scale));
  return {
    b: Float32Array.from(t.b, (integer, at) => used(integer, scales[at % rank])),
    a: Float32Array.from(t.a, (integer, at) => used(integer, scales[rank + Math.floor(at / cols)])),
  };
}

/** The product, rows × cols f32; equal to the GPU's bit for bit. */
export function decodeFactors(t: FactorsTensor): Float32Array<ArrayBuffer> {
  const { rows, cols, rank } = t;
  const { b, a } = factorValues(t);
  const values = new Float32Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const out = values.subarray(r * cols, (r + 1) * cols);
    for (let i = 0; i < rank; i++) {
      const factor = b[r * rank + i];
      const row = a.subarray(i * cols, (i + 1) * cols);
      // An f32 array rounds each sum.
      for (let c = 0; c < cols; c++) out[c] += factor * row[c];
    }
  }
  return values;
}

/** Whether the product is zero everywhere. */
export function factorsAreZero(t: FactorsTensor): boolean {
  const nothing = (codes: ArrayLike<number>) =>
    Array.prototype.every.call(codes, (code: number) => (code & 0x7fff) === 0);
  return nothing(t.b) || nothing(t.a) || decodeFactors(t).every((value) => value === 0);
}

/** What of factors decides their size. */
export type FactorsLayout = Pick<FactorsTensor, 'rows' | 'cols' | 'rank' | 'bits'>;

/** Storage: both factors, and at 8 bits a 16-bit scale a rank on either side. */
export function factorsLedger({ rows, cols, rank, bits }: FactorsLayout): Ledger {
  return makeLedger(rows * cols, { factors: rank * bitsOfRank(rows, cols, bits) });
}

/**
 * The rank that so many bits a weight buy, r = ⌊β·R·C / (b·(R + C))⌋: at least 1, however few they are, and at most what the matrix has.
 */
export function rankFor(bitsPerWeight: number, rows: number, cols: number, bits: FactorBits = 16): number {
  const wanted = Math.floor((bitsPerWeight * rows * cols) / bitsOfRank(rows, cols, bits));
  return Math.max(1, Math.min(wanted, rows, cols));
}

function bitsOfRank(rows: number, cols: number, bits: FactorBits): number {
  return bits * (rows + cols) + (bits === 8 ? 2 * SCALE_BITS : 0);
}

/** What is wrong with a tensor that comes from storage or a file, completing "its …"; null when nothing is. */
export function factorsFault(t: FactorsTensor): string | null {
  const { rows, cols, rank, bits, scales } = t;
  const size = sizeFault(rows, cols);
  if (size !== null) return size;
  if (!isCount(rank) || rank > Math.min(rows, cols))
    return `rank is ${rank}, beyond the ${rows} × ${cols} of the matrix`;
  if (bits !== 8 && bits !== 16) return `factors are stored in ${String(bits)} bits`;
  const Type = bits === 16 ? Uint16Array : Int8Array;
  const length =
    lengthFault('left factors', t.b, Type, rows * rank) ?? lengthFault('right factors', t.a, Type, rank * cols);
  if (length !== null) return length;
  if (bits === 16) {
    if (scales !== null) return 'factors of 16 bits have scales';
    return [t.b, t.a].every(areFiniteHalves) ? null : 'factors are not all finite numbers';
  }
  const wrong = lengthFault('scales', scales, Float32Array, 2 * rank);
  if (wrong !== null || scales === null) return wrong;
  if (!scales.every((scale) => scale >= 0 && scale * 128 <= LARGEST_HALF))
    return 'scales are not all numbers that F16 holds';
  return scales.every((scale) => halfToFloat(floatToHalf(scale)) === scale) ? null : 'scales are not all values of F16';
}

/** Whether F16 codes hold no NaN and no infinity. */
export function areFiniteHalves(codes: ArrayLike<number>): boolean {
  return Array.prototype.every.call(codes, (code: number) => (HALF_TO_SINGLE[code] & 0x7f800000) !== 0x7f800000);
}

/** The first value that F16 does not hold, if there is one. */
function beyond(values: Float32Array): number[] {
  const found = values.find((value) => !(Math.abs(value) <= LARGEST_HALF));
  return found === undefined ? [] : [found];
}
