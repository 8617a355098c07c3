/**
 * Small matrices as one table with shared columns, real numbers in it: a grid of the ARIA practices, one stop of the Tab key, arrow keys inside.
 * Each band is a matrix or a row of one. Cells carry what they belong to (`marks`), by which a part of the formula finds them, and back.
 */
import { memo, useRef, useState, type KeyboardEvent, type SyntheticEvent } from 'react';
import styles from './grid.module.css';

export interface GridCell {
  readonly text: string;
  /** Its whole name. */
  readonly says: string;
  /** −1 … 1: how strongly it is coloured, and to which side. */
  readonly tint?: number;
  readonly state?: 'done' | 'now' | 'later';
  /** Parts of the formula that it belongs to, with blanks between. */
  readonly marks?: string;
}

export interface GridBand {
  readonly id: string;
  readonly label: string;
  readonly rows: readonly { readonly header: string; readonly cells: readonly GridCell[] }[];
}

interface ValueGridProps {
  label: string;
  columnLabel: (column: number) => string;
  columns: number;
  /** The column at work. */
  current: number | null;
  bands: readonly GridBand[];
  /** The part of the formula that is looked at. */
  lit: string | null;
  onLit: (marks: string | null) => void;
  /** Colours alone, for more columns than numbers have room for: the number of one cell at a time stands below. */
  quiet?: { readonly hint: string };
}

/** Widths that numbers of three figures need. */
const HEAD_REM = 3.25;
const COLUMN_REM = 2.15;
/** Of colours alone: wide enough to be pointed at. */
const QUIET_REM = 1.125;

interface At {
  readonly row: number;
  readonly col: number;
}

const MOVES: Readonly<Record<string, (at: At, rows: number, cols: number) => At>> = {
  ArrowLeft: ({ row, col }) => ({ row, col: col - 1 }),
  ArrowRight: ({ row, col }) => ({ row, col: col + 1 }),
  ArrowUp: ({ row, col }) => ({ row: row - 1, col }),
  ArrowDown: ({ row, col }) => ({ row: row + 1, col }),
  Home: ({ row }) => ({ row, col: 0 }),
  End: ({ row }, _, cols) => ({ row, col: cols - 1 }),
  PageUp: ({ col }) => ({ row: 0, col }),
  PageDown: ({ col }, rows) => ({ row: rows - 1, col }),
};

export function ValueGrid({ label, columnLabel, columns, current, bands, lit, onLit, quiet }: ValueGridProps) {
  const table = useRef<HTMLTableElement>(null);
  const [at, setAt] = useState<At>({ row: 0, col: 0 });
  const [read, setRead] = useState<string | null>(null);
  const rows = bands.reduce((sum, band) => sum + band.rows.length, 0);
  const stop: At = { row: Math.min(at.row, rows - 1), col: Math.min(at.col, columns - 1) };

  const onKeyDown = (event: KeyboardEvent) => {
    if (!Object.hasOwn(MOVES, event.key) || event.altKey || event.ctrlKey || event.metaKey) return;
    const wanted = MOVES[event.key](stop, rows, columns);
    const next = {
      row: Math.min(Math.max(wanted.row, 0), rows - 1),
      col: Math.min(Math.max(wanted.col, 0), columns - 1),
    };
    event.preventDefault();
    event.stopPropagation();
    setAt(next);
    table.current?.querySelector<HTMLElement>(`[data-row='${next.row}'][data-col='${next.col}']`)?.focus();
  };
  const readFrom = ({ target }: SyntheticEvent) => {
    if (quiet && target instanceof HTMLElement) setRead(target.closest('td')?.getAttribute('aria-label') ?? null);
  };
  const marksOf = ({ target }: SyntheticEvent) =>
    target instanceof HTMLElement ? (target.dataset.marks ?? null) : null;

  let row = -1;
  return (
    <>
      <div className={styles.scroller}>
        <table
          ref={table}
          role="grid"
          aria-label={label}
          aria-colcount={columns + 1}
          className={quiet ? `${styles.grid} ${styles.quiet}` : styles.grid}
          style={{ minWidth: `${HEAD_REM + columns * (quiet ? QUIET_REM : COLUMN_REM)}rem` }}
          data-lit={lit ?? undefined}
          onKeyDown={onKeyDown}
          onMouseOver={(event) => {
            readFrom(event);
            onLit(marksOf(event));
          }}
          onMouseLeave={() => {
            setRead(null);
            onLit(null);
          }}
          onFocus={(event) => {
            const { row: r, col } = (event.target as HTMLElement).dataset;
            if (r !== undefined && col !== undefined) setAt({ row: Number(r), col: Number(col) });
            readFrom(event);
            onLit(marksOf(event));
          }}
          onBlur={() => {
            setRead(null);
            onLit(null);
          }}
        >
          <thead>
            <tr>
              <td aria-colindex={1} className={styles.corner} />
              {Array.from({ length: columns }, (_, c) => (
                <th key={c} scope="col" aria-colindex={c + 2} data-now={c === current || undefined}>
                  <span className="visually-hidden">{columnLabel(c + 1)}</span>
                  <span aria-hidden="true">{c + 1}</span>
                </th>
              ))}
            </tr>
          </thead>
          {bands.map((band) => (
            <tbody key={band.id} className={styles.band}>
              <tr>
                <th scope="rowgroup" colSpan={columns + 1} className={styles.label}>
                  <span>{band.label}</span>
                </th>
              </tr>
              {band.rows.map(({ header, cells }) => {
                row++;
                return (
                  <tr key={header}>
                    <th scope="row" aria-colindex={1} className={styles.rowHead}>
                      {header}
                    </th>
                    {cells.map((cell, c) => (
                      <Cell
                        key={c}
                        {...cell}
                        row={row}
                        col={c}
                        quiet={quiet !== undefined}
                        stop={stop.row === row && stop.col === c}
                        lit={lit !== null && cell.marks !== undefined && cell.marks.split(' ').includes(lit)}
                      />
                    ))}
                  </tr>
                );
              })}
            </tbody>
          ))}
        </table>
      </div>
      {/* Said by each cell itself already. */}
      {quiet && (
        <p className={styles.readout} aria-hidden="true">
          {read ?? quiet.hint}
        </p>
      )}
    </>
  );
}

/** Most cells stay as they are from step to step. */
const Cell = memo(function Cell({
  text,
  says,
  tint = 0,
  state,
  marks,
  row,
  col,
  stop,
  lit,
  quiet,
}: GridCell & { row: number; col: number; stop: boolean; lit: boolean; quiet: boolean }) {
  return (
    <td
      role="gridcell"
      aria-colindex={col + 2}
      aria-label={says}
      tabIndex={stop ? 0 : -1}
      data-row={row}
      data-col={col}
      data-state={state}
      data-marks={marks}
      data-side={tint === 0 ? undefined : tint < 0 ? 'down' : 'up'}
      data-lit={lit || undefined}
      style={tint === 0 ? undefined : ({ '--tint': `${Math.round(Math.min(Math.abs(tint), 1) * 100)}%` } as object)}
    >
      {quiet ? null : text}
    </td>
  );
});
