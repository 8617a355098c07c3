/**
 * The sum of several forms: codes of a rest, low-rank factors, weights kept apart. Decodes to Σ parts, added in f32 from the first on, and takes
 * in storage what they take together. A part is no sum itself.
 *
 * What a part is asked goes to its own form, which the caller hands in: this file knows of no other.
 */
import type { AffineTensor } from './affine';
import type { CodebookTensor } from './codebook';
import type { FactorsTensor } from './factors';
import { sizeFault } from './faults';
import { togetherAs, type Ledger } from './ledger';
import type { SparseTensor } from './sparse';

/** What stands by itself, and what a sum is made of. */
export type QuantizedPart = AffineTensor | CodebookTensor | FactorsTensor | SparseTensor;

/** Σ parts. */
export interface SumTensor {
  readonly kind: 'sum';
  readonly rows: number;
  readonly cols: number;
  readonly parts: readonly QuantizedPart[];
}

/** A rest and what is kept apart, in several ways: more is a mistake. */
export const MOST_PARTS = 8;

export function decodeSum(
  t: SumTensor,
  decode: (part: QuantizedPart) => Float32Array<ArrayBuffer>,
): Float32Array<ArrayBuffer> {
  const [first, ...rest] = t.parts.map(decode);
  for (const values of rest) values.forEach((value, at) => (first[at] += value));
  return first;
}

/** The weights are counted once, the bits of all parts together. */
export function sumLedger(t: SumTensor, ledgerOf: (part: QuantizedPart) => Ledger): Ledger {
  return togetherAs(t.rows * t.cols, t.parts.map(ledgerOf));
}

/** What is wrong with a sum out of storage, completing "its …"; null when nothing is. `faultOf` may be given anything. */
export function sumFault(t: SumTensor, faultOf: (part: unknown) => string | null): string | null {
  const { rows, cols } = t;
  const size = sizeFault(rows, cols);
  if (size !== null) return size;
  const parts: unknown = t.parts;
  if (!Array.isArray(parts) || parts.length < 1 || parts.length > MOST_PARTS)
    return `parts are no list of 1 to ${MOST_PARTS}`;
  for (const [i, part] of (parts as unknown[]).entries()) {
    if (typeof part === 'object' && part !== null && (part as { kind?: unknown }).kind === 'sum')
      return `part ${i + 1} is itself a sum`;
    const fault = faultOf(part);
    if (fault !== null) return `part ${i + 1}: its ${fault}`;
    const { rows: height, cols: width } = part as QuantizedPart;
    if (height !== rows || width !== cols) return `part ${i + 1} is ${height} × ${width}, not ${rows} × ${cols}`;
  }
  return null;
}
