/**
 * A chart that can be read by eye, by ear and by keyboard: a figure with a caption and a summary sentence, a reader that arrow keys
 * move through, and the data as a table. The drawing itself is hidden from assistive technology: everything in it is said elsewhere.
 * Tab stops: the toolbar, the reader, the table.
 */
import {
  useId,
  useMemo,
  useRef,
  useState,
  type KeyboardEvent,
  type MouseEvent,
  type PointerEvent,
  type ReactNode,
} from 'react';
import { useWidth } from '../hooks';
import { words } from '../words';
import { DataTable } from './data-table';
import { geometryOf, lineAt, placeAt, type Geometry } from './geometry';
import type { ChartLine, ChartModel } from './model';
import { Plot } from './plot';
import { NO_READER, pressKey, pressPlace, type ReaderState, type Spoken } from './reader';
import { Readout } from './readout';
import { Swatch } from './swatch';
import styles from './chart.module.css';

interface ChartFigureProps {
  model: ChartModel;
  caption: ReactNode;
  /** One or two sentences made from the data. */
  summary: string;
  /** Whether the summary is shown under the drawing, and not only read out. */
  showSummary?: boolean;
  /** The id of an element that shows the summary already: nobody is told it twice. */
  summaryId?: string;
  toolbar?: ReactNode;
  height?: number;
  /** Its height is what it needs, on a narrow screen too. */
  tall?: boolean;
  /** Said while there is no point yet. */
  waiting?: string;
  /** Opens what is behind a point: by a click near its line, or the key O. */
  onOpen?: (line: ChartLine, x: number) => void;
  /** In the place of lines: draws the same values at the same places along x. Hidden from assistive technology as those are. */
  drawing?: (geometry: Geometry, at: number | null) => ReactNode;
  /** Which line a drawing of another kind has at a height; otherwise the one that is nearest. */
  pick?: (py: number, geometry: Geometry) => ChartLine | null;
  /** In the place of the plain list of names. */
  legend?: ReactNode;
  /** Under the drawing, before the data table. */
  below?: ReactNode;
  /** Told of a stretch along x that was dragged over, both ends in view. */
  onStretch?: (from: number, to: number) => void;
}

/** Pixels below which a drag is a click. */
const LEAST_DRAG = 8;

export function ChartFigure({
  model,
  caption,
  summary,
  showSummary = true,
  summaryId,
  toolbar,
  height = 360,
  tall = false,
  waiting = words.chart.waiting,
  onOpen,
  drawing,
  pick,
  legend,
  below,
  onStretch,
}: ChartFigureProps) {
  const id = useId();
  const { width, measure } = useWidth(640);
  const narrow = width < 480;
  const geometry = useMemo(
    () => geometryOf(model, width, narrow && !tall ? Math.min(height, 300) : height),
    [model, width, narrow, height, tall],
  );
  const [reader, setReader] = useState<ReaderState>(NO_READER);
  const [pointed, setPointed] = useState<number | null>(null);
  const [spoken, setSpoken] = useState('');
  const details = useRef<HTMLDetailsElement>(null);
  const [dragged, setDragged] = useState<readonly [number, number] | null>(null);
  /** A drag ends in a click, which is none. */
  const swallow = useRef(false);

  const empty = model.lines.every((line) => line.points.length === 0);
  // A pinned point stays whatever the pointer does.
  const wanted = reader.pinned ? (reader.cursor?.x ?? null) : (pointed ?? reader.cursor?.x ?? null);
  const at = wanted !== null && wanted > geometry.x[0] && wanted < geometry.x[1] ? wanted : null;

  const say = (what: Spoken, state: ReaderState) => {
    if (what === 'summary') return summary;
    if (what === 'empty') return words.chart.empty;
    if (what === 'unpinned') return words.chart.unpinned;
    const line = state.cursor && model.lines[state.cursor.line];
    const point = line?.points.find((candidate) => candidate.x === state.cursor?.x);
    if (!line || !point) return '';
    const text = words.chart.point(line.label, point.name, model.format(point.y));
    const marked = point.status === 'done' ? text : words.chart.pointMarked(text, words.run.statuses[point.status]);
    return what === 'pinned' ? words.chart.pinned(marked) : marked;
  };

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (onOpen && reader.cursor && event.key.toLowerCase() === 'o') {
      event.preventDefault();
      onOpen(model.lines[reader.cursor.line], reader.cursor.x);
      return;
    }
    const pressed = pressKey(model.lines, reader, event.key);
    if (!pressed) return;
    event.preventDefault();
    setPointed(null);
    setReader(pressed.state);
    if (pressed.say === 'table' && details.current) {
      details.current.open = true;
      details.current.querySelector('summary')?.focus();
    } else if (pressed.say !== 'left') {
      setSpoken(say(pressed.say, pressed.state));
    }
  };

  const placeOf = (event: MouseEvent<HTMLDivElement>) =>
    empty ? null : placeAt(geometry, event.clientX - event.currentTarget.getBoundingClientRect().left, model.places);

  // A click or a tap pins the values, so that they can be read without holding still; where there is something to open, it opens that.
  const onClick = (event: MouseEvent<HTMLDivElement>) => {
    if (swallow.current) {
      swallow.current = false;
      return;
    }
    const place = placeOf(event);
    if (place === null) return;
    const py = event.clientY - event.currentTarget.getBoundingClientRect().top;
    const line = pick ? pick(py, geometry) : lineAt(model, geometry, place, py);
    if (!line) return;
    if (onOpen) {
      onOpen(line, place);
      return;
    }
    const pressed = pressPlace(reader, model.lines.indexOf(line), place);
    setPointed(null);
    setReader(pressed.state);
    setSpoken(say(pressed.say, pressed.state));
  };

  const onPointer = (event: PointerEvent<HTMLDivElement>) => {
    setPointed(placeOf(event));
    if (dragged) setDragged([dragged[0], pixelOf(event)]);
  };
  const pixelOf = (event: MouseEvent<HTMLDivElement>) =>
    event.clientX - event.currentTarget.getBoundingClientRect().left;

  // Fingers scroll the page; they have the sliders.
  const onPointerDown = (event: PointerEvent<HTMLDivElement>) => {
    onPointer(event);
    swallow.current = false;
    if (!onStretch || event.pointerType === 'touch' || event.button !== 0 || placeOf(event) === null) return;
    event.currentTarget.setPointerCapture(event.pointerId);
    setDragged([pixelOf(event), pixelOf(event)]);
  };
  const onPointerUp = (event: PointerEvent<HTMLDivElement>) => {
    if (!dragged || !onStretch) return;
    const [from, to] = [dragged[0], pixelOf(event)];
    setDragged(null);
    if (Math.abs(to - from) < LEAST_DRAG) return;
    swallow.current = true;
    const within = (px: number) => Math.max(geometry.left, Math.min(geometry.width - geometry.right, px));
    const [first, last] = [from, to].map((px) => placeAt(geometry, within(px), model.places) ?? 0);
    onStretch(first, last);
  };

  return (
    <figure className={styles.figure} aria-labelledby={`${id}-caption`} aria-describedby={summaryId ?? `${id}-summary`}>
      <div className={styles.head}>
        <figcaption id={`${id}-caption`} className={styles.caption}>
          {caption}
        </figcaption>
        {toolbar}
      </div>
      {legend ?? (
        <ul className={styles.legend} aria-label={words.chart.legend}>
          {model.lines.map((line) => (
            <li key={line.row}>
              <Swatch style={line.style} />
              <span>{line.legend ?? line.label}</span>
            </li>
          ))}
        </ul>
      )}
      <div
        ref={measure}
        className={styles.reader}
        tabIndex={0}
        role="application"
        aria-roledescription="chart"
        aria-label={words.chart.reader}
        aria-describedby={`${id}-help`}
        onKeyDown={onKeyDown}
        onClick={onClick}
        onBlur={() => setReader((state) => (state.pinned ? state : NO_READER))}
        onPointerDown={onPointerDown}
        onPointerMove={onPointer}
        onPointerUp={onPointerUp}
        onPointerCancel={() => setDragged(null)}
        // A finger leaves by being lifted: what it pointed at is still to be read.
        onPointerLeave={(event) => event.pointerType !== 'touch' && setPointed(null)}
      >
        {drawing ? (
          drawing(geometry, at)
        ) : (
          <Plot
            model={model}
            geometry={geometry}
            at={at}
            dragged={dragged && Math.abs(dragged[1] - dragged[0]) >= LEAST_DRAG ? dragged : null}
          />
        )}
        {empty && <p className={styles.waiting}>{waiting}</p>}
        {at !== null && !empty && (
          <Readout
            model={model}
            geometry={geometry}
            at={at}
            line={reader.pinned || pointed === null ? (reader.cursor?.line ?? null) : null}
            below={narrow}
          />
        )}
      </div>
      <p id={`${id}-help`} className="visually-hidden">
        {`${words.chart.readerHelp} ${onOpen ? words.chart.readerOpen : words.chart.readerPin}`}
      </p>
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
      {summaryId === undefined && (
        <p id={`${id}-summary`} className={showSummary ? styles.summary : 'visually-hidden'}>
          {summary}
        </p>
      )}
      {below}
      <DataTable model={model} ref={details} />
    </figure>
  );
}
