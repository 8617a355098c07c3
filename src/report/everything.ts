/** All there is of a result in one archive: its recipe, figures, tables, citations, the results themselves, and weights where some are at hand. */
import type { RunResult } from '../run/events';
import type { Shown } from './compare';
import type { DrawnView } from './drawing';
import { FIGURE_FILES, type FigureFormat } from './files';
import { figuresOf } from './figures';
import { htmlReport } from './html';
import { availableMetrics } from './series';
import { zipOf, type ZipFile } from './zip';

/** Where each goes. */
const PLACES: Readonly<Record<FigureFormat, string>> = {
  html: '',
  results: '',
  latex: 'tables/',
  markdown: 'tables/',
  csv: 'tables/',
  layers: 'tables/',
  bibtex: 'tables/',
  svg: 'figures/',
  pgfplots: 'figures/',
  points: 'figures/',
  'heat-svg': 'figures/',
  'heat-points': 'figures/',
  'pareto-svg': 'figures/',
  'pareto-pgfplots': 'figures/',
  'pareto-points': 'figures/',
};

export interface Weights {
  /** Of which row and in which format, for the name of the folder: 'gptq-3-bit-gptq'. */
  readonly folder: string;
  readonly files: readonly ZipFile[];
}

export interface Asked {
  readonly shown: Shown;
  readonly view?: DrawnView;
  readonly lead?: string;
  /** The figure as a picture, where a browser drew it. */
  readonly png?: Blob | null;
  readonly weights?: Weights | null;
}

/** The files of the archive; its figures are of every error that the result has. */
export function everythingFiles(result: RunResult, { shown, view, lead, png, weights }: Asked): ZipFile[] {
  const file = (name: string, type: string, text: string): ZipFile => ({ name, blob: new Blob([text], { type }) });
  const formats = Object.keys(PLACES) as FigureFormat[];
  const named = formats.map((format) => {
    const { name, type, text } = FIGURE_FILES[format];
    const written = format === 'html' ? htmlReport(result, shown, view, lead) : text(result, shown, view);
    return file(`${PLACES[format]}${name}`, type, written);
  });
  const others = availableMetrics(figuresOf(result))
    .filter((metric) => metric !== shown.metric)
    .map((metric) =>
      file(`figures/${metric}.svg`, FIGURE_FILES.svg.type, FIGURE_FILES.svg.text(result, { ...shown, metric })),
    );
  return [
    ...named,
    file('recipe.json', 'application/json', `${JSON.stringify(result.recipe, null, 1)}\n`),
    ...others,
    ...(png ? [{ name: 'figures/figure.png', blob: png }] : []),
    ...(weights ? weights.files.map(({ name, blob }) => ({ name: `weights/${weights.folder}/${name}`, blob })) : []),
  ];
}

export function everything(result: RunResult, asked: Asked): Promise<Blob> {
  return zipOf(everythingFiles(result, asked));
}
