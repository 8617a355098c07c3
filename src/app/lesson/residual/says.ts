/** A step in words, out of its figures. */
import { TERMS } from '../../../lesson/residual/methods';
import type { Problem } from '../../../lesson/residual/problem';
import { placeOf, type Trace } from '../../../lesson/residual/trace';
import { largest } from '../../../lesson/matrix';
import { percent, spoken } from '../numbers';
import { residualWords } from './words';

const words = residualWords.says;

/** What happens in the step. */
export function stepSays(problem: Problem, trace: Trace, step: number): string {
  const { column, phase } = placeOf(step);
  const { cols } = trace.start;
  if (phase === 'start') {
    const begin = words.start(spoken(trace.running[0]));
    return trace.shift ? `${begin} ${words.startShift(spoken(largest(trace.shift.data)))}` : begin;
  }
  const { w, q, update } = trace.columns[column];
  const later = cols - 1 - column;
  const acts = TERMS.some((term) => trace.settings.terms[term]);
  if (phase === 'round') {
    const row = furthest(w.map((value, r) => q[r] - value));
    return words.round(column + 1, row + 1, q[row] >= w[row], spoken(Math.abs(q[row] - w[row])));
  }
  if (later === 0) return words.last;
  if (!acts) return phase === 'error' ? words.errorOff : words.spreadOff(later);
  if (phase === 'error') {
    if (!trace.settings.terms.compensation) return words.termsOnly(column + 1);
    return words.error(column + 1, spoken(problem.u.data[column * cols + column]));
  }
  const at = furthest(update.data);
  return words.spread(later, Math.floor(at / cols) + 1, (at % cols) + 1, spoken(update.data[at]));
}

/** The output error as it stands, against RTN's at the same step. */
export function errorSays(trace: Trace, rtn: Trace | null, step: number): string {
  const error = trace.running[step];
  if (!rtn) return words.alone(spoken(error));
  const other = rtn.running[step];
  return words.against(spoken(error), spoken(other), comparison(error, other));
}

function comparison(error: number, other: number): string {
  const ratio = error / other;
  if (Math.abs(ratio - 1) < 0.005) return words.same;
  return ratio < 1 ? words.lower(percent(1 - ratio)) : words.higher(percent(ratio - 1));
}

function furthest(values: Float64Array): number {
  return values.reduce((best, value, i) => (Math.abs(value) > Math.abs(values[best]) ? i : best), 0);
}
