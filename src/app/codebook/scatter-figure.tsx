/**
 * Sub-vectors and codewords, by eye, by ear and by keyboard: arrow keys go from codeword to codeword in the order of their use, and the
 * one at hand is marked here, with the sub-vectors that it stands for, and in the map of indices.
 */
import { useId, useMemo, useState, type CSSProperties, type KeyboardEvent, type PointerEvent } from 'react';
import type { CodebookView } from '../../worker/protocol';
import { xAt, yAt } from '../chart/geometry';
import { diameterOf, discAt, discSize, scatterGeometry } from '../chart/scatter';
import { ScatterPlot, strokes } from '../chart/scatter-plot';
import * as format from '../format';
import { useWidth } from '../hooks';
import chart from '../chart/chart.module.css';
import { CodewordTable } from './codeword-table';
import { codebookScatter } from './scatter-model';
import styles from './codebook.module.css';
import { codebookWords } from './words';

interface ScatterFigureProps {
  view: CodebookView;
  /** Place in `view.words` of the codeword at hand. */
  chosen: number | null;
  onChoose: (place: number | null) => void;
}

const say = codebookWords;
const HEIGHT = 380;

export function ScatterFigure({ view, chosen, onChoose }: ScatterFigureProps) {
  const id = useId();
  const { width, measure } = useWidth(560);
  const [spoken, setSpoken] = useState('');
  const scatter = useMemo(() => codebookScatter(view), [view]);
  const geometry = useMemo(
    () => scatterGeometry(scatter, width, width < 480 ? Math.min(HEIGHT, width) : HEIGHT),
    [scatter, width],
  );
  const { words: codewords, usage, dots } = view;
  const count = codewords.index.length;

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const next = moved(event.key, chosen, count);
    if (next === undefined) return;
    event.preventDefault();
    onChoose(next);
    setSpoken(next === null ? '' : spokenWord(view, next));
  };
  const onPointerMove = (event: PointerEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    const next = discAt(scatter, geometry, event.clientX - box.left, event.clientY - box.top);
    if (next !== chosen) onChoose(next);
  };

  const most = format.share((codewords.count[0] ?? 0) / usage.subVectors);
  const summary = say.scatterSummary(
    format.integer(usage.used),
    format.integer(view.codewords),
    String(codewords.index[0]),
    most,
  );
  return (
    <figure className={chart.figure} aria-labelledby={`${id}-caption`} aria-describedby={`${id}-summary`}>
      <figcaption id={`${id}-caption`} className={styles.caption}>
        <strong>{say.scatter}</strong>
        <span>{captionOf(view)}</span>
      </figcaption>
      <div
        ref={measure}
        className={chart.reader}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={say.reader}
        aria-describedby={`${id}-help`}
        onKeyDown={onKeyDown}
        onBlur={() => onChoose(null)}
        onPointerMove={onPointerMove}
        onPointerLeave={() => onChoose(null)}
      >
        <ScatterPlot scatter={scatter} geometry={geometry}>
          {chosen !== null && (
            <>
              <path className={chart.chosenDots} d={strokes(dotsOf(chosen), geometry)} />
              <circle
                className={chart.chosenDisc}
                cx={xAt(geometry, codewords.first[chosen])}
                cy={yAt(geometry, codewords.second[chosen])}
                r={diameterOf(scatter.discs.sizes[chosen], discSize(count)) / 2 + 3}
              />
            </>
          )}
        </ScatterPlot>
        {chosen !== null && (
          <WordReadout
            view={view}
            place={chosen}
            // On the side where the codeword is not.
            side={xAt(geometry, codewords.first[chosen]) > width / 2 ? { left: geometry.left + 8 } : { right: 12 }}
          />
        )}
      </div>
      <p id={`${id}-help`} className="visually-hidden">
        {say.readerHelp}
      </p>
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
      <p id={`${id}-summary`} className={styles.sentence}>
        {summary}
      </p>
      <CodewordTable view={view} />
    </figure>
  );

  /** The sample's sub-vectors that a codeword stands for. */
  function dotsOf(place: number) {
    const own = Array.from(dots.index.keys()).filter((i) => dots.index[i] === codewords.index[place]);
    return { x: own.map((i) => scatter.dots.x[i]), y: own.map((i) => scatter.dots.y[i]) };
  }
}

function captionOf({ dots, dim }: CodebookView): string {
  const many = format.integer(dots.first.length);
  if (dim === 1) return say.scatterHelp1(many);
  return dim === 2 ? say.scatterHelp2(many) : say.scatterHelp(many, String(dim));
}

/** The codeword after a key; null leaves, undefined is not a key of ours. */
function moved(key: string, chosen: number | null, count: number): number | null | undefined {
  if (key === 'Escape') return chosen === null ? undefined : null;
  const steps: Readonly<Record<string, number>> = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 };
  if (key === 'Home') return 0;
  if (key === 'End') return count - 1;
  if (!(key in steps)) return undefined;
  return chosen === null ? 0 : Math.max(0, Math.min(count - 1, chosen + steps[key]));
}

function spokenWord({ words: codewords, usage }: CodebookView, place: number): string {
  return say.wordSpoken(
    String(codewords.index[place]),
    format.value(codewords.first[place]),
    format.value(codewords.second[place]),
    format.fineShare(codewords.count[place] / usage.subVectors),
    format.integer(place + 1),
    format.integer(codewords.index.length),
  );
}

interface WordReadoutProps {
  view: CodebookView;
  place: number;
  side: CSSProperties;
}

function WordReadout({ view: { words: codewords, usage, dim }, place, side }: WordReadoutProps) {
  const values = [codewords.first[place], ...(dim > 1 ? [codewords.second[place]] : [])].map(format.value);
  return (
    <div className={chart.readout} style={side} aria-hidden="true">
      <p className={chart.readoutName}>{say.word(String(codewords.index[place]))}</p>
      <p>
        ({values.join(', ')}
        {dim > 2 ? ', …' : ''})
      </p>
      <p>{say.wordUse(format.fineShare(codewords.count[place] / usage.subVectors))}</p>
    </div>
  );
}
