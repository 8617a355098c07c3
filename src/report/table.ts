/**
 * The table of a result for a paper, as data that the writers of LaTeX, Markdown and CSV share: what each row came to, figures as written
 * and in full, intervals, and which values may be called best. The columns are the page's, in the page's order, and behind them how
 * each row differs from the baseline window by window, where windows are kept.
 */
import type { RunResult } from '../run/events';
import { byMeasure, isMeasure, MEASURES, MEASURES_OF, type MeasureId } from '../run/measures';
import { differenceOf } from '../run/paired-rows';
import {
  bestRows,
  columnsOf,
  compareRows,
  isOfChart,
  taskOf,
  type Column,
  type ComparedRow,
  type Shown,
} from './compare';
import { figuresOf } from './figures';
import type { Interval } from './judge';
import { signedFigures, written } from './numbers';
import { PAPER_SCALES } from './scale-words';
import { baselineRow, shortLabels } from './series';
import { COLUMN_WORDS, METRIC_WORDS, PAPER_WORDS } from './words';

export interface PaperTable {
  readonly model: string;
  readonly caption: string;
  readonly columns: readonly PaperColumn[];
  readonly rows: readonly PaperRow[];
  /** Sentences that belong under it. */
  readonly notes: readonly string[];
  /** Whether any value is called best. */
  readonly marked: boolean;
}

export interface PaperColumn {
  /** As a file of data names it: 'mean_error', 'perplexity'. */
  readonly id: string;
  /** As a person reads it. */
  readonly head: string;
}

export interface PaperRow {
  readonly method: string;
  readonly label: string;
  readonly baseline: boolean;
  /** One a column. */
  readonly cells: readonly PaperCell[];
}

export interface PaperCell {
  /** As written; null where there is nothing to write. */
  readonly text: string | null;
  readonly value: number | null;
  /** The 95 % interval, as written and in full; null where the figure has none. */
  readonly interval: { readonly text: readonly [string, string]; readonly of: Interval } | null;
  readonly best: boolean;
}

const NOTHING: PaperCell = { text: null, value: null, interval: null, best: false };

export function paperTable(result: RunResult, shown: Shown): PaperTable {
  const figures = figuresOf(result);
  const rows = compareRows(figures, shown);
  const best = bestRows(figures, shown);
  // A column without a single value says nothing.
  const columns = columnsOf(figures).filter((column) => rows.some((row) => row[column] !== null));
  const differences = differencesOf(rows);
  const cells = (row: ComparedRow): PaperCell[] => [
    ...columns.map((column) =>
      cellOf(row, column, shown, column in best && best[column as keyof typeof best].has(row.row)),
    ),
    ...(differences ? [differences.cell(row)] : []),
    seedCell(result),
  ];
  const all = rows.map((row) => ({ row, cells: cells(row) }));
  const marked = all.some((one) => one.cells.some((cell) => cell.best));
  return {
    model: result.model.name,
    caption: PAPER_WORDS.caption(result.model.name, result.plan.calibrationLabel, result.plan.heldOutLabel),
    columns: [
      ...columns.map((column) => ({ id: ID[column], head: headOf(column) })),
      ...(differences ? [{ id: differences.id, head: differences.head }] : []),
      { id: 'seed', head: PAPER_WORDS.seed },
    ],
    rows: [
      ...all.map(({ row, cells: own }) => ({
        ...{ method: row.method, label: row.label, baseline: row.baseline },
        cells: own,
      })),
      ...fullRow(result, columns, differences !== null),
    ],
    notes: notesOf(result, shown, columns, marked, differences !== null),
    marked,
  };
}

/** What columns are called in files of data, with their units. */
const ID: Readonly<Record<Column, string>> = {
  bitsPerWeight: 'bits_per_weight',
  activationBits: 'bits_per_activation',
  cacheBits: 'cache_bits',
  fileBytes: 'file_bytes',
  meanError: 'mean_error',
  p95Error: 'p95_error',
  worstError: 'worst_error',
  ...byMeasure((_, id) => id),
  ...{ kl: 'kl_nats', klMedian: 'kl_median_nats', klTail: 'kl_p99_nats', sameTop: 'same_top' },
  tokens: 'tokens',
  milliseconds: 'milliseconds',
};

function headOf(column: Column): string {
  return column === 'accuracy' || column === 'sameTop' ? `${COLUMN_WORDS[column]} (%)` : COLUMN_WORDS[column];
}

function cellOf(row: ComparedRow, column: Column, { scale }: Shown, best: boolean): PaperCell {
  const value = row[column];
  if (value === null) return NOTHING;
  const write = scale === 'difference' && isOfChart(column) ? signedFigures : written(column);
  const bounds = isMeasure(column) ? row.intervals[column] : null;
  return { text: write(value), value, interval: intervalOf(bounds, write), best };
}

function intervalOf(of: Interval | null, write: (value: number) => string): PaperCell['interval'] {
  return of === null ? null : { text: [write(of[0]), write(of[1])], of };
}

interface Differences {
  readonly id: string;
  readonly head: string;
  cell(row: ComparedRow): PaperCell;
}

const WINDOW_WORDS = { nll: 'Δ NLL', hit: 'Δ accuracy', trajectory: 'Δ trajectory error' } as const;

/** How rows differ from the baseline on the same windows; null where windows are not kept. */
function differencesOf(rows: readonly ComparedRow[]): Differences | null {
  const base = rows.find((row) => row.baseline);
  const windows = base?.windows;
  if (!windows || rows.every((row) => row === base || row.windows === null)) return null;
  return {
    id: `${windows.of}_less_baseline`,
    head: WINDOW_WORDS[windows.of],
    cell(row) {
      const found = row === base || !row.windows ? null : differenceOf(row.windows, windows);
      if (!found) return NOTHING;
      const text = signedFigures(found.mean);
      return { text, value: found.mean, interval: intervalOf(found.interval, signedFigures), best: false };
    },
  };
}

function seedCell({ recipe }: RunResult): PaperCell {
  const { seed } = recipe.calibration;
  return Number.isFinite(seed) ? { text: String(seed), value: seed, interval: null, best: false } : NOTHING;
}

/** What full precision comes to itself, where the task has such a figure. */
function fullRow(result: RunResult, columns: readonly Column[], differences: boolean): PaperRow[] {
  const { fullPrecision } = result;
  const task = taskOf(figuresOf(result));
  if (!fullPrecision || task === 'diffusion') return [];
  const values = new Map<Column, number>();
  for (const id of MEASURES_OF[task] as readonly MeasureId[]) {
    const value = MEASURES[id].full?.(fullPrecision);
    if (typeof value === 'number' && Number.isFinite(value)) values.set(id, value);
  }
  if (values.size === 0) return [];
  const cells = columns.map((column): PaperCell => {
    const value = values.get(column);
    return value === undefined ? NOTHING : { text: written(column)(value), value, interval: null, best: false };
  });
  const beside = Array<PaperCell>(differences ? 2 : 1).fill(NOTHING);
  return [{ method: '', label: PAPER_WORDS.full, baseline: false, cells: [...cells, ...beside] }];
}

function notesOf(
  { plan, recipe, adapter, codeVersion, date }: RunResult,
  { metric, scale }: Shown,
  columns: readonly Column[],
  marked: boolean,
  differences: boolean,
): string[] {
  const baseline = baselineRow(plan.rows);
  const name = baseline ? (shortLabels(plan.rows).get(baseline.row) ?? baseline.label) : '';
  const { of } = METRIC_WORDS[metric];
  return [
    PAPER_WORDS.errorsOf(PAPER_SCALES[scale].of(of, name)),
    ...(columns.includes('fileBytes') ? [PAPER_WORDS.fileOf] : []),
    ...(differences ? [PAPER_WORDS.lessBaseline(name)] : []),
    PAPER_WORDS.intervals,
    marked ? PAPER_WORDS.marks : PAPER_WORDS.noMarks,
    PAPER_WORDS.seedOf(String(recipe.calibration.seed)),
    PAPER_WORDS.computedBy(codeVersion, adapter, date),
  ];
}
