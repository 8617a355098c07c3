/**
 * The affine grid: every weight is s · (c − z) with an unsigned code c of b bits, a scale s and an integer zero point z that a
 * group of inputs shares (the weight quantizer of the QuaRot, GPTAQ and ResComp releases).
 *
 * Symmetric grids are the same form with z = 2^(b−1): levels −2^(b−1) … 2^(b−1) − 1 with step a / (2^(b−1) − 1), a = max |w|.
 * (Original GPTQ's symmetric step is 2a / (2^b − 1): results of the two families are not comparable.)
 *
 * Progressive groups (QServe, arXiv:2405.04532): s = u · t of a 16-bit unit u of the row and a whole number t, so that t · (c − z) is an
 * integer of 8 bits. u has the significand of an F16, so that all of it is exact in f32 (numerics/progressive.ts).
 *
 * Shapes: codes rows × cols, scales and zeros rows × groups, all row-major; groupOf names each column's group.
 */
import { isCount, lengthFault } from './faults';
import { makeLedger, SCALE_BITS, type Ledger } from './ledger';
import { holds } from '../numerics/progressive';

export interface AffineTensor {
  readonly kind: 'affine';
  readonly rows: number;
  readonly cols: number;
  readonly bits: number;
  readonly symmetric: boolean;
  readonly groups: number;
  readonly codes: Uint8Array<ArrayBuffer>;
  readonly scales: Float32Array<ArrayBuffer>;
  readonly zeros: Uint8Array<ArrayBuffer>;
  readonly groupOf: Uint32Array<ArrayBuffer>;
  /** u of each row, of progressive groups. */
  readonly units?: Float32Array<ArrayBuffer>;
}

/** Dequantizes to rows × cols f32; equal to the GPU's decode bit for bit, since s · (c − z) rounds once. */
export function decodeAffine(t: AffineTensor): Float32Array<ArrayBuffer> {
  const values = new Float32Array(t.rows * t.cols);
  for (let r = 0; r < t.rows; r++) {
    for (let c = 0; c < t.cols; c++) {
      const at = r * t.cols + c;
      const group = r * t.groups + t.groupOf[c];
      values[at] = t.scales[group] * (t.codes[at] - t.zeros[group]);
    }
  }
  return values;
}

/** Rows first … first + count − 1 as a tensor of their own, which shares the whole one's arrays. */
export function affineRows(t: AffineTensor, first: number, count: number): AffineTensor {
  const past = first + count;
  return {
    ...t,
    rows: count,
    codes: t.codes.subarray(first * t.cols, past * t.cols),
    scales: t.scales.subarray(first * t.groups, past * t.groups),
    zeros: t.zeros.subarray(first * t.groups, past * t.groups),
    ...(t.units ? { units: t.units.subarray(first, past) } : {}),
  };
}

/** Rows one below the other, of tensors on the same kind of grid. */
export function joinAffineRows(parts: readonly AffineTensor[]): AffineTensor {
  const [one] = parts;
  const rows = parts.reduce((sum, part) => sum + part.rows, 0);
  const joined = {
    ...one,
    rows,
    codes: new Uint8Array(rows * one.cols),
    scales: new Float32Array(rows * one.groups),
    zeros: new Uint8Array(rows * one.groups),
    ...(one.units ? { units: new Float32Array(rows) } : {}),
  };
  let at = 0;
  for (const { rows: count, codes, scales, zeros, units } of parts) {
    if (units) joined.units?.set(units, at);
    joined.codes.set(codes, at * one.cols);
    joined.scales.set(scales, at * one.groups);
    joined.zeros.set(zeros, at * one.groups);
    at += count;
  }
  return joined;
}

/** Whether every weight is its group's zero point. */
export function affineIsZero({ rows, cols, groups, codes, zeros, groupOf }: AffineTensor): boolean {
  for (let r = 0; r < rows; r++) {
    for (let c = 0; c < cols; c++) if (codes[r * cols + c] !== zeros[r * groups + groupOf[c]]) return false;
  }
  return true;
}

/** What of a grid decides its size. */
export interface AffineLayout {
  readonly rows: number;
  readonly cols: number;
  readonly bits: number;
  readonly symmetric: boolean;
  readonly groups: number;
  /** True where a column's group cannot be told from its position, so that an index of 32 bits a column is stored. */
  readonly indexed: boolean;
  /** Not where it is not said. */
  readonly progressive?: boolean;
}

/**
 * Storage: codes, a 16-bit scale a group (as the GPTQ format stores it), for asymmetric grids a b-bit zero a group, and the group
 * index where there is one. Of progressive groups as QServe's kernels read them: a 16-bit unit a row, and of a group t and t · z, in 8 bits
 * each.
 */
export function affineLedger({
  rows,
  cols,
  bits,
  symmetric,
  groups,
  indexed,
  progressive = false,
}: AffineLayout): Ledger {
  return makeLedger(rows * cols, {
    indices: rows * cols * bits,
    scales: progressive ? rows * (groups * 8 + SCALE_BITS) : rows * groups * SCALE_BITS,
    zeros: symmetric ? 0 : rows * groups * (progressive ? 8 : bits),
    groups: indexed ? cols * 32 : 0,
  });
}

/** The layout of a tensor that has been quantized. */
export function layoutOf(t: AffineTensor): AffineLayout {
  // The last group may be short, so the size cannot be had from their number.
  const size = t.groupOf.reduce((count, group) => count + (group === 0 ? 1 : 0), 0);
  return {
    rows: t.rows,
    cols: t.cols,
    bits: t.bits,
    symmetric: t.symmetric,
    groups: t.groups,
    indexed: t.groupOf.some((group, column) => group !== Math.floor(column / size)),
    progressive: t.units !== undefined,
  };
}

/** What is wrong with a tensor that comes from storage or a file, completing "its …"; null when nothing is. */
export function affineFault(t: AffineTensor): string | null {
  const { rows, cols, bits, groups } = t;
  if (!isCount(rows) || !isCount(cols)) return `size is ${rows} × ${cols}`;
  if (!isCount(bits) || bits > 8) return `width is ${bits} bits, which must be 1 to 8`;
  if (!isCount(groups) || groups > cols) return `${cols} columns are in ${groups} groups`;
  const { codes, scales, zeros, groupOf, units } = t;
  const lengths = [
    lengthFault('codes', codes, Uint8Array, rows * cols),
    lengthFault('scales', scales, Float32Array, rows * groups),
    lengthFault('zeros', zeros, Uint8Array, rows * groups),
    lengthFault('groupOf', groupOf, Uint32Array, cols),
    units === undefined ? null : lengthFault('units', units, Float32Array, rows),
  ].find((fault) => fault !== null);
  if (lengths !== undefined) return lengths;
  if (codes.some((code) => code >= 2 ** bits)) return `codes do not fit ${bits} bits`;
  if (groupOf.some((group) => group >= groups)) return `columns name a group beyond the ${groups} there are`;
  if (!scales.every((scale) => scale > 0 && scale < Infinity)) return 'scales are not all positive numbers';
  const leaves = (i: number) => !holds(scales[i] / (units as Float32Array)[Math.floor(i / groups)], zeros[i], bits);
  if (units !== undefined && scales.some((_, i) => leaves(i))) return 'units do not make whole numbers of 8 bits';
  return null;
}

/** Groups of `size` inputs a row; null is one group. */
export function groupCount(cols: number, size: number | null): number {
  return size === null ? 1 : Math.ceil(cols / size);
}
