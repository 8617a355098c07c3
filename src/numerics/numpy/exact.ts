/**
 * eˣ and ln rounded correctly, by integers of 160 bits: what Math.exp gives in the last place differs between browsers. Slow; for tables.
 */
const BITS = 160n;
const ONE = 1n << BITS;

/** A positive or negative double as a multiple of 2⁻¹⁶⁰; what lies below is cut. */
function fixed(value: number): bigint {
  // Three pieces of 53 bits: each product is an integer that a double holds.
  let [left, whole] = [value, 0n];
  for (let shift = 53n; shift <= 159n; shift += 53n) {
    const piece = Math.trunc(left * 2 ** 53);
    left = left * 2 ** 53 - piece;
    whole = whole * 2n ** 53n + BigInt(piece);
  }
  return whole << 1n;
}

/** The nearest double, halves aside: what is cut is far less than half of its last place, for values that end anywhere else. */
function rounded(value: bigint): number {
  const size = value < 0n ? -value : value;
  const drop = Math.max(0, size.toString(2).length - 60);
  // 60 bits with a sticky last one: Number() then rounds as it would all of them.
  const sticky = (size & ((1n << BigInt(drop)) - 1n)) === 0n ? 0n : 1n;
  const magnitude = Number((size >> BigInt(drop)) | sticky) * 2 ** (drop - Number(BITS));
  return value < 0n ? -magnitude : magnitude;
}

/** eˣ of a multiple of 2⁻¹⁶⁰ between −16 and 1. */
function power(x: bigint): bigint {
  // e^x = (e^(x/256))^256.
  let [sum, term] = [ONE, ONE];
  for (let k = 1n; term !== 0n; k++) {
    term = (term * (x >> 8n)) / (k << BITS);
    sum += term;
  }
  for (let i = 0; i < 8; i++) sum = (sum * sum) >> BITS;
  return sum;
}

export function exactExp(x: number): number {
  return rounded(power(fixed(x)));
}

/** ln x of 0 < x ≤ 1, by Newton's steps on eˣ from what Math.log says: each doubles the number of right digits. */
export function exactLog(x: number): number {
  const target = fixed(x);
  let y = fixed(Math.log(x));
  for (let i = 0; i < 2; i++) y += ((target - power(y)) << BITS) / power(y);
  return rounded(y);
}
