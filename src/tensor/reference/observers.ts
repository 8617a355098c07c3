/** Float64 twins of observers.ts, distortion.ts and range-search.ts, written out. */
import { sharedLayout, type ActivationFormat } from '../activation-format';
import type { ColumnFigures, TokenFigures } from '../observers';
import { fakeQuantize } from './fake-quant';
import { matrix, type Matrix } from './matrix';

/** The values of a column, or of a row. */
const column = (x: Matrix, c: number) => Array.from({ length: x.rows }, (_, r) => x.data[r * x.cols + c]);
const row = (x: Matrix, r: number) => [...x.data.subarray(r * x.cols, (r + 1) * x.cols)];
const sum = (values: readonly number[]) => values.reduce((a, b) => a + b, 0);

export function columnFigures(x: Matrix): ColumnFigures {
  const over = (f: (values: number[]) => number) => Float32Array.from({ length: x.cols }, (_, c) => f(column(x, c)));
  return {
    rows: x.rows,
    least: over((v) => Math.min(...v)),
    greatest: over((v) => Math.max(...v)),
    peak: over((v) => Math.max(...v.map(Math.abs))),
    mean: over((v) => sum(v) / v.length),
    magnitude: over((v) => sum(v.map(Math.abs)) / v.length),
    meanSquare: over((v) => sum(v.map((a) => a * a)) / v.length),
  };
}

export function tokenFigures(x: Matrix): TokenFigures[] {
  return Array.from({ length: x.rows }, (_, r) => {
    const v = row(x, r);
    const mean = sum(v) / v.length;
    const moment = (about: number, power: number) => sum(v.map((a) => (a - about) ** power)) / v.length;
    const peak = Math.max(...v.map(Math.abs));
    const rms = Math.sqrt(moment(0, 2));
    const constant = v.every((a) => a === v[0]);
    return {
      peak,
      rms,
      peakToRms: peak === 0 ? null : peak / rms,
      kurtosis: peak === 0 ? null : moment(0, 4) / moment(0, 2) ** 2,
      excess: constant ? null : moment(mean, 4) / moment(mean, 2) ** 2 - 3,
    };
  });
}

/** Σ |x − x̂|^power for each cell and share, errors in units of the larger end of the cell's range: candidates × across. */
export function shrinkErrors(
  x: Matrix,
  format: ActivationFormat,
  ranges: Matrix,
  shares: readonly number[],
  power: number,
): Matrix {
  const { across, tileCols } = sharedLayout(x.rows, x.cols, format.cells);
  const errors = matrix(shares.length, across);
  shares.forEach((share, k) => {
    const y = fakeQuantize(x, { ...format, clip: (format.clip ?? 1) * share }, { ranges });
    x.data.forEach((v, i) => {
      const cell = Math.floor((i % x.cols) / tileCols);
      const reach = Math.max(Math.abs(ranges.data[cell]), Math.abs(ranges.data[across + cell])) || 1;
      errors.data[k * across + cell] += (Math.abs(v - y.data[i]) / reach) ** power;
    });
  });
  return errors;
}
