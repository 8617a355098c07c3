/**
 * The column loop step by step, in float64 by the mathematics of the engine's `exact` variant (src/method/compensate.ts): what is rounded, its
 * error, each term of the update, and the output error as the weights stand. A test holds its codes equal to the engine's.
 *
 * Steps: 0 is before anything; column c then has three, 3c + 1 rounded, 3c + 2 its error set against the row of U, 3c + 3 spread over the later
 * columns. Shapes: weights R × C; a column's vectors have R entries.
 */
import { matmul, matrix, type Matrix } from '../../numerics/matrix';
import { fitGrid, roundToGrid, type Grid } from '../../quantizer/affine-reference';
import { scaled, type Problem } from './problem';
import { TERMS, type Choice, type Term } from './methods';

export interface Settings extends Choice {
  readonly bits: number;
  /** Columns that share a scale; null: one scale a row. */
  readonly group: number | null;
  readonly alpha: number;
  readonly alpha2: number;
}

export interface ColumnTrace {
  /** The column as it was when it was rounded, and what it became. */
  readonly w: Float64Array;
  readonly codes: Float64Array;
  readonly q: Float64Array;
  /** (w − q)/U_cc. */
  readonly error: Float64Array;
  /** What each term adds to the later columns, R × C; null where it is off. */
  readonly terms: Readonly<Record<Term, Matrix | null>>;
  /** Their sum. */
  readonly update: Matrix;
  /** All weights once the column is rounded, and once its update is made. */
  readonly rounded: Matrix;
  readonly after: Matrix;
  /** The grid of each row, as it is for this column. */
  readonly grids: readonly Grid[];
}

export interface Trace {
  readonly settings: Settings;
  /** W before the first column: the layer's own, or Shift's. */
  readonly start: Matrix;
  /** What Shift adds to W; null for all others. */
  readonly shift: Matrix | null;
  readonly columns: readonly ColumnTrace[];
  readonly q: Matrix;
  readonly codes: Matrix;
  /** Of the weights as they stand after each step, on the calibration tokens. */
  readonly running: readonly number[];
  /** Of Q. */
  readonly final: { readonly calibration: number; readonly heldOut: number };
}

export const STEPS_A_COLUMN = 3;

export function stepsOf(cols: number): number {
  return STEPS_A_COLUMN * cols;
}

export type Phase = 'start' | 'round' | 'error' | 'spread';

/** Which column a step is of, and what happens in it. Column 0 for the start. */
export function placeOf(step: number): { readonly column: number; readonly phase: Phase } {
  if (step === 0) return { column: 0, phase: 'start' };
  const phases: readonly Phase[] = ['round', 'error', 'spread'];
  return { column: Math.floor((step - 1) / STEPS_A_COLUMN), phase: phases[(step - 1) % STEPS_A_COLUMN] };
}

export function traceOf(problem: Problem, settings: Settings): Trace {
  const { weight: original, calibration, heldOut } = problem;
  const { rows, cols } = original;
  const shift = settings.shift ? scaled(matmul('nn', original, problem.shift), settings.alpha) : null;
  const start = shift ? sum(original, shift) : original;
  const columns: ColumnTrace[] = [];
  const running = [calibration(original)];
  const q = matrix(rows, cols);
  const codes = matrix(rows, cols);
  let weights = start;
  let grids: readonly Grid[] = [];
  for (let c = 0; c < cols; c++) {
    // The exact variant: a group's scale is fitted to its weights as they stand when it begins.
    if (c % (settings.group ?? cols) === 0) grids = gridsOf(weights, c, settings);
    const column = stepOf(problem, start, weights, c, grids, settings);
    columns.push(column);
    for (let r = 0; r < rows; r++) {
      q.data[r * cols + c] = column.q[r];
      codes.data[r * cols + c] = column.codes[r];
    }
    weights = column.after;
    const rounded = calibration(column.rounded);
    running.push(rounded, rounded, calibration(column.after));
  }
  return {
    settings,
    start,
    shift,
    columns,
    q,
    codes,
    running,
    final: { calibration: calibration(q), heldOut: heldOut(q) },
  };
}

/** The matrix of the residual term: without the drift term a method knows no full-precision stream (GPTQ+R). */
export function residualOf({ r, rAlone }: Pick<Problem, 'r' | 'rAlone'>, { terms, alpha }: Settings): Matrix {
  return terms.drift && alpha !== 0 ? r : rAlone;
}

function gridsOf(weights: Matrix, first: number, { bits, group }: Settings): Grid[] {
  const { rows, cols } = weights;
  const count = Math.min(group ?? cols, cols - first);
  return Array.from({ length: rows }, (_, r) =>
    fitGrid(weights.data.subarray(r * cols + first, r * cols + first + count), {
      bits,
      symmetric: false,
      clip: 'none',
    }),
  );
}

/** One column; w0 is what the loop began with, as in the engine, where Shift's W* is the weight from then on. */
function stepOf(
  { u, p, ...given }: Problem,
  start: Matrix,
  weights: Matrix,
  c: number,
  grids: readonly Grid[],
  settings: Settings,
): ColumnTrace {
  const { rows, cols } = weights;
  const column = (a: Matrix) => Float64Array.from({ length: rows }, (_, r) => a.data[r * cols + c]);
  const [w, w0] = [column(weights), column(start)];
  const levels = Array.from(w, (value, r) => roundToGrid(value, grids[r], settings.bits));
  const q = Float64Array.from(levels, ({ value }) => value);
  const error = w.map((value, r) => (value - q[r]) / u.data[c * cols + c]);
  const share: Readonly<Record<Term, Float64Array>> = {
    compensation: error.map((e) => -e),
    drift: w.map((value) => settings.alpha * value),
    residual: w.map((value, r) => settings.alpha2 * (w0[r] - value)),
  };
  const residual = residualOf(given, settings);
  const along: Readonly<Record<Term, Matrix>> = { compensation: u, drift: p, residual };
  const terms = Object.fromEntries(
    TERMS.map((term) => [term, settings.terms[term] ? spread(share[term], along[term], c) : null]),
  ) as ColumnTrace['terms'];
  const update = TERMS.reduce((total, term) => (terms[term] ? sum(total, terms[term]) : total), matrix(rows, cols));
  const rounded = matrix(rows, cols, weights.data);
  q.forEach((value, r) => (rounded.data[r * cols + c] = value));
  return {
    w,
    q,
    codes: Float64Array.from(levels, ({ code }) => code),
    error,
    terms,
    update,
    rounded,
    after: sum(rounded, update),
    grids,
  };
}

/** share ⊗ row c of a matrix, right of column c. */
function spread(share: Float64Array, along: Matrix, c: number): Matrix {
  const { cols } = along;
  const out = matrix(share.length, cols);
  share.forEach((value, r) => {
    for (let j = c + 1; j < cols; j++) out.data[r * cols + j] = value * along.data[c * cols + j];
  });
  return out;
}

function sum(a: Matrix, b: Matrix): Matrix {
  return matrix(
    a.rows,
    a.cols,
    a.data.map((value, i) => value + b.data[i]),
  );
}
