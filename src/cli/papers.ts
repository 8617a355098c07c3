/** Papers by the names that the command line calls them. */
import { PAPERS, type Paper } from '../engine';
import { paperOf } from '../recipe/papers/table';
import { UsageError } from './exit-codes';

export function paperNamed(id: string): Paper {
  const paper = paperOf(id);
  if (!paper) throw new UsageError(`There is no paper "${id}": choose ${PAPERS.map((one) => one.id).join(', ')}.`);
  return paper;
}
