/**
 * The files of figures that a result can be written as, a line a format: what the page's menu offers and what `results --format` of the
 * command line knows. Pure functions of the result and of what is shown.
 */
import type { RunResult } from '../run/events';
import { csvText, resultsText } from '../run/figure-files';
import { bibtex } from './citations';
import type { Shown } from './compare';
import { drawingOf, type DrawnView } from './drawing';
import { drawingCsv } from './drawing-csv';
import { heatDrawing, heatSvg } from './drawing-heat';
import { paretoDrawing } from './drawing-pareto';
import { drawingPgfplots } from './drawing-pgfplots';
import { drawingSvg } from './drawing-svg';
import { svgMetadata } from './embedded';
import { htmlReport } from './html';
import { paperTable } from './table';
import { tableLatex } from './table-latex';
import { tableCsv, tableMarkdown } from './table-text';

export interface FigureFile {
  readonly name: string;
  readonly type: string;
  text(result: RunResult, shown: Shown, view?: DrawnView): string;
}

// oxfmt-ignore
export const FIGURE_FORMATS = [
  'latex', 'markdown', 'csv', 'bibtex', 'svg', 'pgfplots', 'points', 'heat-svg', 'heat-points',
  'pareto-svg', 'pareto-pgfplots', 'pareto-points', 'layers', 'html', 'results',
] as const;
export type FigureFormat = (typeof FIGURE_FORMATS)[number];

export const FIGURE_FILES: Readonly<Record<FigureFormat, FigureFile>> = {
  latex: {
    ...{ name: 'table.tex', type: 'application/x-tex' },
    text: (result, shown) => tableLatex(paperTable(result, shown)),
  },
  markdown: {
    ...{ name: 'table.md', type: 'text/markdown' },
    text: (result, shown) => tableMarkdown(paperTable(result, shown)),
  },
  csv: { ...{ name: 'table.csv', type: 'text/csv' }, text: (result, shown) => tableCsv(paperTable(result, shown)) },
  bibtex: { ...{ name: 'methods.bib', type: 'application/x-bibtex' }, text: (result) => bibtex(result) },
  svg: {
    ...{ name: 'figure.svg', type: 'image/svg+xml' },
    text: (result, shown, view) => drawingSvg(drawingOf(result, shown, view), { metadata: svgMetadata(result) }),
  },
  pgfplots: {
    ...{ name: 'figure.tex', type: 'application/x-tex' },
    text: (result, shown, view) => drawingPgfplots(drawingOf(result, shown, view)),
  },
  points: {
    ...{ name: 'figure.csv', type: 'text/csv' },
    text: (result, shown, view) => drawingCsv(drawingOf(result, shown, view)),
  },
  'heat-svg': {
    ...{ name: 'heat.svg', type: 'image/svg+xml' },
    text: (result, { metric }) => heatSvg(heatDrawing(result, metric), svgMetadata(result)),
  },
  'heat-points': {
    ...{ name: 'heat.csv', type: 'text/csv' },
    text: (result, { metric }) => drawingCsv(heatDrawing(result, metric)),
  },
  'pareto-svg': {
    ...{ name: 'pareto.svg', type: 'image/svg+xml' },
    text: (result, { metric }, view) =>
      drawingSvg(paretoDrawing(result, metric, view?.figure), { metadata: svgMetadata(result) }),
  },
  'pareto-pgfplots': {
    ...{ name: 'pareto.tex', type: 'application/x-tex' },
    text: (result, { metric }, view) => drawingPgfplots(paretoDrawing(result, metric, view?.figure)),
  },
  'pareto-points': {
    ...{ name: 'pareto.csv', type: 'text/csv' },
    text: (result, { metric }, view) => drawingCsv(paretoDrawing(result, metric, view?.figure)),
  },
  layers: { ...{ name: 'layers.csv', type: 'text/csv' }, text: (result) => csvText(result) },
  html: {
    ...{ name: 'report.html', type: 'text/html' },
    text: (result, shown, view) => htmlReport(result, shown, view),
  },
  results: { ...{ name: 'results.json', type: 'application/json' }, text: (result) => resultsText(result) },
};
