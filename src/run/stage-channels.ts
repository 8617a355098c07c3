/**
 * How large the channels of a stage's input are, in every view's full-precision stream: what transforms make of outliers. Bounded: a picture
 * of at most 256 places a stage, fewer where a run has very many stages and views, and a sample of the tokens for percentiles.
 *
 * Looks at streams that are there anyway and changes nothing; a resumed run sees the same taps, and tells the same.
 */
import { columnQuantiles } from '../numerics/quantiles';
import { sliceRows } from '../tensor/embedding';
import { ColumnObserver } from '../tensor/observers';
import type { Tensor } from '../tensor/tensor';
import type { Chunk } from './chunks';
import type { StageChannels, ViewChannels } from './events';
import type { ActivationRun } from './prepared-run';
import type { StreamStates } from './stream-states';
import type { RunView } from './views';

/** Places of one picture. */
const MOST_PLACES = 256;
const FEWEST_PLACES = 16;
/** Numbers in a results file, about: 2 MB of text. */
const MOST_NUMBERS = 1 << 18;
/** Of a sample: tokens, and values that are read back (4 MiB). */
const SAMPLE_TOKENS = 512;
const SAMPLE_VALUES = 1 << 20;
const MOST = 0.99;

interface Seen {
  readonly states: StreamStates;
  readonly chunks: readonly Chunk[];
  /** Of a picture, at most. */
  readonly places: number;
}

/** Places that a stage's picture may have, so that those of a whole run stay small. */
export function mostPlaces({ subject, views }: Pick<ActivationRun, 'subject' | 'views'>): number {
  const stages = subject.network.blocks.reduce((sum, block) => sum + block.stages.length, 0);
  const share = Math.floor(MOST_NUMBERS / (2 * Math.max(1, stages * views.length)));
  return Math.min(MOST_PLACES, Math.max(FEWEST_PLACES, share));
}

/** Of the stage whose taps the streams hold, as its layers read them. */
export async function stageChannels(
  seen: Seen,
  views: readonly { readonly view: RunView; readonly rows: readonly { readonly row: number }[] }[],
): Promise<Pick<StageChannels, 'channels' | 'views'>> {
  const found: ViewChannels[] = [];
  let channels = 0;
  for (const { view, rows } of views) {
    const { cols, peaks, most, rms } = await streamChannels(seen, view.index);
    channels = cols;
    const together = (values: ArrayLike<number>) => placesOf(values, seen.places);
    found.push({
      ...{ label: view.label, rows: rows.map(({ row }) => row) },
      ...{ peaks: together(peaks), most: together(most), rms: rounded(rms) },
    });
  }
  return { channels, views: found };
}

/** The largest of channels that stand together, as many each time; rounded, as pictures need. */
export function placesOf(values: ArrayLike<number>, atMost: number): (number | null)[] {
  const width = Math.ceil(values.length / atMost);
  return Array.from({ length: Math.ceil(values.length / width) }, (_, place) => {
    let largest = 0;
    // NaN stays.
    for (let i = place * width; i < Math.min((place + 1) * width, values.length); i++) {
      if (!(values[i] <= largest)) largest = values[i];
      if (Number.isNaN(largest)) break;
    }
    return rounded(largest);
  });
}

async function streamChannels({ states, chunks }: Seen, stream: number) {
  const calibration = [...chunks.entries()].filter(([, { heldOut }]) => !heldOut);
  const observer = new ColumnObserver();
  const parts: Tensor[] = [];
  try {
    for (const [i, [c]] of calibration.entries()) {
      states.peekTap(stream, c, (x) => {
        observer.add(x);
        const part = sampled(x, i, calibration.length);
        if (part) parts.push(part);
      });
    }
    const [figures, ...read] = await Promise.all([observer.read(), ...parts.map((part) => part.read())]);
    const cols = figures.peak.length;
    const tokens = read.reduce((sum, values) => sum + values.length, 0) / cols;
    const sizes = new Float64Array(tokens * cols);
    let at = 0;
    for (const values of read) for (const value of values) sizes[at++] = Math.abs(value);
    const quantiles = columnQuantiles(sizes, tokens, cols, 1, [MOST, MOST]);
    const square = figures.meanSquare.reduce((sum, value) => sum + value, 0) / cols;
    return { cols, peaks: figures.peak, most: quantiles.subarray(0, cols), rms: Math.sqrt(square) };
  } finally {
    observer.release();
    for (const part of parts) part.release();
  }
}

/** Tokens out of the middle of a chunk, the `i`th of `count`; null once there are enough. */
function sampled(x: Tensor, i: number, count: number): Tensor | null {
  const tokens = Math.max(1, Math.min(SAMPLE_TOKENS, Math.floor(SAMPLE_VALUES / x.cols)));
  const each = Math.max(1, Math.ceil(tokens / count));
  const left = Math.min(each, tokens - i * each, x.rows);
  return left < 1 ? null : sliceRows(x, Math.floor((x.rows - left) / 2), left);
}

/** To three figures, as pictures need; null where it is no finite number. */
function rounded(value: number): number | null {
  return Number.isFinite(value) ? Number(value.toPrecision(3)) : null;
}
