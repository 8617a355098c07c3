/** Floats to F16 for formats that store nothing wider: a value beyond its range is refused, not made infinite. */
import { StudioError } from '../base/errors';
import { encodeFloat32, floatToHalf, halfToFloat } from './dtype';

/** Where rounding to F16 reaches infinity. */
const HALF_OVERFLOW = 65520;
/** Of the values' norm: what rounding to F16 may change. Normal numbers lose less than 0.05 %. */
const MOST_CHANGE = 0.01;

/** @throws QS-NUM-02 for NaN and for what rounds to infinity; `what` names the values, `format` who stores them so */
export function encodeHalf(values: Float32Array, what: string, format: string): Uint8Array<ArrayBuffer> {
  const offending = beyondHalf(values);
  if (offending !== undefined) {
    throw new StudioError(
      'QS-NUM-02',
      `${what} is ${offending}, beyond the largest F16, 65504, which ${format} stores; leave this layer unquantized or ` +
        'choose another export',
    );
  }
  return encodeFloat32('F16', values);
}

/**
 * What of some values F16 cannot hold, as "a scale of 1e9, beyond the largest F16, 65504": one beyond its range, or values so small that
 * rounding changes them together by more than 1 %. Null where it holds them.
 */
export function halfFault(what: string, values: Float32Array): string | null {
  const offending = beyondHalf(values);
  if (offending !== undefined) return `${what} of ${offending}, beyond the largest F16, 65504,`;
  let [size, change] = [0, 0];
  let largest = 0;
  for (const value of values) {
    size += value * value;
    largest = Math.max(largest, Math.abs(value));
    // Normal numbers cannot lose so much.
    if (Math.abs(value) < 2 ** -14) change += (halfToFloat(floatToHalf(value)) - value) ** 2;
  }
  if (change <= MOST_CHANGE ** 2 * size) return null;
  return `${what} of at most ${largest.toPrecision(3)}, which F16 would change by ${(100 * Math.sqrt(change / size)).toPrecision(2)} % (its least step is 6e-8)`;
}

/** The first value that is NaN or rounds to infinity; the comparison is false for NaN too. */
function beyondHalf(values: Float32Array): number | undefined {
  return values.find((value) => !(Math.abs(value) < HALF_OVERFLOW));
}
