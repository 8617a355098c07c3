/**
 * What is unusual among a tensor's values: NaN and infinity ruin every method, denormals may be flushed to zero by a GPU.
 */
export interface ValueCounts {
  readonly nan: number;
  readonly infinite: number;
  /** Non-zero values below the smallest normal F32, 2⁻¹²⁶. */
  readonly denormal: number;
  readonly zeros: number;
  /** Largest magnitude among the finite values; 0 when there are none. */
  readonly maxAbs: number;
}

/** Counts by bit pattern, so that the machine's own flushing of denormals cannot hide them. */
export function scanValues(values: Float32Array): ValueCounts {
  const bits = new Uint32Array(values.buffer, values.byteOffset, values.length);
  let nan = 0;
  let infinite = 0;
  let denormal = 0;
  let zeros = 0;
  let largest = 0;
  for (let i = 0; i < bits.length; i++) {
    const magnitude = bits[i] & 0x7fffffff;
    if (magnitude > 0x7f800000) nan++;
    else if (magnitude === 0x7f800000) infinite++;
    else {
      // Finite magnitudes order like their bit patterns.
      if (magnitude > largest) largest = magnitude;
      if (magnitude === 0) zeros++;
      else if (magnitude < 0x00800000) denormal++;
    }
  }
  const maxAbs = new Float32Array(Uint32Array.of(largest).buffer)[0];
  return { nan, infinite, denormal, zeros, maxAbs };
}
