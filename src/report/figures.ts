/** The figures of a run, as charts, tables and files read them: of a live one as far as it has come, of a result all of them. */
import type {
  BlockResult,
  LayerResult,
  Plan,
  RowAllocation,
  RowSummary,
  RunResult,
  StageChannels,
} from '../run/events';

/** The figures of a run, wherever they come from. */
export interface RunFigures {
  readonly plan: Plan | null;
  readonly layers: readonly LayerResult[];
  readonly blocks: readonly BlockResult[];
  readonly rows: readonly RowSummary[];
  readonly fullPrecision: RunResult['fullPrecision'];
  /** How far the views of rows with transforms are from the network by themselves; missing where there are none, and before the end. */
  readonly views?: RunResult['views'];
  /** What layers read before and after transforms; missing where there are none. */
  readonly channels?: readonly StageChannels[];
  /** Of rows whose layers get their own bits, before their summaries have them. */
  readonly allocations?: readonly ToldAllocation[];
}

export interface ToldAllocation {
  readonly row: number;
  readonly allocation: RowAllocation;
}

export function figuresOf(result: RunResult): RunFigures {
  const { plan, layers, blocks, rows, fullPrecision, views, channels } = result;
  return {
    ...{ plan: withoutPromisedBits(plan), layers, blocks, rows, fullPrecision },
    ...(views ? { views } : {}),
    ...(channels ? { channels } : {}),
  };
}

/** 'k-means VQ K256 d4 2 b': labels once told the bits of a layer without end, where this one may take twice that. */
const PROMISED_BITS = /( K\d+ d\d+) \d+(\.\d+)? b(?= |$)/;

function withoutPromisedBits(plan: Plan): Plan {
  if (!plan.rows.some((row) => PROMISED_BITS.test(row.label))) return plan;
  return { ...plan, rows: plan.rows.map((row) => ({ ...row, label: row.label.replace(PROMISED_BITS, '$1') })) };
}
