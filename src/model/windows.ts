/** Token windows: texts tokenized one by one, their ids strung together in order and cut to equal lengths; or random ids. */
import { Random } from '../base/random';
import { StudioError } from '../base/errors';
import type { TextTokenizer } from './tokenizer';

export interface Windows {
  /** windows · length ids. */
  readonly ids: Uint32Array<ArrayBuffer>;
  readonly windows: number;
  readonly length: number;
}

/**
 * The first `limit` windows of the texts' ids; what is left of the last window is dropped. There may be fewer than `limit`.
 * Throws QS-FILE-09 when there is not one.
 */
export function cutWindows(
  texts: Iterable<string>,
  tokenizer: Pick<TextTokenizer, 'encodeFirst'>,
  length: number,
  limit: number,
): Windows {
  const ids: number[] = [];
  let count = 0;
  for (const text of texts) {
    count++;
    for (const id of tokenizer.encodeFirst(text, limit * length - ids.length)) ids.push(id);
    if (ids.length >= limit * length) break;
  }
  const windows = Math.min(limit, Math.floor(ids.length / length));
  if (windows < 1) {
    throw new StudioError(
      'QS-FILE-09',
      count === 0
        ? 'The text is empty: choose one to calibrate with.'
        : `The text gives ${ids.length} tokens, and one window takes ${length}: add text or choose a shorter window.`,
      { texts: count, tokens: ids.length, length },
    );
  }
  return { ids: Uint32Array.from(ids.slice(0, windows * length)), windows, length };
}

/** Windows of uniform random ids: data-free calibration. */
export function randomWindows(vocabulary: number, windows: number, length: number, seed: number): Windows {
  const random = new Random(seed);
  const ids = Uint32Array.from({ length: windows * length }, () => random.integer(vocabulary));
  return { ids, windows, length };
}
