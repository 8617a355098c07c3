/** The files of a further view, beside it: exactly what it draws. */
import { useState } from 'react';
import { drawingSvg } from '../../report/drawing-svg';
import { heatDrawing, heatSvg } from '../../report/drawing-heat';
import { paretoDrawing } from '../../report/drawing-pareto';
import { FIGURE_FILES, type FigureFormat } from '../../report/files';
import type { ParetoFigure } from '../../report/pareto-figures';
import type { Metric } from '../../report/series';
import type { RunResult } from '../../run/events';
import { download } from '../clipboard';
import { Button } from '../parts/button';
import { figurePng } from './figure-png';
import { figureFileWords as say } from './words';
import styles from './more-views.module.css';

/** What is shown of a view. */
export interface ViewShown {
  readonly metric: Metric;
  /** Of bits against a figure. */
  readonly figure?: ParetoFigure;
}

interface ViewFileTable {
  readonly formats: readonly FigureFormat[];
  /** Of the PNG. */
  readonly name: string;
  /** What it is drawn from: without the result, which the PNG has itself. */
  svg(result: RunResult, shown: ViewShown): string;
}

export const VIEW_FILES = {
  heat: {
    formats: ['heat-svg', 'heat-points'],
    name: 'heat.png',
    svg: (result, { metric }) => heatSvg(heatDrawing(result, metric)),
  },
  bits: {
    formats: ['pareto-svg', 'pareto-pgfplots', 'pareto-points'],
    name: 'pareto.png',
    svg: (result, { metric, figure }) => drawingSvg(paretoDrawing(result, metric, figure)),
  },
} as const satisfies Record<string, ViewFileTable>;

interface ViewFilesProps {
  view: keyof typeof VIEW_FILES;
  result: RunResult;
  shown: ViewShown;
}

export function ViewFiles({ view, result, shown }: ViewFilesProps) {
  const [failed, setFailed] = useState(false);
  const table: ViewFileTable = VIEW_FILES[view];
  const { metric, figure } = shown;
  const write = (format: FigureFormat) => {
    const { name, type, text } = FIGURE_FILES[format];
    const written = text(result, { metric, scale: 'absolute' }, figure === undefined ? {} : { figure });
    download(name, new Blob([written], { type }));
  };
  const writePng = () => {
    setFailed(false);
    figurePng(table.svg(result, shown), result).then(
      (png) => download(table.name, png),
      () => setFailed(true),
    );
  };
  return (
    <div className={styles.files} role="group" aria-label={say.ofView}>
      <span>{say.ofView}</span>
      {table.formats.map((format) => (
        <Button key={format} small icon="download" onClick={() => write(format)}>
          {say.files[format]}
        </Button>
      ))}
      <Button small icon="download" onClick={writePng}>
        {say.viewPng}
      </Button>
      {failed && <span role="alert">{say.noPicture}</span>}
    </div>
  );
}
