/**
 * The chart by keyboard: a cursor on a line's point, moved by keys. Pure, so that each key can be tested; the component speaks what
 * it returns and draws the cursor.
 */
import type { ChartLine } from './model';

export interface Cursor {
  /** Index of the line. */
  readonly line: number;
  /** The point's place along x. */
  readonly x: number;
}

export interface ReaderState {
  readonly cursor: Cursor | null;
  readonly pinned: boolean;
}

export const NO_READER: ReaderState = { cursor: null, pinned: false };

export type Spoken = 'point' | 'pinned' | 'unpinned' | 'summary' | 'table' | 'left' | 'empty';

/** The state after a key, and what is to be said; null for keys that are not the reader's. */
export function pressKey(
  lines: readonly ChartLine[],
  state: ReaderState,
  key: string,
): { readonly state: ReaderState; readonly say: Spoken } | null {
  switch (key) {
    case 's':
    case 'S':
      return { state, say: 'summary' };
    case 't':
    case 'T':
      return { state, say: 'table' };
    case 'Escape':
      return state.cursor === null ? null : { state: NO_READER, say: 'left' };
    case 'Enter':
      if (state.cursor === null) return null;
      return { state: { ...state, pinned: !state.pinned }, say: state.pinned ? 'unpinned' : 'pinned' };
  }
  const move = MOVES[key];
  if (!move) return null;
  const filled = lines.flatMap((line, index) => (line.points.length > 0 ? [index] : []));
  if (filled.length === 0) return { state, say: 'empty' };
  // The first key only shows where the cursor is.
  const cursor = state.cursor ?? null;
  if (cursor === null || !filled.includes(cursor.line)) {
    const line = filled[0];
    return { state: { ...state, cursor: { line, x: lines[line].points[0].x } }, say: 'point' };
  }
  return { state: { ...state, cursor: move(lines, filled, cursor) }, say: 'point' };
}

/** The state after a click or a tap at a place: pinned there, or let go where it was pinned. `line` is the nearest line's index. */
export function pressPlace(state: ReaderState, line: number, x: number): { state: ReaderState; say: Spoken } {
  if (state.pinned && state.cursor?.x === x) return { state: NO_READER, say: 'unpinned' };
  return { state: { cursor: { line, x }, pinned: true }, say: 'pinned' };
}

type Move = (lines: readonly ChartLine[], filled: readonly number[], cursor: Cursor) => Cursor;

const along =
  (by: (index: number, last: number) => number): Move =>
  (lines, _filled, { line, x }) => {
    const { points } = lines[line];
    const last = points.length - 1;
    const index = Math.max(0, Math.min(last, by(nearest(points, x), last)));
    return { line, x: points[index].x };
  };

const across =
  (by: 1 | -1): Move =>
  (lines, filled, { line, x }) => {
    const next = filled[(filled.indexOf(line) + by + filled.length) % filled.length];
    const { points } = lines[next];
    return { line: next, x: points[nearest(points, x)].x };
  };

const MOVES: Readonly<Record<string, Move>> = {
  ArrowRight: along((index) => index + 1),
  ArrowLeft: along((index) => index - 1),
  PageDown: along((index) => index + 10),
  PageUp: along((index) => index - 10),
  Home: along(() => 0),
  End: along((_, last) => last),
  ArrowDown: across(1),
  ArrowUp: across(-1),
};

function nearest(points: ChartLine['points'], x: number): number {
  let best = 0;
  points.forEach((point, i) => {
    if (Math.abs(point.x - x) < Math.abs(points[best].x - x)) best = i;
  });
  return best;
}
