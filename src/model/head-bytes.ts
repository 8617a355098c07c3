/** What a language model's output head holds on the GPU, from its shape alone (ends.ts). */
import { poolBytes } from '../gpu/buffers';
import { padded } from '../tensor/tensor';
import { TILE_BYTES, tileRows } from './tiles';

/** Logits held at once; a large vocabulary makes them the widest activation by far. */
export const LOGIT_BYTES = 1 << 26;
/** F32 bytes of a head's table up to which it stays on the GPU. */
export const WHOLE_HEAD_BYTES = 2 ** 28;

export interface HeadBytes {
  /** Ids whose logits are there at once: the vocabulary, or a tile of it. */
  readonly width: number;
  /** Bytes of their rows. */
  readonly table: number;
  /** Rows of hidden states that they are multiplied with at once. */
  readonly rowsAtOnce: number;
}

export function headBytes(vocabulary: number, hidden: number): HeadBytes {
  const whole = vocabulary * hidden * 4 <= WHOLE_HEAD_BYTES;
  const width = whole ? vocabulary : Math.min(vocabulary, tileRows(hidden, TILE_BYTES));
  return { width, table: poolBytes(padded(width) * padded(hidden) * 4), rowsAtOnce: rowsOfLogits(width) };
}

/** Rows of logits, `width` ids each, that are a reasonable size. */
export function rowsOfLogits(width: number): number {
  return Math.max(8, Math.floor(LOGIT_BYTES / (padded(width) * 4 * 8)) * 8);
}
