/**
 * Columns and rows cut out of a matrix or set beside each other, with gradients (tensor/columns.ts, rows.ts): the parts of an adaLN
 * vector, q, k and v out of one projection, heads of different widths. A slice's gradient is set into zeros.
 */
import * as columns from '../tensor/columns';
import { sliceRows as cutRows } from '../tensor/embedding';
import * as rows from '../tensor/rows';
import type { Tape, Variable } from './tape';

/** Columns first … first + count − 1. */
export function sliceColumns(tape: Tape, x: Variable, first: number, count: number): Variable {
  const { cols } = x.value;
  return tape.record(columns.sliceColumns(x.value, first, count), [x], (g) => [columns.placeColumns(g, cols, first)]);
}

/** `cols` columns of zeros with x in them from column `first` on. */
export function placeColumns(tape: Tape, x: Variable, cols: number, first: number): Variable {
  const width = x.value.cols;
  return tape.record(columns.placeColumns(x.value, cols, first), [x], (g) => [columns.sliceColumns(g, first, width)]);
}

/** Parts of equal height side by side. */
export function concatColumns(tape: Tape, parts: readonly Variable[]): Variable {
  const y = columns.concatColumns(parts.map(({ value }) => value));
  return tape.record(y, parts, (g) => {
    let first = 0;
    return parts.map(({ value, needsGrad }) => {
      first += value.cols;
      return needsGrad ? columns.sliceColumns(g, first - value.cols, value.cols) : null;
    });
  });
}

/** Rows first … first + count − 1. */
export function sliceRows(tape: Tape, x: Variable, first: number, count: number): Variable {
  const { rows: height } = x.value;
  return tape.record(cutRows(x.value, first, count), [x], (g) => [rows.placeRows(g, height, first)]);
}

/** Parts of equal width, one after another. */
export function concatRows(tape: Tape, parts: readonly Variable[]): Variable {
  const y = rows.concatRows(parts.map(({ value }) => value));
  return tape.record(y, parts, (g) => {
    let first = 0;
    return parts.map(({ value, needsGrad }) => {
      first += value.rows;
      return needsGrad ? cutRows(g, first - value.rows, value.rows) : null;
    });
  });
}
