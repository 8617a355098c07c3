/**
 * How figures are written on paper, in one way whatever the reader's locale: a point before the fraction, no thousands, a power of ten
 * below a thousandth. `full` is what a program reads back: nine figures bring every f32 back, and what is computed in float64 has its own.
 */
import { MEASURES, type Measure } from '../run/measures';
import type { Column } from './compare';

/** Below it a number is written with a power of ten. */
const SMALL = 0.001;
const LARGE = 1e5;

export const NO_NUMBER = 'n/a';

/** Three figures: '0.0314', '2.10e-5'. */
export function threeFigures(value: number): string {
  if (!Number.isFinite(value)) return NO_NUMBER;
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < SMALL || size >= LARGE) return value.toExponential(2);
  return size >= 1000 ? value.toFixed(0) : value.toPrecision(3);
}

/** A difference: '+0.0314', '-2.10e-5', '0'. */
export function signedFigures(value: number): string {
  return value > 0 && Number.isFinite(value) ? `+${threeFigures(value)}` : threeFigures(value);
}

export function fixed(digits: number): (value: number) => string {
  return (value) =>
    !Number.isFinite(value) ? NO_NUMBER : Math.abs(value) < LARGE ? value.toFixed(digits) : value.toExponential(2);
}

const UNITS = ['B', 'kB', 'MB', 'GB', 'TB'];

/** '1.62 MB': steps of a thousand. */
export function bytes(value: number): string {
  let unit = 0;
  let rest = value;
  for (; rest >= 999.5 && unit < UNITS.length - 1; unit++) rest /= 1000;
  return `${unit === 0 ? rest.toFixed(0) : threeFigures(rest)} ${UNITS[unit]}`;
}

const MEASURE_WRITTEN: Readonly<Record<Measure['format'], (value: number) => string>> = {
  perplexity: fixed(2),
  nats: (value) => (Math.abs(value) < 0.0005 ? threeFigures(value) : fixed(3)(value)),
  share: (value) => fixed(1)(value * 100),
  error: threeFigures,
  distance: threeFigures,
};

/** A column's figure, without its unit. */
export function written(column: Column): (value: number) => string {
  if (column in MEASURES) return MEASURE_WRITTEN[MEASURES[column as keyof typeof MEASURES].format];
  switch (column) {
    case 'bitsPerWeight':
    case 'activationBits':
    case 'cacheBits':
      return fixed(2);
    case 'fileBytes':
      return bytes;
    case 'tokens':
      return fixed(0);
    case 'milliseconds':
      return (value) => threeFigures(value / 1000);
    default:
      return threeFigures;
  }
}

/** A number as a file of data has it; empty where there is none. */
export function full(value: number | null | undefined): string {
  return typeof value === 'number' && Number.isFinite(value) ? String(Number(value.toPrecision(9))) : '';
}
