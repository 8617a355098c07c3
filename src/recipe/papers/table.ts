/** All papers, family by family. */
import { BRANCHED } from './branched';
import { CACHED } from './cached';
import { EIGHT_BIT } from './eight-bit';
import { LEARNED } from './learned';
import { MIXED } from './mixed';
import type { Paper } from './paper';
import { ROTATED } from './rotated';
import { SAMPLED } from './sampled';
import { ROUNDED } from './rounded';
import { SCALED } from './scaled';
import { SEEN } from './seen';

export const PAPERS: readonly Paper[] = [
  ...ROTATED,
  ...LEARNED,
  ...SCALED,
  ...EIGHT_BIT,
  ...SEEN,
  ...CACHED,
  ...BRANCHED,
  ...MIXED,
  ...SAMPLED,
  ...ROUNDED,
];

/** Null where there is no such paper, which a recipe of another version may name. */
export function paperOf(id: string | undefined): Paper | null {
  return PAPERS.find((paper) => paper.id === id) ?? null;
}
