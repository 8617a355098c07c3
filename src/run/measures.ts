/**
 * What a row comes to end to end, a line a figure: its words, which way is better, what it is compared with and how sure it is. Tables,
 * sentences and the command line read it; a new figure is a line here, and where it is measured.
 */
import type { ImageFigures, RowSummary, RunResult, Task } from './events';

export type MeasureId =
  | 'perplexity'
  | 'kl'
  | 'klMedian'
  | 'klTail'
  | 'sameTop'
  | 'accuracy'
  | 'prediction'
  | 'trajectory'
  | 'psnr'
  | 'ssim'
  | 'frechet';

/** What of a row's summary they are read from. */
export type Evaluated = Pick<RowSummary, 'perplexity' | 'kl'> &
  Partial<Pick<RowSummary, 'perplexityInterval' | 'divergence'>> & { readonly images?: Omit<ImageFigures, 'samples'> };

export interface Measure {
  /** Within a sentence. */
  readonly title: string;
  /** Null where a figure is a plain number or a share. */
  readonly unit: string | null;
  readonly better: 'lower' | 'higher';
  /** How it is written: how many figures of it say something. */
  readonly format: 'perplexity' | 'nats' | 'share' | 'error' | 'distance';
  /** 'full precision': what it is a difference from, which itself has none; null: full precision has such a figure too. */
  readonly comparesWith: 'full precision' | null;
  /** By what its 95 % interval comes; without one nothing is called best by it. */
  readonly interval: 'bootstrap' | 'wilson' | null;
  /** Whether each row that is evaluated has it; else it hangs on what is at hand, or on the studio that made the result. */
  readonly always: boolean;
  of(row: Evaluated): number | null | undefined;
  bounds?(row: Evaluated): readonly [low: number, high: number] | null | undefined;
  /** Of full precision itself, where it compares with nothing. */
  full?(full: NonNullable<RunResult['fullPrecision']>): number | null | undefined;
}

/** In the order in which a sentence tells them. */
export const MEASURES: Readonly<Record<MeasureId, Measure>> = {
  perplexity: {
    ...{ title: 'perplexity', unit: null, better: 'lower', format: 'perplexity' },
    ...{ comparesWith: null, interval: 'bootstrap', always: true },
    of: ({ perplexity }) => perplexity,
    bounds: ({ perplexityInterval }) => perplexityInterval,
    full: ({ perplexity }) => perplexity,
  },
  kl: {
    ...{ title: 'KL', unit: 'nats', better: 'lower', format: 'nats' },
    ...{ comparesWith: 'full precision', interval: 'bootstrap', always: true },
    of: ({ kl }) => kl,
    bounds: ({ divergence }) => divergence?.meanInterval,
  },
  klMedian: {
    ...{ title: 'median KL', unit: 'nats', better: 'lower', format: 'nats' },
    ...{ comparesWith: 'full precision', interval: 'bootstrap', always: false },
    of: ({ divergence }) => divergence?.median.value,
    bounds: ({ divergence }) => divergence?.median.interval,
  },
  klTail: {
    ...{ title: '99th percentile of KL', unit: 'nats', better: 'lower', format: 'nats' },
    ...{ comparesWith: 'full precision', interval: 'bootstrap', always: false },
    of: ({ divergence }) => divergence?.p99.value,
    bounds: ({ divergence }) => divergence?.p99.interval,
  },
  sameTop: {
    ...{ title: 'same top-1', unit: null, better: 'higher', format: 'share' },
    ...{ comparesWith: 'full precision', interval: 'bootstrap', always: false },
    of: ({ divergence }) => divergence?.sameTop.value,
    bounds: ({ divergence }) => divergence?.sameTop.interval,
  },
  accuracy: {
    ...{ title: 'accuracy', unit: null, better: 'higher', format: 'share' },
    ...{ comparesWith: null, interval: 'wilson', always: true },
    of: ({ images }) => images?.accuracy?.share,
    bounds: ({ images }) => images?.accuracy?.interval,
    full: ({ images }) => images?.accuracy?.share,
  },
  prediction: {
    ...{ title: 'noise error', unit: null, better: 'lower', format: 'error' },
    ...{ comparesWith: 'full precision', interval: null, always: true },
    of: ({ images }) => images?.prediction,
  },
  trajectory: {
    ...{ title: 'trajectory error', unit: null, better: 'lower', format: 'error' },
    ...{ comparesWith: 'full precision', interval: null, always: true },
    of: ({ images }) => images?.trajectory,
  },
  psnr: {
    ...{ title: 'PSNR', unit: 'dB', better: 'higher', format: 'distance' },
    ...{ comparesWith: 'full precision', interval: 'bootstrap', always: false },
    of: ({ images }) => images?.psnr?.value,
    bounds: ({ images }) => images?.psnr?.interval,
  },
  ssim: {
    ...{ title: 'SSIM', unit: null, better: 'higher', format: 'distance' },
    ...{ comparesWith: 'full precision', interval: 'bootstrap', always: false },
    of: ({ images }) => images?.ssim?.value,
    bounds: ({ images }) => images?.ssim?.interval,
  },
  frechet: {
    ...{ title: 'Fréchet distance', unit: null, better: 'lower', format: 'distance' },
    // Only with a classifier whose features images are compared by.
    ...{ comparesWith: 'full precision', interval: null, always: false },
    of: ({ images }) => images?.frechet?.distance,
  },
};

export const MEASURE_IDS = Object.keys(MEASURES) as MeasureId[];

/** What networks of each task come to, the figure to look at first. */
export const MEASURES_OF = {
  text: ['perplexity', 'kl', 'klMedian', 'klTail', 'sameTop'],
  classification: ['accuracy', 'kl', 'klMedian', 'klTail', 'sameTop'],
  diffusion: ['prediction', 'trajectory', 'psnr', 'ssim', 'frechet'],
} as const satisfies Record<Task, readonly MeasureId[]>;

export function isMeasure(id: string): id is MeasureId {
  return Object.hasOwn(MEASURES, id);
}

/** One value a measure. */
export function byMeasure<T>(value: (measure: Measure, id: MeasureId) => T): Record<MeasureId, T> {
  return Object.fromEntries(MEASURE_IDS.map((id) => [id, value(MEASURES[id], id)])) as Record<MeasureId, T>;
}
