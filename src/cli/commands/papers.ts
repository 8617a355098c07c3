/** `papers`: the systems of papers that are there as rows, for a model or for any. */
import { describeCheckpoint, labelOf, openCheckpoint, PAPERS, refusalOf, rowOfPaper } from '../../engine';
import type { Command } from '../command';
import { sourcesOf } from '../folder-source';
import { wrapped } from '../help';
import { paperNamed } from '../papers';

type Listed = ReturnType<typeof listed>;

export const papers: Command = {
  name: 'papers',
  usage: ['[MODEL]'],
  summary: 'list the systems of papers that quantize --paper knows',
  about:
    'Lists the systems of papers that quantize --paper knows, with how far each is from its paper and its steps; with a model (its folder ' +
    'or file), those that the model can have, with the steps that they are for it.',
  words: 1,
  flags: {},
  async run({ words }) {
    const [model] = words;
    if (!model) return PAPERS.map((paper) => listed(paper, null));
    const { facts } = describeCheckpoint(await openCheckpoint(await sourcesOf(model)));
    if (facts === null) return [];
    return PAPERS.filter((paper) => refusalOf(paper, facts) === null).map((paper) => listed(paper, facts));
  },
  describe(found: readonly Listed[]) {
    if (found.length === 0) return 'No paper is for this model.';
    return found
      .map(({ id, title, fidelity, steps }) => {
        const { why, fidelity: own, citation } = paperNamed(id);
        const text = `${why} ${own.why} ${citation.text}`;
        const label = labelOf({ steps });
        return [
          `${id.padEnd(14)}${title} (${fidelity}): ${label}`,
          ...wrapped(text, 64).map((line) => `${' '.repeat(14)}${line}`),
        ].join('\n');
      })
      .join('\n\n');
  },
};

function listed(paper: (typeof PAPERS)[number], facts: Parameters<typeof rowOfPaper>[1]) {
  const { id, title, fidelity } = paper;
  return { id, title, fidelity: fidelity.label, steps: rowOfPaper(paper, facts).steps };
}
