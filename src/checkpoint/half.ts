/** Floats to F16 for formats that store nothing wider: a value beyond its range is refused, not made infinite. */
import { StudioError } from '../base/errors';
import { encodeFloat32 } from './dtype';

/** @throws QS-NUM-02 for NaN and for what rounds to infinity; `what` names the values, `format` who stores them so */
export function encodeHalf(values: Float32Array, what: string, format: string): Uint8Array<ArrayBuffer> {
  // 65520 is where rounding to F16 reaches infinity; the comparison is false for NaN too.
  const offending = values.find((value) => !(Math.abs(value) < 65520));
  if (offending !== undefined) {
    throw new StudioError(
      'QS-NUM-02',
      `${what} is ${offending}, beyond the largest F16, 65504, which ${format} stores; leave this layer unquantized or ` +
        'choose another export',
    );
  }
  return encodeFloat32('F16', values);
}
