/**
 * Several networks and one codebook: each network's pairs, divided by their own root mean square, get a codebook of their own, and one that is
 * drawn from all of them together. (VQ4ALL draws its codebook from a density of many networks' weights, arXiv:2412.06875; here it is k-means.)
 */
import { distortion, kmeansSteps, nearest } from './clusters';

export interface SharedRow {
  readonly name: string;
  readonly pairs: number;
  /** Σ |v − c|² against Σ |v|², with a codebook of its own and with the common one. */
  readonly own: number;
  readonly common: number;
}

export function sharedCodebook(
  networks: readonly { readonly name: string; readonly points: Float64Array }[],
  codewords: number,
): { readonly codebook: Float64Array; readonly rows: readonly SharedRow[] } {
  const scaled = networks.map(({ name, points }) => ({ name, points: unit(points) }));
  const all = Float64Array.from(scaled.flatMap(({ points }) => [...points]));
  const codebook = last(kmeansSteps(all, codewords)).codebook;
  const rows = scaled.map(({ name, points }) => ({
    name,
    pairs: points.length / 2,
    own: last(kmeansSteps(points, codewords)).error,
    common: distortion(points, codebook, nearest(points, codebook)) / energy(points),
  }));
  return { codebook, rows };
}

function unit(points: Float64Array): Float64Array {
  const rms = Math.sqrt(energy(points) / points.length);
  return points.map((value) => value / rms);
}

function energy(points: Float64Array): number {
  return points.reduce((sum, value) => sum + value * value, 0);
}

function last<T>(list: readonly T[]): T {
  return list[list.length - 1];
}
