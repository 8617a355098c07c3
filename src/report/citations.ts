/** BibTeX of what a result used: its methods, the steps of its rows, and the papers that rows were set from, each work once. */
import { PAPERS } from '../recipe/papers/table';
import type { RunResult } from '../run/events';
import type { Citation } from '../step/face';
import { STEP_FACES } from '../step/faces';
import { texComment } from './escape';

/** What a step or a paper of a row is, and what it cites. */
export interface Cited {
  readonly title: string;
  readonly citation: Citation;
}

/** In the order of the rows; of methods and steps that this version does not know there is nothing to cite. */
export function citedBy({ plan, recipe }: Pick<RunResult, 'plan' | 'recipe'>): Cited[] {
  const steps = [
    ...plan.rows.map(({ method }) => method),
    ...recipe.rows.flatMap((row) => row.steps.map((one) => one.step)),
  ];
  const papers = new Set(recipe.rows.flatMap(({ paper }) => (paper === undefined ? [] : [paper])));
  const ids = [...new Set<string>(steps)];
  return [
    ...ids.flatMap((id) => (Object.hasOwn(STEP_FACES, id) ? [STEP_FACES[id as keyof typeof STEP_FACES]] : [])),
    ...PAPERS.filter(({ id }) => papers.has(id)),
  ].map(({ title, citation }) => ({ title, citation }));
}

export function bibtex(result: Pick<RunResult, 'plan' | 'recipe'>): string {
  const cited = citedBy(result);
  const entries = new Map<string, string[]>();
  const none: string[] = [];
  for (const { title, citation } of cited) {
    if (citation.bibtex === '') none.push(title);
    else entries.set(citation.bibtex, [...(entries.get(citation.bibtex) ?? []), title]);
  }
  const parts = [...entries].map(
    ([entry, titles]) => `${texComment([...new Set(titles)].join(', '))}\n${laidOut(entry)}\n`,
  );
  const rest =
    none.length > 0 ? [`${texComment(`Without a publication to cite: ${[...new Set(none)].join(', ')}`)}\n`] : [];
  return [...parts, ...rest].join('\n');
}

/** One field a line. Fields of our own citations are in braces, which hold no unbalanced ones. */
function laidOut(entry: string): string {
  const open = entry.indexOf(',');
  if (open === -1 || !entry.endsWith('}')) return entry;
  const fields: string[] = [];
  let depth = 0;
  let field = '';
  for (const letter of entry.slice(open + 1, -1)) {
    if (letter === ',' && depth === 0) {
      fields.push(field);
      field = '';
      continue;
    }
    if (letter === '{') depth++;
    if (letter === '}') depth--;
    field += letter;
  }
  fields.push(field);
  const lines = fields.map((one) => one.trim()).filter((one) => one !== '');
  return `${entry.slice(0, open)},\n${lines.map((one) => `  ${one}`).join(',\n')}\n}`;
}
