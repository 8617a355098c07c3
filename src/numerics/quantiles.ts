/**
 * Exact quantiles by sorting, as numpy's default has them: between the two values that stand next to place p·(n − 1), linearly (Hyndman and
 * Fan 1996, definition 7). And sums of errors by candidate to the candidate that is best for each cell.
 */

/** The quantile p (0 … 1) of values in rising order. */
export function quantileOfSorted(sorted: ArrayLike<number>, p: number): number {
  if (sorted.length === 0 || !(p >= 0 && p <= 1)) throw new Error(`bug: quantile ${p} of ${sorted.length} values`);
  const place = p * (sorted.length - 1);
  const below = Math.floor(place);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (place - below) * (sorted[above] - sorted[below]);
}

/** The quantiles `low` and `high` of each run of `width` columns of rows × cols values: all low ones, then all high ones. NaN where any value is. */
export function columnQuantiles(
  values: ArrayLike<number>,
  rows: number,
  cols: number,
  width: number,
  [low, high]: readonly [low: number, high: number],
): Float64Array {
  if (values.length !== rows * cols) throw new Error(`bug: ${values.length} values for ${rows} × ${cols}`);
  const across = Math.ceil(cols / width);
  const found = new Float64Array(2 * across);
  for (let cell = 0; cell < across; cell++) {
    const [first, end] = [cell * width, Math.min((cell + 1) * width, cols)];
    const own = new Float64Array(rows * (end - first));
    let at = 0;
    for (let r = 0; r < rows; r++) for (let c = first; c < end; c++) own[at++] = values[r * cols + c];
    // Float64Array sorts NaN last.
    own.sort();
    const broken = Number.isNaN(own[own.length - 1]);
    found[cell] = broken ? NaN : quantileOfSorted(own, low);
    found[across + cell] = broken ? NaN : quantileOfSorted(own, high);
  }
  return found;
}

/**
 * `errors` is candidates × cols; the candidate of the least sum over each run of `width` columns, the first among equals. Null where no sum is a
 * number.
 */
export function leastByCell(
  errors: ArrayLike<number>,
  candidates: number,
  cols: number,
  width: number,
): (number | null)[] {
  return Array.from({ length: Math.ceil(cols / width) }, (_, cell) => {
    let [best, least]: [number | null, number] = [null, Infinity];
    for (let k = 0; k < candidates; k++) {
      let sum = 0;
      for (let c = cell * width; c < Math.min((cell + 1) * width, cols); c++) sum += errors[k * cols + c];
      if (sum < least) [best, least] = [k, sum];
    }
    return best;
  });
}
