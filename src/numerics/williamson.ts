/**
 * Williamson's Hadamard matrices: of symmetric circulants A, B, C, D of order m (row k is the first row shifted right by k) with
 * A² + B² + C² + D² = 4m·I,
 *
 *   H = [[ A,  B,  C,  D],
 *        [−B,  A, −D,  C],
 *        [−C,  D,  A, −B],
 *        [−D, −C,  B,  A]]   of order 4m.
 *
 * First rows are facts that a search has found; these three sets are those of N. J. A. Sloane's library of Hadamard matrices
 * (neilsloane.com/hadamard: 52.will, 156.will, 172.will). The tests check the identity for each. Williamson 1944; Hall, Combinatorial Theory, 14.2.
 */

/** First rows of A, B, C and D by the order of H, + for 1 and − for −1. */
export const WILLIAMSON: ReadonlyMap<number, readonly string[]> = new Map([
  [52, ['+-+--++++--+-', '+---++++++---', '++-+--++--+-+', '+----+--+----']],
  [
    156,
    [
      '+++--+-+-----+--++----++--+-----+-+--++',
      '++++---+--++----+-+--+-+----++--+---+++',
      '+++--++-+---+-+--+----+--+-+---+-++--++',
      '+---++-+-+-----+++-++-+++-----+-+-++---',
    ],
  ],
  [
    172,
    [
      '+---++--++++-+-+++-++--++-+++-+-++++--++---',
      '++-++++++----+-+--++-++-++--+-+----++++++-+',
      '+++-+-++--+-+-++++-+----+-++++-+-+--++-+-++',
      '++---++++-+--+--++--------++--+--+-++++---+',
    ],
  ],
]);

/** Which circulant stands in each of the 4 × 4 blocks, counted from 1, and its sign. */
const BLOCKS = [
  [1, 2, 3, 4],
  [-2, 1, -4, 3],
  [-3, 4, 1, -2],
  [-4, -3, 2, 1],
];

export function williamson(firstRows: readonly string[]): Int8Array<ArrayBuffer> {
  const m = firstRows[0].length;
  const first = firstRows.map((row) => Int8Array.from(row, (sign) => (sign === '+' ? 1 : -1)));
  const n = 4 * m;
  const h = new Int8Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) {
      const block = BLOCKS[Math.floor(i / m)][Math.floor(j / m)];
      h[i * n + j] = Math.sign(block) * first[Math.abs(block) - 1][((j % m) - (i % m) + m) % m];
    }
  }
  return h;
}
