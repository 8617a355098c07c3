/** The words of the comparison's chart, and of the files that are written of it. */
import type { FigureFormat } from '../../report/files';
import { inLanguage } from '../language/in-language';

export const compareViewWords = {
  whyRatio: (baseline: string, near: string, pairs: string) =>
    `Shown as a ratio to ${baseline}: on an axis of absolute errors ${near} of ${pairs} neighbouring points would lie on one another. “Absolute” shows those.`,
};

export const figureFileWords = {
  /** Groups of the menu, in its order. */
  groups: {
    chart: 'This chart, as it is now',
    table: 'The table',
    all: 'All of it',
  },
  files: {
    svg: 'Figure (SVG), opens here again',
    png: 'Figure (PNG), opens here again',
    pgfplots: 'Figure for LaTeX (pgfplots)',
    points: 'Its points (CSV)',
    latex: 'LaTeX (booktabs)',
    markdown: 'Markdown',
    csv: 'Figures of the table (CSV)',
    bibtex: 'What to cite (BibTeX)',
    html: 'Report (HTML), opens here again',
    'heat-svg': 'SVG',
    'heat-points': 'CSV',
    'pareto-svg': 'SVG',
    'pareto-pgfplots': 'pgfplots',
    'pareto-points': 'CSV',
    layers: 'Errors (CSV)',
    results: 'Results (JSON)',
    zip: 'Everything (ZIP), without weights',
  } satisfies Record<FigureFormat | 'png' | 'zip', string>,
  withWeights: (row: string) => `Everything (ZIP), with the weights of ${row}`,
  /** Of a further view, beside it. */
  ofView: 'Download this view: SVG and PNG open here again',
  viewPng: 'PNG',
  noPicture: 'This browser could not draw the figure as a PNG. The SVG holds the same.',
};

export const sampleWords = {
  difference: 'Show differences',
  differenceHint:
    'Rows show how they differ from full precision: mid grey where they agree, lighter where they are brighter, four times as strong as it is.',
  zoom: 'Zoom',
  zoomed: (times: number) => `${times} times`,
};

await inLanguage({ compareViewWords, figureFileWords, sampleWords }, { 'zh-CN': () => import('./words.zh-CN') });
