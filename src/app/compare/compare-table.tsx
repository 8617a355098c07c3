/**
 * What each method came to in the metric that the chart shows, and end to end. The best values of a stored size are found in the data
 * and marked with a word; rows sort as asked. What is exported of a row appears under that row.
 */
import { Fragment, lazy, Suspense, useMemo, useState } from 'react';
import {
  bestRows,
  columnsOf,
  compareRows,
  isOfChart,
  sortRows,
  taskOf,
  type Column,
  type ComparedRow,
  type JudgedColumn,
  type Shown,
  type Sorting,
} from '../../report/compare';
import type { DrawnView } from '../../report/drawing';
import { sizeGroups } from '../../report/judge';
import type { Scale } from '../../report/scales';
import { baselineRow, shortLabels } from '../../report/series';
import type { Task } from '../../run/events';
import { byMeasure, isMeasure, MEASURES, MEASURES_OF, type Measure, type MeasureId } from '../../run/measures';
import type { RunFigures } from '../../store/run-view';
import { stylesOf } from '../chart/model';
import { Swatch } from '../chart/swatch';
import * as format from '../format';
import { useWidth } from '../hooks';
import type { LineStyle } from '../../report/palette';
import { Tag } from '../parts/tag';
import type { RunSource } from '../run-source';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { ExportResult } from './export-result';
import { FigureNotes } from './figure-notes';
import { LedgerTable } from './ledger-table';
import { ResidualStrip, stripsOf, type Strips } from './residual-strip';
import styles from './compare.module.css';
import { compareWords } from './table-words';

const menus = () => import('./export-menu');
const ExportMenu = lazy(async () => ({ default: (await menus()).ExportMenu }));
const FiguresMenu = lazy(async () => ({ default: (await import('./figures-menu')).FiguresMenu }));

const say = compareWords;

interface TableProps {
  source: RunSource;
  shown: Shown;
  /** What of the chart is in view, and the sentence about it: for the files. */
  drawn: DrawnView;
  lead: string;
}

export function CompareTable({ source, shown, drawn, lead }: TableProps) {
  const { figures } = source;
  const [sorting, setSorting] = useState<Sorting>({ column: null, descending: false });
  const { width, measure } = useWidth(0);
  const rows = useMemo(() => compareRows(figures, shown), [figures, shown]);
  const best = useMemo(() => bestRows(figures, shown), [figures, shown]);
  const looks = useMemo(() => stylesOf(figures), [figures]);
  const strips = useMemo(() => stripsOf(figures, shown), [figures, shown]);
  const sizes = sizeGroups(rows.map(({ row, bitsPerWeight: bits, passing }) => ({ row, bits, passing }))).length;
  const sorted = sortRows(rows, sorting);
  const task = taskOf(figures);
  const columns = columnsOf(figures);
  const heads = new Map(columns.map((column) => [column, headOf(column, task, figures, shown)]));
  const exportable = source.kind === 'live' || source.kind === 'stored';

  return (
    <section className={panel.section} aria-labelledby="table-title">
      <div className={panel.sectionHead}>
        <h2 id="table-title">{compareWords.table}</h2>
        {source.result && (
          <Suspense>
            <FiguresMenu runId={source.id} result={source.result} shown={shown} drawn={drawn} lead={lead} />
          </Suspense>
        )}
      </div>
      <p className={panel.muted}>
        {errorLine(figures, shown)} {words.images.compare.tableHint[task]}
      </p>
      {/* A scroller of its own needs the keyboard; here the headings and menus in it have it. */}
      <div ref={measure} className={`${panel.tableFrame} ${styles.frame}`}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{compareWords.table}</caption>
          <thead>
            <tr>
              <th scope="col">{compareWords.method}</th>
              {columns.map((column) => (
                <SortHeader
                  key={column}
                  column={column}
                  head={heads.get(column) ?? NO_HEAD}
                  sorting={sorting}
                  onSort={setSorting}
                />
              ))}
              {exportable && (
                <th scope="col" className={panel.actions}>
                  <span className="visually-hidden">{say.exports}</span>
                </th>
              )}
            </tr>
          </thead>
          <tbody>
            {sorted.map((row) => (
              <Fragment key={row.row}>
                <tr>
                  <th scope="row">
                    <MethodName row={row} style={looks.get(row.row)} strips={strips} shown={shown} />
                  </th>
                  {columns.map((column) => (
                    <td key={column} data-label={cardLabel(heads.get(column) ?? NO_HEAD)} className={panel.number}>
                      <Value
                        row={row}
                        column={column}
                        scale={shown.scale}
                        best={isBest(best, column, row) ? sizes : 0}
                      />
                    </td>
                  ))}
                  {exportable && (
                    <td className={panel.actions}>
                      {row.finishedLayers > 0 && (
                        <Suspense>
                          <ExportMenu runId={source.id} row={row} />
                        </Suspense>
                      )}
                    </td>
                  )}
                </tr>
                {exportable && <ExportResult runId={source.id} row={row} span={columns.length + 2} width={width} />}
              </Fragment>
            ))}
            <FullRow figures={figures} heads={heads} exportable={exportable} />
          </tbody>
        </table>
      </div>
      <LedgerTable source={source} />
      <div className={styles.below}>
        <p>{say.bestRule}</p>
        <FigureNotes figures={figures} />
        {!exportable && <p>{say.notStored}</p>}
      </div>
    </section>
  );
}

/** What the columns of errors are of: the chart's metric, and what it is divided by. */
function errorLine(figures: RunFigures, { metric, scale }: Shown): string {
  const { of } = words.metrics[metric];
  return say.errorsOf[scale](of, baselineName(figures));
}

function baselineName({ plan }: RunFigures): string {
  const baseline = plan ? baselineRow(plan.rows) : null;
  return plan && baseline ? (shortLabels(plan.rows).get(baseline.row) ?? baseline.label) : '';
}

/** What full precision comes to itself; a diffusion network has nothing there, since it is compared with that very network. */
function FullRow({
  figures,
  heads,
  exportable,
}: {
  figures: RunFigures;
  heads: ReadonlyMap<Column, Head>;
  exportable: boolean;
}) {
  const { fullPrecision } = figures;
  const task = taskOf(figures);
  if (!fullPrecision || task === 'diffusion') return null;
  const values: Partial<Record<Column, string>> = { tokens: format.integer(fullPrecision.tokens) };
  for (const id of MEASURES_OF[task]) {
    const value = MEASURES[id].full?.(fullPrecision) ?? null;
    if (value !== null) values[id] = WRITTEN[id](value);
  }
  return (
    <tr className={styles.full}>
      <th scope="row">{say.full}</th>
      {[...heads].map(([column, head]) => (
        <td
          key={column}
          data-label={cardLabel(head)}
          className={values[column] === undefined ? `${panel.number} ${panel.nothing}` : panel.number}
        >
          {values[column] ?? format.NOTHING}
        </td>
      ))}
      {exportable && <td className={panel.actions} />}
    </tr>
  );
}

/** A column's name, and what its figures are: the metric, the kind of interval, whose time. */
interface Head {
  readonly name: string;
  readonly fine: string;
  readonly help?: string;
}

const NO_HEAD: Head = { name: '', fine: '' };

function headOf(column: Column, task: Task, figures: RunFigures, { metric, scale }: Shown): Head {
  const name = say.columns[column];
  const short = words.metrics[metric].name;
  const ofMetric = words.chart.shortAxes[scale](short, baselineName(figures));
  switch (column) {
    case 'meanError':
    case 'p95Error':
      return { name, fine: ofMetric };
    case 'fileBytes':
      return { name, fine: say.wholeFile };
    case 'worstError':
      return { name: metric === 'block' ? say.worstBlock : name, fine: ofMetric };
    case 'bitsPerWeight':
      return { name, fine: say.storedBits };
    case 'activationBits':
    case 'cacheBits':
      return { name, fine: say.besideBits };
    case 'tokens':
      return { name: task === 'classification' ? words.images.compare.images : name, fine: '' };
    case 'milliseconds':
      return { name, fine: '', help: say.clockHelp };
    case 'klTail':
      return { name, fine: say.intervals[intervalIn(figures, column) ?? 'none'], help: say.tailHelp };
    default:
      return { name, fine: say.intervals[intervalIn(figures, column) ?? 'none'] };
  }
}

/** Results of before may have a figure without the interval that it has now. */
function intervalIn({ rows }: RunFigures, id: MeasureId): Measure['interval'] {
  const { interval: kind, bounds } = MEASURES[id];
  return rows.length === 0 || rows.some((row) => bounds?.(row)) ? kind : null;
}

/** On a narrow screen the name stands before every value, so it says whose error it is too. */
function cardLabel({ name, fine }: Head): string {
  return fine === '' ? name : `${name}, ${fine}`;
}

function isBest(best: ReturnType<typeof bestRows>, column: Column, { row }: ComparedRow): boolean {
  return column in best && best[column as JudgedColumn].has(row);
}

interface SortHeaderProps {
  column: Column;
  head: Head;
  sorting: Sorting;
  onSort: (sorting: Sorting) => void;
}

/** Three presses: rising, falling, the recipe's own order. */
function SortHeader({ column, head, sorting, onSort }: SortHeaderProps) {
  const active = sorting.column === column;
  const next: Sorting = !active
    ? { column, descending: false }
    : sorting.descending
      ? { column: null, descending: false }
      : { column, descending: true };
  const order = active ? (sorting.descending ? 'descending' : 'ascending') : 'none';
  return (
    <th scope="col" className={panel.number} aria-sort={order}>
      <button type="button" className={styles.sort} title={head.help} onClick={() => onSort(next)}>
        <span className={styles.arrow} aria-hidden="true">
          {active ? (sorting.descending ? '↓' : '↑') : ''}
        </span>
        {head.name}
      </button>
      {head.fine !== '' && <span className={styles.headFine}>{head.fine}</span>}
    </th>
  );
}

interface MethodNameProps {
  row: ComparedRow;
  style: LineStyle | undefined;
  strips: Strips;
  shown: Shown;
}

function MethodName({ row, style, strips: { cells, places: across }, shown }: MethodNameProps) {
  const strip = cells.get(row.row);
  const places = shown.metric === 'block' ? say.blocks(row.missing) : say.layers(row.missing);
  return (
    <span className={styles.name}>
      {style && <Swatch style={style} />}
      <span className={styles.label}>{row.label}</span>
      {row.baseline && <Tag>{say.baseline}</Tag>}
      {row.marked > 0 && <Tag tone="warn">{say.marked(row.marked)}</Tag>}
      {row.missing > 0 && <Tag tone="warn">{say.missing(format.integer(row.missing), places)}</Tag>}
      {style && strip && <ResidualStrip cells={strip} places={across} style={style} />}
    </span>
  );
}

interface ValueProps {
  row: ComparedRow;
  column: Column;
  scale: Scale;
  /** Of how many sizes in the table; 0 where it is not best. With several sizes the word says of which. */
  best: number;
}

function Value({ row, column, scale, best }: ValueProps) {
  const fine = fineOf(row, column);
  return (
    <span className={styles.cell}>
      <span className={best > 0 ? `${styles.value} ${styles.bestValue}` : styles.value}>
        {best > 0 && (
          <span title={say.bestHelp}>
            <Tag tone="ok">{best > 1 ? say.bestOf(format.bits(row.bitsPerWeight)) : say.best}</Tag>
          </span>
        )}
        {row[column] === null ? <Missing row={row} column={column} /> : valueOf(row[column], column, scale)}
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

/** No value is not zero: either it was not measured, or what was measured did not come to a number. */
function Missing({ row, column }: { row: ComparedRow; column: Column }) {
  // Figures that come after the layers.
  const failed = isMeasure(column)
    ? row.evaluated && row.failed.has(column)
    : (column === 'meanError' || column === 'worstError') && row.missing > 0;
  return <span title={failed ? say.notAvailable : say.notYet}>{failed ? format.NOT_AVAILABLE : format.NOTHING}</span>;
}

const MEASURE_WRITTEN: Readonly<Record<Measure['format'], (value: number) => string>> = {
  ...{ perplexity: format.perplexity, nats: format.nats, share: format.fineShare },
  ...{ error: format.error, distance: format.distance },
};

const WRITTEN: Readonly<Record<Column, (value: number) => string>> = {
  bitsPerWeight: format.bits,
  activationBits: format.bits,
  cacheBits: format.bits,
  fileBytes: format.bytes,
  meanError: format.error,
  p95Error: format.error,
  worstError: format.error,
  ...byMeasure((measure) => MEASURE_WRITTEN[measure.format]),
  tokens: format.integer,
  milliseconds: format.duration,
};

function valueOf(value: number, column: Column, scale: Scale): string {
  return scale === 'difference' && isOfChart(column) ? format.signedError(value) : WRITTEN[column](value);
}

/** The second line of a cell: how often it is lowest, the worst place's name, a figure's interval. */
function fineOf(row: ComparedRow, column: Column): string {
  switch (column) {
    case 'meanError':
      return row.wins ? say.wins(format.integer(row.wins.of), format.integer(row.wins.places)) : '';
    case 'worstError':
      return row.worstPlace?.replace(/^model\./, '') ?? '';
    case 'cacheBits':
      return row.cacheParts ? say.cacheParts(format.bits(row.cacheParts.key), format.bits(row.cacheParts.value)) : '';
    case 'kl':
    case 'prediction': {
      const zero = row.zero === null ? '' : say.zero(WRITTEN[column](row.zero));
      return [interval(row.intervals[column], WRITTEN[column]), zero].filter(Boolean).join('; ');
    }
    default:
      return isMeasure(column) ? interval(row.intervals[column], WRITTEN[column]) : '';
  }
}

function interval(bounds: readonly [number, number] | null, write: (value: number) => string): string {
  if (bounds === null) return '';
  const [low, high] = bounds.map(write);
  return say.interval(low, high);
}
