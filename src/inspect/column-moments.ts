/**
 * How heavy the tails of each column are: its kurtosis, exactly about its own mean, over rows that come one after the other. Sums of powers in
 * float64 about the column's first finite value, which is as near its mean as its own spread, so that little cancels:
 *
 *   m₁ = Σd/n,  σ² = Σd²/n − m₁²,  κ = (Σd⁴/n − 4 m₁ Σd³/n + 6 m₁² Σd²/n − 3 m₁⁴) / σ⁴     (3 for a normal distribution)
 *
 * In the order of the rows whatever pieces they come in, so the figures do not depend on these. On the host, also where there is a GPU: sums
 * of F32 would lose it all in a column whose mean is far from the tensor's.
 */
import type { LoadedPiece } from './scanner';

/** Sums of more columns would take more memory than a look may. */
const MOST_COLUMNS = 2 ** 18;
/** As a share of σ⁴'s scale, what rounding alone may leave of a spread. */
const NO_SPREAD = 1e-13;

export class ColumnMoments {
  readonly #centre: Float64Array;
  readonly #count: Float64Array;
  readonly #powers: readonly [Float64Array, Float64Array, Float64Array, Float64Array];

  /** Null where columns are not looked at one by one. */
  static of(rows: number, cols: number): ColumnMoments | null {
    return rows > 1 && cols > 0 && cols <= MOST_COLUMNS ? new ColumnMoments(cols) : null;
  }

  private constructor(cols: number) {
    const sums = () => new Float64Array(cols);
    [this.#centre, this.#count, this.#powers] = [sums(), sums(), [sums(), sums(), sums(), sums()]];
  }

  add({ rows, cols, col, values }: LoadedPiece): void {
    const [first, second, third, fourth] = this.#powers;
    for (let r = 0, i = 0; r < rows; r++) {
      for (let c = col; c < col + cols; c++, i++) {
        const x = values[i];
        if (!Number.isFinite(x)) continue;
        if (this.#count[c]++ === 0) this.#centre[c] = x;
        const d = x - this.#centre[c];
        const square = d * d;
        first[c] += d;
        second[c] += square;
        third[c] += square * d;
        fourth[c] += square * square;
      }
    }
  }

  /** By column; NaN where all its finite values are the same, or there are none. */
  kurtosis(): Float64Array {
    return this.#count.map((n, c) => {
      const [d, d2, d3, d4] = this.#powers.map((sums) => sums[c] / n);
      const variance = d2 - d * d;
      if (!(variance > NO_SPREAD * d2)) return NaN;
      return (d4 - 4 * d * d3 + 6 * d * d * d2 - 3 * d ** 4) / variance ** 2;
    });
  }
}
