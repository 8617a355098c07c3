/** The words of a chart inside another page. */
import { inLanguage } from '../language/in-language';

export const embed = {
  open: 'Open in the studio',
  caption: (model: string) => `Error of each layer of ${model}, row by row`,
  source: (adapter: string, date: string) => `The author’s figures, computed ${date} on ${adapter}; not computed here.`,
  noFigures: (recipe: string) => `This link holds a recipe and no figures: ${recipe}.`,
  damaged: 'This link is damaged or from a newer version.',
};

await inLanguage({ embed }, { 'zh-CN': () => import('./words.zh-CN') });
