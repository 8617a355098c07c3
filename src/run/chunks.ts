/** A run's windows, and the chunks that they go through a network in. */
import type { Geometry } from '../model/architecture';

/** One of the two sets of windows. */
export interface WindowSet {
  readonly windows: number;
  /** Rows of hidden states a window has: tokens of a text, patches of an image. */
  readonly length: number;
  /** '16 windows of calibration.jsonl'. */
  readonly label: string;
  /** As in Geometry, one a window. */
  readonly calls?: readonly number[];
}

export interface Chunk {
  readonly geometry: Geometry;
  readonly heldOut: boolean;
  /** Its first window's number in its set. */
  readonly first: number;
}

/** Cuts the two sets into chunks of at most `tokens` tokens, whole windows each. */
export function chunksOf(
  { calibration, heldOut }: { readonly calibration: WindowSet; readonly heldOut: WindowSet },
  tokens: number,
): Chunk[] {
  const cut = ({ windows, length, calls }: WindowSet, isHeldOut: boolean) => {
    const each = Math.max(1, Math.floor(tokens / length));
    return Array.from({ length: Math.ceil(windows / each) }, (_, i): Chunk => {
      const first = i * each;
      const geometry = { windows: Math.min(each, windows - first), length, calls: calls?.slice(first, first + each) };
      return { geometry, heldOut: isHeldOut, first };
    });
  };
  return [...cut(calibration, false), ...cut(heldOut, true)];
}
