/** NaN and infinite weights in a file. */
import { scanValues } from '../checkpoint/values';

/**
 * Replaces NaN and infinity by zero, in place, so that one bad value does not make every later figure NaN. Returns the sentence that
 * the layer is marked with, or null when all was well.
 */
export function zeroNonFinite(values: Float32Array, tensor: string): string | null {
  const { nan, infinite } = scanValues(values);
  if (nan + infinite === 0) return null;
  values.forEach((value, i) => {
    if (!Number.isFinite(value)) values[i] = 0;
  });
  return `${tensor} holds ${nan} NaN and ${infinite} infinite weights in the file; they were taken as zero, in full precision too.`;
}
