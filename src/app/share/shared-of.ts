/** What sharing a run means: its recipe where this version can run it, its figures, and the sample that it is of. */
import type { RunSource } from '../run-source';
import { PRECOMPUTED_SAMPLE } from '../precomputed';
import { SAMPLES, sampleKey } from '../../store/samples';
import type { Shared } from './shared-parts';

export function sharedOf({ kind, recipe, result, live, stored }: RunSource): Shared {
  const key = live?.modelKey ?? stored?.modelKey ?? null;
  const sample = kind === 'sample' ? PRECOMPUTED_SAMPLE : SAMPLES.find((one) => sampleKey(one) === key)?.id;
  // A results file of another version may name steps that are not known here: then it has no rows.
  return { recipe: recipe.rows.length > 0 ? recipe : null, result, sample: sample ?? null };
}
