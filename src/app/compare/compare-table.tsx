/** What each method came to. The best value of a column is found in the data and marked with a word; rows sort as asked. */
import { lazy, Suspense, useMemo, useState } from 'react';
import {
  bestValues,
  columnsOf,
  compareRows,
  sortRows,
  taskOf,
  type Column,
  type ComparedRow,
  type Sorting,
} from '../../store/compare';
import type { Task } from '../../run/events';
import type { RunFigures } from '../../store/run-view';
import { stylesOf } from '../chart/model';
import { Swatch } from '../chart/swatch';
import * as format from '../format';
import type { LineStyle } from '../palette';
import { Tag } from '../parts/tag';
import type { RunSource } from '../run-source';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { ExportResult } from './export-result';
import { FigureNotes } from './figure-notes';
import { LedgerTable } from './ledger-table';
import { ResidualStrip } from './residual-strip';
import styles from './compare.module.css';

const ExportMenu = lazy(async () => ({ default: (await import('./export-menu')).ExportMenu }));

export function CompareTable({ source }: { source: RunSource }) {
  const { figures } = source;
  const [sorting, setSorting] = useState<Sorting>({ column: null, descending: false });
  const rows = useMemo(() => compareRows(figures), [figures]);
  const best = useMemo(() => bestValues(rows), [rows]);
  const looks = useMemo(() => stylesOf(figures), [figures]);
  const sorted = sortRows(rows, sorting);
  const task = taskOf(figures);
  const columns = columnsOf(figures);
  const exportable = source.kind === 'live' || source.kind === 'stored';

  return (
    <section className={panel.section} aria-labelledby="table-title">
      <div className={panel.sectionHead}>
        <h2 id="table-title">{words.compare.table}</h2>
        <p className={panel.muted}>{words.images.compare.tableHint[task]}</p>
      </div>
      <div className={panel.tableFrame}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{words.compare.table}</caption>
          <thead>
            <tr>
              <th scope="col">{words.compare.method}</th>
              {columns.map((column) => (
                <SortHeader
                  key={column}
                  column={column}
                  name={nameOf(column, task)}
                  sorting={sorting}
                  onSort={setSorting}
                />
              ))}
              <th scope="col" className={panel.actions}>
                <span className="visually-hidden">{words.compare.exports}</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <tr key={row.row}>
                <th scope="row">
                  <MethodName row={row} style={looks.get(row.row)} source={source} />
                </th>
                {columns.map((column) => (
                  <td key={column} data-label={nameOf(column, task)} className={panel.number}>
                    <Value row={row} column={column} best={row[column] !== null && row[column] === best[column]} />
                  </td>
                ))}
                <td className={panel.actions}>
                  {exportable && row.finishedLayers > 0 && (
                    <Suspense>
                      <ExportMenu runId={source.id} row={row} />
                    </Suspense>
                  )}
                </td>
              </tr>
            ))}
            <FullRow figures={figures} columns={columns} />
          </tbody>
        </table>
      </div>
      <ExportResult runId={source.id} rows={rows} />
      <LedgerTable source={source} />
      <div className={styles.below}>
        <FigureNotes figures={figures} />
        {!exportable && <p>{words.compare.notStored}</p>}
      </div>
    </section>
  );
}

/** What full precision comes to itself; a diffusion network has nothing there, since it is compared with that very network. */
function FullRow({ figures, columns }: { figures: RunFigures; columns: readonly Column[] }) {
  const { fullPrecision } = figures;
  const task = taskOf(figures);
  if (!fullPrecision || task === 'diffusion') return null;
  const accuracy = fullPrecision.images?.accuracy ?? null;
  const values: Partial<Record<Column, string>> = {
    perplexity: format.perplexity(fullPrecision.perplexity),
    tokens: format.integer(fullPrecision.tokens),
    ...(accuracy && { accuracy: format.fineShare(accuracy.share) }),
  };
  return (
    <tr className={styles.full}>
      <th scope="row">{words.compare.full}</th>
      {columns.map((column) => (
        <td
          key={column}
          data-label={nameOf(column, task)}
          className={values[column] === undefined ? `${panel.number} ${panel.nothing}` : panel.number}
        >
          {values[column] ?? format.NOTHING}
        </td>
      ))}
      <td className={panel.actions} />
    </tr>
  );
}

function nameOf(column: Column, task: Task): string {
  return column === 'tokens' && task === 'classification' ? words.images.compare.images : words.compare.columns[column];
}

interface SortHeaderProps {
  column: Column;
  name: string;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
}

/** Three presses: rising, falling, the recipe's own order. */
function SortHeader({ column, name, sorting, onSort }: SortHeaderProps) {
  const active = sorting.column === column;
  const next: Sorting = !active
    ? { column, descending: false }
    : sorting.descending
      ? { column: null, descending: false }
      : { column, descending: true };
  const order = active ? (sorting.descending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" className={panel.number} aria-sort={order}>
      <button type="button" className={styles.sort} onClick={() => onSort(next)}>
        <span className={styles.arrow} aria-hidden="true">
          {active ? (sorting.descending ? '↓' : '↑') : ''}
        </span>
        {name}
      </button>
    </th>
  );
}

function MethodName({ row, style, source }: { row: ComparedRow; style: LineStyle | undefined; source: RunSource }) {
  return (
    <span className={styles.name}>
      {style && <Swatch style={style} />}
      {row.label}
      {row.baseline && <Tag>{words.compare.baseline}</Tag>}
      {row.marked > 0 && <Tag tone="warn">{words.compare.marked(row.marked)}</Tag>}
      {style && <ResidualStrip figures={source.figures} row={row.row} style={style} />}
    </span>
  );
}

function Value({ row, column, best }: { row: ComparedRow; column: Column; best: boolean }) {
  const fine = fineOf(row, column);
  return (
    <span className={styles.cell}>
      <span className={best ? `${styles.value} ${styles.bestValue}` : styles.value}>
        {best && <Tag tone="ok">{words.compare.best}</Tag>}
        {valueOf(row, column)}
      </span>
      {fine !== '' && (
        <span
          className={column === 'worstError' ? `${styles.fine} ${styles.layer}` : styles.fine}
          title={column === 'worstError' ? fine : undefined}
        >
          {fine}
        </span>
      )}
    </span>
  );
}

function valueOf(row: ComparedRow, column: Column): string {
  switch (column) {
    case 'bitsPerWeight':
      return format.bits(row.bitsPerWeight);
    case 'meanError':
    case 'worstError':
    case 'prediction':
    case 'trajectory':
      return format.error(row[column]);
    case 'accuracy':
      return row.accuracy === null ? format.NOTHING : format.fineShare(row.accuracy);
    case 'frechet':
      return format.distance(row.frechet);
    case 'perplexity':
      return format.perplexity(row.perplexity);
    case 'kl':
      return format.nats(row.kl);
    case 'tokens':
      return row.tokens === null ? format.NOTHING : format.integer(row.tokens);
    case 'milliseconds':
      return row.milliseconds === null ? format.NOTHING : format.duration(row.milliseconds);
  }
}

/** The second line of a cell: the worst layer's name, the interval of a perplexity or an accuracy. */
function fineOf(row: ComparedRow, column: Column): string {
  if (column === 'worstError') return row.worstLayer?.replace(/^model\./, '') ?? '';
  if (column === 'perplexity') return interval(row.perplexityInterval, format.perplexity);
  return column === 'accuracy' ? interval(row.accuracyInterval, format.fineShare) : '';
}

function interval(bounds: readonly [number, number] | null, write: (value: number) => string): string {
  if (bounds === null) return '';
  const [low, high] = bounds.map(write);
  return words.compare.interval(low, high);
}
