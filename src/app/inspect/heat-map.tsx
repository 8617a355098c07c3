/**
 * A tensor's largest magnitudes by block, rows by columns: one pixel a block, enlarged without blur. A cursor, by pointer or keys, says the
 * exact value of its block in words, and opens the values there.
 */
import { useEffect, useMemo, useRef, useState, type KeyboardEvent, type PointerEvent } from 'react';
import type { TensorStatistics } from '../../worker/protocol';
import { shadeRgb } from '../codebook/shade';
import * as format from '../format';
import { say } from './words';
import styles from './inspect.module.css';

interface HeatMapProps {
  figures: TensorStatistics;
  /** Opens the values from a row and a column on. */
  onOpen: (row: number, col: number) => void;
}

interface Cell {
  readonly row: number;
  readonly col: number;
}

const MOVES: Readonly<Record<string, readonly [down: number, right: number]>> = {
  ...{ ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] },
  ...{ PageUp: [-10, 0], PageDown: [10, 0], Home: [0, -Infinity], End: [0, Infinity] },
};

/** A picture is enlarged to this height at most, and its cells to this size. */
const MOST_HEIGHT = 360;
const LARGEST_CELL = 28;
/** Few rows would make a picture that cannot be pointed at. */
const LEAST_HEIGHT = 48;

export function HeatMap({ figures, onOpen }: HeatMapProps) {
  const { picture, rows, cols } = figures;
  const { down, across, blockRows, blockCols, peaks } = picture;
  const canvas = useRef<HTMLCanvasElement>(null);
  const [cell, setCell] = useState<Cell | null>(null);
  const [spoken, setSpoken] = useState('');
  const largest = useMemo(() => largestOf(peaks), [peaks]);

  useEffect(() => {
    const context = canvas.current?.getContext('2d');
    if (!context) return;
    const image = context.createImageData(across, down);
    const most = largest === null ? 1 : peaks[largest];
    peaks.forEach((peak, i) => {
      // What is no number stands out of the ramp.
      const color = Number.isFinite(peak) ? shadeRgb(Math.round((255 * peak) / (most || 1))) : [214, 40, 40];
      image.data.set([...color, 255], 4 * i);
    });
    context.putImageData(image, 0, 0);
  }, [across, down, peaks, largest]);

  const placeOf = ({ row, col }: Cell) =>
    say.cellPlace(
      say.rowsOf(String(row * blockRows), String(Math.min((row + 1) * blockRows, rows) - 1)),
      say.column(String(col * blockCols), String(Math.min((col + 1) * blockCols, cols) - 1)),
    );
  const peakAt = ({ row, col }: Cell) => {
    const peak = peaks[row * across + col];
    return Number.isFinite(peak) ? format.value(peak) : say.broken;
  };
  const sentence = (at: Cell) => say.cell(placeOf(at), peakAt(at));
  const open = (at: Cell) => onOpen(at.row * blockRows, at.col * blockCols);

  const onKeyDown = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.key === 'Enter' && cell) {
      event.preventDefault();
      open(cell);
      return;
    }
    if (!Object.hasOwn(MOVES, event.key)) return;
    event.preventDefault();
    const [dy, dx] = MOVES[event.key];
    const within = (value: number, count: number) => Math.max(0, Math.min(count - 1, value));
    // The first key only shows where the cursor is.
    const next = cell ? { row: within(cell.row + dy, down), col: within(cell.col + dx, across) } : { row: 0, col: 0 };
    setCell(next);
    setSpoken(sentence(next));
  };
  const cellUnder = (event: PointerEvent<HTMLElement>): Cell => {
    const box = event.currentTarget.getBoundingClientRect();
    const at = (part: number, count: number) => Math.max(0, Math.min(count - 1, Math.floor(part * count)));
    return {
      row: at((event.clientY - box.top) / box.height, down),
      col: at((event.clientX - box.left) / box.width, across),
    };
  };
  const height = Math.max(LEAST_HEIGHT, Math.min(MOST_HEIGHT, down * LARGEST_CELL));
  const width = Math.max(LEAST_HEIGHT, across * Math.min(LARGEST_CELL, Math.max(height / down, MOST_HEIGHT / across)));
  const summary =
    largest === null
      ? ''
      : say.mapSummary(
          format.value(peaks[largest]),
          placeOf({ row: Math.floor(largest / across), col: largest % across }),
        );
  const helpId = 'inspect-map-help';
  return (
    <figure className={styles.figure}>
      <figcaption className={styles.caption}>{say.map}</figcaption>
      <div
        className={styles.map}
        style={{ width: `min(100%, ${Math.round(width)}px)`, height }}
        tabIndex={0}
        role="application"
        aria-roledescription="heat map"
        aria-label={say.mapReader}
        aria-describedby={helpId}
        onKeyDown={onKeyDown}
        onPointerMove={(event) => setCell(cellUnder(event))}
        onPointerDown={(event) => setCell(cellUnder(event))}
        onClick={() => cell && open(cell)}
      >
        <canvas ref={canvas} className={styles.pixels} width={across} height={down} aria-hidden="true" />
        {cell && (
          <span
            className={styles.cursor}
            aria-hidden="true"
            style={{
              ...{ left: `${(100 * cell.col) / across}%`, top: `${(100 * cell.row) / down}%` },
              ...{ width: `${100 / across}%`, height: `${100 / down}%` },
            }}
          />
        )}
      </div>
      <p className={styles.readout} aria-hidden="true">
        {cell ? sentence(cell) : summary}
      </p>
      <p className="visually-hidden" aria-live="polite">
        {spoken}
      </p>
      <p className={styles.small} id={helpId}>
        {say.mapHelp(format.integer(blockRows), format.integer(blockCols))} {cell ? summary : ''}
      </p>
    </figure>
  );
}

/** The block with the largest finite magnitude; null where there is none. */
function largestOf(peaks: Float32Array): number | null {
  let best: number | null = null;
  peaks.forEach((peak, i) => {
    if (Number.isFinite(peak) && (best === null || peak > peaks[best])) best = i;
  });
  return best;
}
