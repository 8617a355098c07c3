/**
 * ResComp with α2 = α in two terms: with R = P + I − diag(U)⁻¹ U the three of trace.ts are
 *   W[:, j] −= ((1 − α)(w − q) + α (w0 − q))/U_cc · U[c, j] − α w0 · P[c, j].
 * Computed from these two alone, so that it can be held beside the three.
 */
import { matrix, type Matrix } from '../../numerics/matrix';
import type { Problem } from './problem';
import type { Trace } from './trace';

/** What column c adds to the later ones, rows × cols. */
export function collapsedUpdate({ u, p }: Problem, { start, columns, settings }: Trace, c: number): Matrix {
  const { rows, cols } = start;
  const { alpha } = settings;
  const { w, q } = columns[c];
  const out = matrix(rows, cols);
  for (let r = 0; r < rows; r++) {
    const w0 = start.data[r * cols + c];
    const blended = (1 - alpha) * (w[r] - q[r]) + alpha * (w0 - q[r]);
    for (let j = c + 1; j < cols; j++) {
      const along = c * cols + j;
      out.data[r * cols + j] = alpha * w0 * p.data[along] - (blended / u.data[c * cols + c]) * u.data[along];
    }
  }
  return out;
}
