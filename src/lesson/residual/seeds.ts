/** Every method on every seed's cut, one seed after another, so that whoever asks can do something else between. */
import { cutOf, SEEDS } from '../cut';
import type { LayerPiece } from '../layer-data';
import { LESSON_METHODS, METHOD_IDS, type LessonMethod } from './methods';
import { problemOf } from './problem';
import { traceOf, type Settings, type Trace } from './trace';

export type SeedErrors = Readonly<Record<LessonMethod, Trace['final']>>;
export type SeedSettings = Pick<Settings, 'bits' | 'group' | 'alpha' | 'alpha2'>;

export function* seedErrors(piece: LayerPiece, settings: SeedSettings): Generator<SeedErrors> {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const problem = problemOf(cutOf(piece, seed));
    yield Object.fromEntries(
      METHOD_IDS.map((id) => [id, traceOf(problem, { ...settings, ...LESSON_METHODS[id] }).final]),
    ) as SeedErrors;
  }
}

export type Tokens = keyof Trace['final'];

/** In how many of the seeds the first method ends below the second. */
export function seedsBelow(
  errors: readonly SeedErrors[],
  tokens: Tokens,
  first: LessonMethod,
  second: LessonMethod,
): number {
  return errors.filter((one) => one[first][tokens] < one[second][tokens]).length;
}

export function medianOf(errors: readonly SeedErrors[], tokens: Tokens, method: LessonMethod): number {
  const sorted = errors.map((one) => one[method][tokens]).sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
