/**
 * Progressive groups (Lin et al. 2024, arXiv:2405.04532, QServe): weights are rounded to whole numbers of 8 bits of a unit of their row, and
 * those, group by group, to few levels whose distance is a whole number too. What codes decode to is then an integer, which eight-bit
 * products take as it is.
 *
 *   u = max |W_r| / m,   V = clamp(⌊W_r/u⌉, −m, m)
 *   t = max(1, ⌊(max V − min V) / (2ᵇ − 1)⌉),   z = min(⌊−min V / t⌉, 2ᵇ − 1),   Ŵ = u · t · (c − z),   c = clamp(⌊W / (u·t)⌉ + z, 0, 2ᵇ − 1)
 *
 * m = ⌊127 · (1 − 2⁻ᵇ)⌋, 119 at four bits, leaves room for half a step: no V of the group leaves −128 … 127. Another code might, after the
 * column loop has moved a weight beyond its range: z is then raised until none does, which costs no value within the range anything. Zero lies in every group's range; halves of t and z go up; u is rounded to the 11 significant bits of an F16.
 */

/** m: the largest magnitude of V. */
export function protectedRange(bits: number): number {
  return Math.floor(127 * (1 - 2 ** -bits));
}

/** The group's t and z, of the least and greatest V (zero among them). */
export function integerGrid(low: number, high: number, bits: number): { readonly step: number; readonly zero: number } {
  const top = 2 ** bits - 1;
  const step = Math.max(1, Math.floor((2 * (high - low) + top) / (2 * top)));
  const nearest = Math.min(Math.floor((2 * -low + step) / (2 * step)), top);
  return { step, zero: Math.max(nearest, top - Math.floor(127 / step)) };
}

/** Whether all codes of a group decode to whole numbers of 8 bits. */
export function holds(step: number, zero: number, bits: number): boolean {
  const top = 2 ** bits - 1;
  return Number.isInteger(step) && step >= 1 && zero <= top && step * zero <= 128 && step * (top - zero) <= 127;
}

/** u of a row whose largest magnitude is `reach`: 11 significant bits, halves up. */
export function unitOf(reach: number, bits: number): number {
  const word = new Uint32Array(Float32Array.of(reach / protectedRange(bits)).buffer);
  word[0] = (word[0] + 0x1000) & 0xffffe000;
  return new Float32Array(word.buffer)[0];
}
