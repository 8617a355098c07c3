/**
 * Ranges by the call of the sampler: a table 2T × 1, the lows of calls 0 … T − 1 and then their highs, of which each window takes its call's
 * row, so that images of any calls may stand in one batch. A call past the table takes the last row.
 */
import { fakeQuant } from '../../gradient/fake-quant';
import { gatherRows } from '../../gradient/rows';
import type { Tape, Variable } from '../../gradient/tape';
import type { Gpu } from '../../gpu/gpu';
import type { Geometry } from '../../model/model';
import type { ActivationFormat } from '../../tensor/activation-format';
import { RowIndex } from '../../tensor/rows';

/** Which rows of such tables windows take, worked out once for each list of calls and shared by all tables of T calls. */
export class CallRows {
  /** Lists of one sampler or run are few, and many tables ask for each. */
  readonly #known = new Map<string, RowIndex>();

  constructor(
    private readonly gpu: Gpu,
    readonly count: number,
  ) {}

  of(calls: readonly number[]): RowIndex {
    const key = calls.join();
    const known = this.#known.get(key);
    if (known) return known;
    const rows = calls.map((call) => Math.min(call, this.count - 1));
    const index = RowIndex.from(this.gpu, [...rows, ...rows.map((row) => row + this.count)], 2 * this.count);
    this.#known.set(key, index);
    return index;
  }

  release(): void {
    for (const index of this.#known.values()) index.release();
    this.#known.clear();
  }
}

/** x̂ with each window's own row of the table, which learns where it is a parameter. */
export function fakeQuantByCall(
  tape: Tape,
  x: Variable,
  { calls }: Geometry,
  code: ActivationFormat['code'],
  table: Variable,
  rows: CallRows,
): Variable {
  if (!calls) throw new Error('bug: ranges by step where no sampler says which step it is');
  const ranges = gatherRows(tape, table, rows.of(calls));
  const windows = { length: x.value.rows / calls.length };
  return fakeQuant(tape, x, { code, cells: { per: 'tensor' } }, { windows, ranges });
}
