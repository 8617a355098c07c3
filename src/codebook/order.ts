/** What k-means' starts need of the points on the host, in float64: the order by Mahalanobis distance, and RTN's levels. */

/** Rounds to the nearest integer, halves to the even one, as torch.round does. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const rest = x - floor;
  if (rest !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * The members at the given ascending ranks of their order by (x − μ) Λ (x − μ)ᵀ, Λ the inverse of Σ (x − μ)ᵀ(x − μ); equal distances
 * keep the members' order. Where the covariance is singular, directions without spread are left out.
 * values: component j of sub-vector i at i · dim + j.
 */
export function mahalanobisOrder(
  values: Float32Array,
  members: Uint32Array,
  dim: number,
  ranks: readonly number[],
): Uint32Array<ArrayBuffer> {
  const mean = new Float64Array(dim);
  for (const i of members) for (let j = 0; j < dim; j++) mean[j] += values[i * dim + j];
  for (let j = 0; j < dim; j++) mean[j] /= members.length;
  const sigma = new Float64Array(dim * dim);
  const x = new Float64Array(dim);
  const center = (i: number) => {
    for (let j = 0; j < dim; j++) x[j] = values[i * dim + j] - mean[j];
  };
  for (const i of members) {
    center(i);
    for (let a = 0; a < dim; a++) for (let b = 0; b <= a; b++) sigma[a * dim + b] += x[a] * x[b];
  }
  const lower = choleskyOrZero(sigma, dim);
  const distances = new Float64Array(members.length);
  const y = new Float64Array(dim);
  for (let m = 0; m < members.length; m++) {
    center(members[m]);
    // |L⁻¹ (x − μ)|² by forward substitution.
    let sum = 0;
    for (let a = 0; a < dim; a++) {
      let value = x[a];
      for (let b = 0; b < a; b++) value -= lower[a * dim + b] * y[b];
      y[a] = lower[a * dim + a] === 0 ? 0 : value / lower[a * dim + a];
      sum += y[a] * y[a];
    }
    distances[m] = sum;
  }
  return membersAtRanks(distances, members, ranks);
}

/** Typed arrays sort natively; which member has a rank's distance is then looked up. */
function membersAtRanks(
  distances: Float64Array,
  members: Uint32Array,
  ranks: readonly number[],
): Uint32Array<ArrayBuffer> {
  const sorted = distances.slice().sort();
  // For each wanted distance: which of the members that have it, counted from the first.
  const wanted = new Map<number, { seen: number; places: { k: number; occurrence: number }[] }>();
  ranks.forEach((rank, k) => {
    const value = sorted[rank];
    const entry = wanted.get(value) ?? { seen: 0, places: [] };
    entry.places.push({ k, occurrence: rank - firstOf(sorted, value) });
    wanted.set(value, entry);
  });
  const chosen = new Uint32Array(ranks.length);
  for (let m = 0; m < members.length; m++) {
    const entry = wanted.get(distances[m]);
    if (!entry) continue;
    for (const { k, occurrence } of entry.places) if (occurrence === entry.seen) chosen[k] = members[m];
    entry.seen++;
  }
  return chosen;
}

/** The first place of a value in an ascending array. */
function firstOf(sorted: Float64Array, value: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sorted[middle] < value) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** L of A = L Lᵀ (A's lower triangle); a pivot lost to rounding makes its column zero. */
function choleskyOrZero(a: Float64Array, n: number): Float64Array {
  const l = new Float64Array(n * n);
  for (let j = 0; j < n; j++) {
    let pivot = a[j * n + j];
    for (let k = 0; k < j; k++) pivot -= l[j * n + k] ** 2;
    if (!(pivot > 1e-12 * a[j * n + j])) continue;
    l[j * n + j] = Math.sqrt(pivot);
    for (let i = j + 1; i < n; i++) {
      let value = a[i * n + j];
      for (let k = 0; k < j; k++) value -= l[i * n + k] * l[j * n + k];
      l[i * n + j] = value / l[j * n + j];
    }
  }
  return l;
}

/** The K values of RTN's asymmetric grid s · (c − z) over the members of a book of scalars, lowest first. */
export function rtnLevels(values: Float32Array, members: Iterable<number>, codewords: number): Float32Array {
  let [low, high] = [0, 0];
  for (const i of members) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  if (low === 0 && high === 0) [low, high] = [-1, 1];
  const top = Math.max(1, codewords - 1);
  const scale = Math.fround(Math.max(high - low, 1e-34) / top);
  const zero = roundHalfEven(-low / scale);
  return Float32Array.from({ length: codewords }, (_, c) => scale * (c - zero));
}
