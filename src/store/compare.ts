/** The comparison table: what each row of a run came to, sorted as asked, with the best value of each column found, not assumed. */
import type { LayerResult, RowSummary, Task } from '../run/events';
import type { WeightFormat } from '../run/formats';
import type { RunFigures } from './run-view';
import { baselineRow, shortLabels } from './series';

export interface ComparedRow {
  readonly row: number;
  readonly method: string;
  readonly label: string;
  readonly short: string;
  readonly baseline: boolean;
  readonly bitsPerWeight: number;
  /** Relative layer error (held-out output, or weight in a weight-only run): mean, and the worst. Null before the first layer. */
  readonly meanError: number | null;
  readonly worstError: number | null;
  readonly worstLayer: string | null;
  readonly perplexity: number | null;
  readonly perplexityInterval: readonly [number, number] | null;
  readonly kl: number | null;
  /** Of classifiers: the share of held-out images told right, with its interval. */
  readonly accuracy: number | null;
  readonly accuracyInterval: readonly [number, number] | null;
  /** Of diffusion networks, against full precision. */
  readonly prediction: number | null;
  readonly trajectory: number | null;
  readonly frechet: number | null;
  /** What perplexity, KL and accuracy are means over: predicted tokens, or images. */
  readonly tokens: number | null;
  readonly milliseconds: number | null;
  readonly finishedLayers: number;
  /** Export formats that are ruled out, with the reason. */
  readonly refusals: Partial<Record<WeightFormat, string>>;
  /** Layers that needed more than was asked: retried, or rounded. */
  readonly marked: number;
}

const FIRST_COLUMNS = ['bitsPerWeight', 'meanError', 'worstError'] as const;

/** The columns of each task, in the table's order. */
const COLUMNS = {
  text: [...FIRST_COLUMNS, 'perplexity', 'kl', 'tokens', 'milliseconds'],
  classification: [...FIRST_COLUMNS, 'accuracy', 'kl', 'tokens', 'milliseconds'],
  diffusion: [...FIRST_COLUMNS, 'prediction', 'trajectory', 'frechet', 'milliseconds'],
} as const satisfies Record<Task, readonly (keyof ComparedRow)[]>;

export type Column = (typeof COLUMNS)[Task][number];

/** The best of a column where being best says something about the method. */
const JUDGED: Readonly<Partial<Record<Column, (...values: number[]) => number>>> = {
  meanError: Math.min,
  worstError: Math.min,
  perplexity: Math.min,
  kl: Math.min,
  accuracy: Math.max,
  prediction: Math.min,
  trajectory: Math.min,
  frechet: Math.min,
};

/** What the compared network is for. Figures that do not say are of text, as all were once. */
export function taskOf({ plan }: RunFigures): Task {
  return plan?.task ?? 'text';
}

export function columnsOf(figures: RunFigures): readonly Column[] {
  return COLUMNS[taskOf(figures)];
}

export function compareRows(figures: RunFigures): ComparedRow[] {
  const { plan } = figures;
  if (!plan) return [];
  const shorts = shortLabels(plan.rows);
  const baseline = baselineRow(plan.rows);
  return plan.rows.map((planned) => {
    const layers = figures.layers.filter((layer) => layer.row === planned.row);
    const summary = figures.rows.find((one) => one.row === planned.row);
    return {
      row: planned.row,
      method: planned.method,
      label: planned.label,
      short: shorts.get(planned.row) ?? planned.label,
      baseline: planned.row === baseline?.row,
      bitsPerWeight: summary?.bitsPerWeight ?? planned.bitsPerWeight,
      ...errorsOf(summary, layers, (index) => plan.layers[index]?.name ?? null),
      perplexity: summary?.perplexity ?? null,
      perplexityInterval: summary?.perplexityInterval ?? null,
      kl: summary?.kl ?? null,
      accuracy: summary?.images?.accuracy?.share ?? null,
      accuracyInterval: summary?.images?.accuracy?.interval ?? null,
      prediction: summary?.images?.prediction ?? null,
      trajectory: summary?.images?.trajectory ?? null,
      frechet: summary?.images?.frechet?.distance ?? null,
      tokens: summary && (summary.perplexity ?? summary.kl) !== null ? summary.tokens : null,
      milliseconds: summary?.milliseconds ?? sum(layers.map((layer) => layer.milliseconds)),
      finishedLayers: layers.length,
      refusals: planned.refusals ?? {},
      marked: layers.filter((layer) => layer.status !== 'done').length,
    };
  });
}

/**
 * A row that was not evaluated (a cancelled run) still has its layers, and the same figure is computed from them: the output error
 * on held-out tokens, or the weight error where there were no activations.
 */
function errorsOf(
  summary: RowSummary | undefined,
  layers: readonly LayerResult[],
  nameOf: (index: number) => string | null,
): Pick<ComparedRow, 'meanError' | 'worstError' | 'worstLayer'> {
  if (summary) {
    const { meanError, worstError, worstLayer } = summary;
    return { meanError, worstError, worstLayer: worstLayer === null ? null : nameOf(worstLayer) };
  }
  // A layer whose data say nothing has no error, and is no part of a mean.
  const known = layers.flatMap(({ name, errors }) => {
    const error = errors.heldOutOutput ?? errors.weight;
    return error === null ? [] : [{ name, error }];
  });
  if (known.length === 0) return { meanError: null, worstError: null, worstLayer: null };
  const worst = known.reduce((a, b) => (b.error > a.error ? b : a));
  const total = sum(known.map(({ error }) => error)) ?? 0;
  return { meanError: total / known.length, worstError: worst.error, worstLayer: worst.name };
}

function sum(values: readonly number[]): number | null {
  return values.length === 0 ? null : values.reduce((total, value) => total + value, 0);
}

export interface Sorting {
  readonly column: Column | null;
  readonly descending: boolean;
}

/** Sorted rows; without a column in the recipe's order. Rows without a value come last either way. */
export function sortRows(rows: readonly ComparedRow[], { column, descending }: Sorting): ComparedRow[] {
  if (column === null) return [...rows];
  const sign = descending ? -1 : 1;
  return rows.toSorted((a, b) => {
    const [x, y] = [a[column], b[column]];
    if (x === null || y === null) return Number(x === null) - Number(y === null);
    return sign * (x - y);
  });
}

/** The best value of each judged column; none where fewer than two rows have one, since then nothing has been compared. */
export function bestValues(rows: readonly ComparedRow[]): Readonly<Partial<Record<Column, number>>> {
  const best: Partial<Record<Column, number>> = {};
  for (const [column, choose] of Object.entries(JUDGED) as [Column, (...values: number[]) => number][]) {
    // A row that came out as NaN has no best value, and takes nobody else's away.
    const values = rows.map((row) => row[column] ?? NaN).filter(Number.isFinite);
    if (values.length > 1) best[column] = choose(...values);
  }
  return best;
}
