/**
 * Bits against what they buy: which rows no other row beats. A row is beaten by one of no more bits, or of the same size (judge.ts: within
 * 2 %, which a difference of a scale is), whose figure is better; rows that round what flows through the network otherwise are other
 * rows, with a front of their own. What is beaten by less than the noise is still beaten here: the table says what is separable.
 */
import type { Measure } from '../run/measures';
import { sizeGroups, type SizedRow } from './judge';

export interface Sized extends SizedRow {
  readonly value: number;
}

export interface Front {
  /** In words; null where nothing is rounded on the way. */
  readonly passing: string | null;
  /** By rising bits. */
  readonly rows: readonly Sized[];
}

export function paretoFronts(rows: readonly Sized[], better: Measure['better'] = 'lower'): Front[] {
  const sign = better === 'lower' ? 1 : -1;
  const size = new Map<number, number>();
  sizeGroups(rows).forEach((group, i) => {
    for (const row of group.rows) size.set(row, i);
  });
  const beats = (a: Sized, b: Sized) =>
    sign * a.value < sign * b.value && (a.bits <= b.bits || size.get(a.row) === size.get(b.row));
  const passings = [...new Set(rows.map(({ passing }) => passing))];
  return passings.map((passing) => {
    const own = rows.filter((row) => row.passing === passing);
    const kept = own.filter((row) => !own.some((other) => beats(other, row)));
    return { passing, rows: kept.sort((a, b) => a.bits - b.bits) };
  });
}
