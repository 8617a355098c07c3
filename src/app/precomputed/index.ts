/**
 * The sample's comparison, computed beforehand by the command line and built into the page, so that there is something to read at
 * the first paint and without a GPU. Its recipe is the one that "Run it on this GPU" runs.
 */
import type { RunResult } from '../../run/events';
import sample from './sample-run.json';

/** Set only in the stand-in that was there before the first real run. */
const { placeholder = false, ...result } = sample as unknown as RunResult & { placeholder?: boolean };

/** Which of the bundled samples it is of. */
export const PRECOMPUTED_SAMPLE = 'stories-1m';
export const PRECOMPUTED_ID = 'sample';
export const precomputed: RunResult = result;
export const isPlaceholder = placeholder;
