/** Cases of the kinds, one after another: counts by outcome, and what went wrong with the seed that does it again. */
import { isStudioError } from '../../base/errors';
import { Random } from '../../base/random';
import type { FuzzKind } from './kind';

export interface FuzzFault {
  readonly kind: string;
  readonly seed: number;
  readonly index: number;
  readonly what: string;
}

export interface FuzzCount {
  readonly kind: string;
  taken: number;
  refused: number;
  /** Refusals by code. */
  readonly codes: Record<string, number>;
  slowest: number;
  readonly faults: FuzzFault[];
}

/** What a sentence may at most be. */
const LONGEST_SENTENCE = 1000;

/** The generator of one case: the same for the same seed, kind and number, whatever runs before it. */
export function caseRandom(seed: number, kind: string, index: number): Random {
  let hash = 2166136261 ^ seed;
  for (const character of `${kind}/${index}`) hash = Math.imul(hash ^ character.charCodeAt(0), 16777619);
  return new Random(hash >>> 0);
}

/** Runs one case; null: nothing went wrong. */
export async function runCase(kind: FuzzKind, seed: number, index: number, count: FuzzCount): Promise<string | null> {
  const work = kind.make(caseRandom(seed, kind.name, index));
  try {
    await work();
    count.taken++;
    return null;
  } catch (error) {
    if (!isStudioError(error))
      return error instanceof Error
        ? `${error.name}: ${error.message.slice(0, 300)}\n${error.stack?.split('\n').slice(1, 4).join('\n')}`
        : String(error);
    count.refused++;
    count.codes[error.code] = (count.codes[error.code] ?? 0) + 1;
    if (error.code === 'QS-APP-01') return `a fault of our own: ${error.message.slice(0, 300)}`;
    if (error.message.length > LONGEST_SENTENCE)
      return `a sentence of ${error.message.length} characters: ${error.message.slice(0, 200)}`;
    if (/[\n\r]/.test(error.message))
      return `a sentence of several lines: ${JSON.stringify(error.message.slice(0, 200))}`;
    return null;
  }
}

export interface FuzzOptions {
  readonly seed: number;
  readonly first?: number;
  readonly cases: number;
  /** Milliseconds that an answer may take; what the clock finds slower is done again by processor time, which others do not take. */
  readonly slow?: number;
  /** Called before each case. */
  readonly onCase?: (index: number) => void;
}

/** Milliseconds of the processor that a case takes when it is done again. */
async function processorTime(kind: FuzzKind, seed: number, index: number): Promise<number> {
  const begun = process.cpuUsage();
  await runCase(kind, seed, index, { kind: kind.name, taken: 0, refused: 0, codes: {}, slowest: 0, faults: [] });
  const { user, system } = process.cpuUsage(begun);
  return (user + system) / 1000;
}

export async function runKind(
  kind: FuzzKind,
  { seed, first = 0, cases, slow, onCase }: FuzzOptions,
): Promise<FuzzCount> {
  const count: FuzzCount = { kind: kind.name, taken: 0, refused: 0, codes: {}, slowest: 0, faults: [] };
  for (let index = first; index < first + cases; index++) {
    onCase?.(index);
    const begun = performance.now();
    let what = await runCase(kind, seed, index, count);
    let took = performance.now() - begun;
    if (slow !== undefined && took > slow) took = await processorTime(kind, seed, index);
    count.slowest = Math.max(count.slowest, took);
    if (slow !== undefined && took > slow) what ??= `an answer took ${took.toFixed(0)} ms`;
    if (what !== null) count.faults.push({ kind: kind.name, seed, index, what });
  }
  return count;
}
