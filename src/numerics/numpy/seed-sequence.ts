/**
 * numpy's SeedSequence: a few words of entropy, mixed into a pool of four and drawn out again as seeds.
 * Source: M. O'Neill, "Developing a seed_seq alternative", 2015; Python's form in numpy/random/bit_generator.pyx.
 */
const POOL = 4;

/** The hash whose multiplier moves on with every word. */
function hasher(start: number, multiplier: number): (value: number) => number {
  let constant = start;
  return (value) => {
    let hashed = value ^ constant;
    constant = Math.imul(constant, multiplier);
    hashed = Math.imul(hashed, constant);
    return (hashed ^ (hashed >>> 16)) >>> 0;
  };
}

function mix(x: number, y: number): number {
  const mixed = (Math.imul(x, 0xca01f9dd) - Math.imul(y, 0x4973f715)) >>> 0;
  return (mixed ^ (mixed >>> 16)) >>> 0;
}

/** `count` words of 32 bits, as SeedSequence(entropy).generate_state(count) of entropy whose numbers have 32 bits each. */
export function seedWords(entropy: readonly number[], count: number): number[] {
  const hash = hasher(0x43b0d7e5, 0x931e8875);
  const pool = Array.from({ length: POOL }, (_, i) => hash(entropy[i] ?? 0));
  for (let from = 0; from < POOL; from++) {
    for (let to = 0; to < POOL; to++) if (to !== from) pool[to] = mix(pool[to], hash(pool[from]));
  }
  for (const word of entropy.slice(POOL)) {
    for (let to = 0; to < POOL; to++) pool[to] = mix(pool[to], hash(word));
  }
  const out = hasher(0x8b51f9dd, 0x58f38ded);
  return Array.from({ length: count }, (_, i) => out(pool[i % POOL]));
}
