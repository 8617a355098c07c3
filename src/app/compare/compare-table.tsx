/** What each method came to. The best value of a column is found in the data and marked with a word; rows sort as asked. */
import { lazy, Suspense, useMemo, useState } from 'react';
import {
  bestValues,
  COLUMNS,
  compareRows,
  sortRows,
  type Column,
  type ComparedRow,
  type Sorting,
} from '../../store/compare';
import { stylesOf } from '../chart/model';
import { Swatch } from '../chart/swatch';
import * as format from '../format';
import type { LineStyle } from '../palette';
import { Tag } from '../parts/tag';
import type { RunSource } from '../run-source';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { ExportResult } from './export-result';
import { LedgerTable } from './ledger-table';
import { ResidualStrip } from './residual-strip';
import styles from './compare.module.css';

const { columns } = words.compare;
const ExportMenu = lazy(async () => ({ default: (await import('./export-menu')).ExportMenu }));

export function CompareTable({ source }: { source: RunSource }) {
  const { figures } = source;
  const [sorting, setSorting] = useState<Sorting>({ column: null, descending: false });
  const rows = useMemo(() => compareRows(figures), [figures]);
  const best = useMemo(() => bestValues(rows), [rows]);
  const looks = useMemo(() => stylesOf(figures), [figures]);
  const sorted = sortRows(rows, sorting);
  const { fullPrecision } = figures;
  const weightOnly = figures.layers.length > 0 && figures.layers.every((layer) => layer.errors.heldOutOutput === null);
  const exportable = source.kind === 'live' || source.kind === 'stored';

  return (
    <section className={panel.section} aria-labelledby="table-title">
      <div className={panel.sectionHead}>
        <h2 id="table-title">{words.compare.table}</h2>
        <p className={panel.muted}>{words.compare.tableHint}</p>
      </div>
      <div className={panel.tableFrame}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{words.compare.table}</caption>
          <thead>
            <tr>
              <th scope="col">{words.compare.method}</th>
              {COLUMNS.map((column) => (
                <SortHeader key={column} column={column} sorting={sorting} onSort={setSorting} />
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
                {COLUMNS.map((column) => (
                  <td key={column} data-label={columns[column]} className={panel.number}>
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
            {fullPrecision && (
              <tr className={styles.full}>
                <th scope="row">{words.compare.full}</th>
                {COLUMNS.map((column) => (
                  <td
                    key={column}
                    data-label={columns[column]}
                    className={
                      column === 'perplexity' || column === 'tokens' ? panel.number : `${panel.number} ${panel.nothing}`
                    }
                  >
                    {column === 'perplexity' && format.perplexity(fullPrecision.perplexity)}
                    {column === 'tokens' && format.integer(fullPrecision.tokens)}
                    {column !== 'perplexity' && column !== 'tokens' && format.NOTHING}
                  </td>
                ))}
                <td className={panel.actions} />
              </tr>
            )}
          </tbody>
        </table>
      </div>
      <ExportResult runId={source.id} rows={rows} />
      <LedgerTable source={source} />
      <div className={styles.below}>
        <p>{words.compare.errorOf((weightOnly ? words.metrics.weight : words.metrics.heldOutOutput).of)}</p>
        {fullPrecision ? (
          <p>
            {words.compare.fullLine(format.perplexity(fullPrecision.perplexity), format.integer(fullPrecision.tokens))}{' '}
            {fullPrecision.tokens < INDICATIVE && `${words.compare.indicative(format.integer(fullPrecision.tokens))} `}
            {words.compare.oneSeed}
          </p>
        ) : (
          !weightOnly && <p>{words.compare.notEvaluated}</p>
        )}
        {!exportable && <p>{words.compare.notStored}</p>}
      </div>
    </section>
  );
}

/** Below so many tokens a perplexity is a hint, not a measurement. */
const INDICATIVE = 20_000;

interface SortHeaderProps {
  column: Column;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
}

/** Three presses: rising, falling, the recipe's own order. */
function SortHeader({ column, sorting, onSort }: SortHeaderProps) {
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
        {columns[column]}
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
      return format.error(row[column]);
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

/** The second line of a cell: the worst layer's name, the perplexity's interval. */
function fineOf(row: ComparedRow, column: Column): string {
  if (column === 'worstError') return row.worstLayer?.replace(/^model\./, '') ?? '';
  if (column !== 'perplexity' || row.perplexityInterval === null) return '';
  const [low, high] = row.perplexityInterval.map(format.perplexity);
  return words.compare.interval(low, high);
}
