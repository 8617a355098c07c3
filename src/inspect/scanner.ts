/**
 * What the two looks at a tensor find in a piece of it, by whichever of the two works: the GPU (gpu-scanner.ts) or the host, in float64
 * (host-scanner.ts, its twin). Both follow the same definitions: counts, extremes, peaks and bins are equal to the bit, sums are not.
 */
import type { Piece } from './values';

/** A piece with its values, row-major. */
export interface LoadedPiece extends Piece {
  readonly values: Float32Array<ArrayBuffer>;
}

/** The first look. Peaks are magnitudes as bits of F32, infinity where something is NaN or infinite. */
export interface FirstLook {
  readonly nan: number;
  readonly infinite: number;
  readonly zeros: number;
  /** Of the finite values, in the order of integers (`ordered`); NONE where there are none. */
  readonly least: number;
  readonly greatest: number;
  /** Of the finite values. */
  readonly sum: number;
  /** By column of the piece. */
  readonly columnPeaks: Uint32Array;
  /** By row and run of `run` columns: rows × runs. */
  readonly runPeaks: Uint32Array;
}

/** What the second look is measured by; all values of F32. */
export interface Ruler {
  /** A power of two that every value is multiplied by first, so that nothing over- or underflows. */
  readonly pre: number;
  /** In units of x · pre. */
  readonly centre: number;
  readonly spread: number;
  readonly low: number;
  readonly factor: number;
  readonly bins: number;
}

export interface SecondLook {
  /** Σd, Σd², Σd³, Σd⁴ with d = (x · pre − centre) · spread. */
  readonly powers: readonly [number, number, number, number];
  readonly counts: Uint32Array;
}

export interface Scanner {
  first(piece: LoadedPiece, run: number): Promise<FirstLook>;
  second(piece: LoadedPiece, ruler: Ruler): Promise<SecondLook>;
}

export const NOTHING_LEAST = 0xffffffff;
export const NOTHING_GREATEST = 0;
/** Infinity as bits: a peak of what is not finite. */
export const BROKEN = 0x7f800000;

const floats = new Float32Array(1);
const bits = new Uint32Array(floats.buffer);

/** Bits of an F32, so that integers compare as the floats do. */
export function ordered(code: number): number {
  return (code & 0x80000000 ? ~code : code | 0x80000000) >>> 0;
}

/** The float that an ordered integer stands for. */
export function disordered(order: number): number {
  bits[0] = order & 0x80000000 ? order & 0x7fffffff : ~order;
  return floats[0];
}

export function floatOf(code: number): number {
  bits[0] = code;
  return floats[0];
}
