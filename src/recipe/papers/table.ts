/** All papers, family by family. */
import { EIGHT_BIT } from './eight-bit';
import type { Paper } from './paper';
import { ROTATED } from './rotated';

export const PAPERS: readonly Paper[] = [...ROTATED, ...EIGHT_BIT];

/** Null where there is no such paper, which a recipe of another version may name. */
export function paperOf(id: string | undefined): Paper | null {
  return PAPERS.find((paper) => paper.id === id) ?? null;
}
