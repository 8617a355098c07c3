/**
 * Everything that the studio reads from outside, as kinds of damaged input: one line each with its share of the cases. `npm test` runs ten
 * thousand of them, scripts/fuzz.mjs as many as it is asked for.
 */
import { archiveKinds } from './archive-kinds';
import { folderKinds } from './folder-kinds';
import { layerKinds } from './layer-kinds';
import { pageKinds } from './page-kinds';
import type { FuzzKind } from './kind';

export async function fuzzKinds(): Promise<readonly FuzzKind[]> {
  const lists = await Promise.all([archiveKinds(), folderKinds(), layerKinds(), pageKinds()]);
  return lists.flat();
}

/** The number of a kind's cases when all kinds together have `cases`. */
export function casesOf(kinds: readonly FuzzKind[], kind: FuzzKind, cases: number): number {
  const all = kinds.reduce((sum, { share }) => sum + share, 0);
  return Math.ceil((cases * kind.share) / all);
}
