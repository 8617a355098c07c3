/**
 * Hadamard matrices: ±1, H·Hᵀ = n·I. Which orders can be built here, how, and how an order n is taken apart as H_K ⊗ H_{2^power}, so
 * that applying it costs n·(K + power) instead of n².
 *
 * Constructions, each out of its formula:
 *   Sylvester   H_{2n} = [[H, H], [H, −H]]  (Sylvester 1867)
 *   Paley I     order p + 1, p ≡ 3 mod 4 prime:  I + S, S = [[0, 1ᵀ], [−1, J]], J[i, j] = χ(i − j), χ the Legendre symbol of p
 *   Paley II    order 2(p + 1), p ≡ 1 mod 4 prime:  S ⊗ [[1, 1], [1, −1]] + I ⊗ [[1, −1], [−1, −1]], S = [[0, 1ᵀ], [1, J]]
 *               (Paley 1933)
 *   Williamson  order 4m: symmetric circulants A, B, C, D with A² + B² + C² + D² = 4m·I (williamson.ts)
 *   Kronecker   the product of two
 * Matrices are row-major, one byte an entry. Those of Paley I and Williamson are not symmetric: what undoes H is Hᵀ.
 */
import { WILLIAMSON, williamson } from './williamson';

/** The largest H_K that an order is taken apart with: applying it costs K operations an entry, and storing it K² entries. */
export const LARGEST_K = 1024;

export interface HadamardFactors {
  /** Order of the first factor: 1, or a multiple of 4 whose odd part is that of the whole. */
  readonly K: number;
  /** The second factor is Sylvester's of order 2^power. */
  readonly power: number;
}

/** K·2^power. */
export function orderOf({ K, power }: HadamardFactors): number {
  return K * 2 ** power;
}

/**
 * How order n is taken apart: K is 1 for a power of two, else the smallest o·2^j (j ≥ 2, o the odd part) that divides n and can be built
 * without a Sylvester factor. Null where there is none up to LARGEST_K.
 */
export function hadamardFactors(n: number): HadamardFactors | null {
  requireOrder(n);
  const odd = oddPart(n);
  if (odd === 1) return { K: 1, power: Math.log2(n) };
  for (let K = 4 * odd; K <= Math.min(n, LARGEST_K); K *= 2) {
    if (n % K === 0 && construction(K)) return { K, power: Math.log2(n / K) };
  }
  return null;
}

/**
 * The explicit second choice: Sylvester's H_g down the diagonal, g the largest power of two that divides n. Applied as n/g blocks of order
 * g; it spreads an outlier over g columns only, and for an odd n over none (g = 1: the identity).
 */
export function blockFactors(n: number): HadamardFactors & { readonly blocks: number } {
  requireOrder(n);
  const blocks = oddPart(n);
  return { K: 1, power: Math.log2(n / blocks), blocks };
}

/** The order nearest to n that can be taken apart (of two as near, the larger), and how it is built: '768 = 12 · 2^6 (Paley I, 11)'. */
export function nearestHadamard(n: number): { readonly order: number; readonly sentence: string } {
  requireOrder(n);
  for (let distance = 0; ; distance++) {
    for (const order of [n + distance, n - distance]) {
      if (order < 1) continue;
      const factors = hadamardFactors(order);
      if (factors) return { order, sentence: `${order} = ${describeFactors(factors)}` };
    }
  }
}

/** '12 · 2^6 (Paley I, 11)', '2^7 (Sylvester)'. */
export function describeFactors({ K, power }: HadamardFactors): string {
  const built = construction(K);
  if (!built) throw new Error(`bug: no Hadamard matrix of order ${K}`);
  if (K === 1) return `2^${power} (Sylvester)`;
  return power === 0 ? `${K} (${built.name})` : `${K} · 2^${power} (${built.name})`;
}

/** H of order n, row-major ±1, or null where no construction here reaches it. One a caller: it may be changed. */
export function hadamardMatrix(n: number): Int8Array<ArrayBuffer> | null {
  requireOrder(n);
  return construction(n)?.build() ?? null;
}

/** H_K ⊗ H_{2^power}, whole. */
export function hadamardFrom({ K, power }: HadamardFactors): Int8Array<ArrayBuffer> {
  const first = hadamardMatrix(K);
  if (!first) throw new Error(`bug: no Hadamard matrix of order ${K}`);
  return productOf(first, K, sylvester(2 ** power), 2 ** power);
}

interface Construction {
  readonly name: string;
  readonly build: () => Int8Array<ArrayBuffer>;
}

const known = new Map<number, Construction | null>();

/** The first construction that gives order n, in the order of the head of this file. */
function construction(n: number): Construction | null {
  let found = known.get(n);
  if (found === undefined) {
    found = find(n);
    known.set(n, found);
  }
  return found;
}

function find(n: number): Construction | null {
  if (oddPart(n) === 1) return { name: 'Sylvester', build: () => sylvester(n) };
  if (n % 4 !== 0) return null;
  if ((n - 1) % 4 === 3 && isPrime(n - 1)) return { name: `Paley I, ${n - 1}`, build: () => paleyOne(n - 1) };
  const half = n / 2 - 1;
  if (half % 4 === 1 && isPrime(half)) return { name: `Paley II, ${half}`, build: () => paleyTwo(half) };
  const rows = WILLIAMSON.get(n);
  if (rows) return { name: 'Williamson', build: () => williamson(rows) };
  for (let a = 2; a * a <= n; a++) {
    if (n % a !== 0) continue;
    const [one, other] = [construction(a), construction(n / a)];
    if (!one || !other) continue;
    return { name: `${a} ⊗ ${n / a}`, build: () => productOf(one.build(), a, other.build(), n / a) };
  }
  return null;
}

function sylvester(n: number): Int8Array<ArrayBuffer> {
  const h = new Int8Array(n * n);
  for (let i = 0; i < n; i++) for (let j = 0; j < n; j++) h[i * n + j] = oddBits(i & j) ? -1 : 1;
  return h;
}

function paleyOne(p: number): Int8Array<ArrayBuffer> {
  const n = p + 1;
  const h = bordered(p, -1);
  for (let i = 0; i < n; i++) h[i * n + i] += 1;
  return h;
}

function paleyTwo(p: number): Int8Array<ArrayBuffer> {
  const m = p + 1;
  const s = bordered(p, 1);
  const [off, on] = [
    [1, 1, 1, -1],
    [1, -1, -1, -1],
  ];
  const h = new Int8Array(4 * m * m);
  for (let i = 0; i < m; i++) {
    for (let j = 0; j < m; j++) {
      for (let k = 0; k < 4; k++) {
        const value = i === j ? on[k] : s[i * m + j] * off[k];
        h[(2 * i + (k >> 1)) * 2 * m + 2 * j + (k & 1)] = value;
      }
    }
  }
  return h;
}

/** [[0, 1ᵀ], [border, J]] with J[i, j] = χ(i − j): zero on the diagonal. */
function bordered(p: number, border: 1 | -1): Int8Array<ArrayBuffer> {
  const chi = legendre(p);
  const n = p + 1;
  const s = new Int8Array(n * n);
  for (let i = 1; i < n; i++) {
    s[i] = 1;
    s[i * n] = border;
    for (let j = 1; j < n; j++) s[i * n + j] = chi[(i - j + p) % p];
  }
  return s;
}

/** χ(a) for a = 0 … p − 1: 0, then 1 for squares mod p and −1 for the others. */
function legendre(p: number): Int8Array {
  const chi = new Int8Array(p).fill(-1);
  for (let a = 1; a < p; a++) chi[(a * a) % p] = 1;
  chi[0] = 0;
  return chi;
}

function productOf(a: Int8Array, n: number, b: Int8Array, m: number): Int8Array<ArrayBuffer> {
  const order = n * m;
  const h = new Int8Array(order * order);
  for (let i = 0; i < order; i++) {
    const [rowA, rowB] = [Math.floor(i / m) * n, (i % m) * m];
    for (let j = 0; j < order; j++) h[i * order + j] = a[rowA + Math.floor(j / m)] * b[rowB + (j % m)];
  }
  return h;
}

function oddPart(n: number): number {
  let odd = n;
  while (odd % 2 === 0) odd /= 2;
  return odd;
}

function oddBits(value: number): boolean {
  let bits = value;
  for (let shift = 16; shift > 0; shift >>= 1) bits ^= bits >>> shift;
  return (bits & 1) === 1;
}

function isPrime(n: number): boolean {
  if (n < 2) return false;
  for (let d = 2; d * d <= n; d++) if (n % d === 0) return false;
  return true;
}

function requireOrder(n: number): void {
  if (!Number.isSafeInteger(n) || n < 1) throw new Error(`bug: a Hadamard matrix of order ${n}`);
}
