/** How a plan's coverage is told on the page: which share of the weights is quantized, and what is left as it is. */
import type { Coverage } from '../run/events';
import * as format from './format';
import { inLanguage } from './language/in-language';

export const coverageWords = {
  title: 'Quantized',
  file: 'whole file',
  fileHelp: 'Bits per weight of the whole file: quantized layers, and everything else at the width of the source.',
  /** '84 % of 116,864 weights'. */
  share: (of: Coverage) => `${shareOf(of)} of ${format.integer(of.weights)} weights`,
  /** 'embeddings 6,336, norms 320'. */
  left: ({ left }: Coverage) => left.map(({ what, weights }) => `${what} ${format.integer(weights)}`).join(', '),
  bitsOf: (of: Coverage) =>
    of.left.length === 0
      ? 'Bits per weight are of all weights.'
      : `Bits per weight are of the ${shareOf(of)} of the weights that are quantized; left as they are: ${coverageWords.left(of)}.`,
};

/** Rounded so that what is not all is never shown as all. */
function shareOf({ quantized, weights }: Coverage): string {
  const share = quantized / weights;
  return format.fineShare(quantized < weights ? Math.min(share, 0.9999) : share);
}

await inLanguage({ coverageWords }, { 'zh-CN': () => import('./language/first.zh-CN') });
