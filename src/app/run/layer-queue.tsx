/** The layers in order: which are done, how well, and in what time. For all rows together or for one of them. */
import { memo, useEffect, useMemo, useRef, useState } from 'react';
import type { LayerResult, PlannedLayer } from '../../run/events';
import { codebookRows } from '../../store/codebooks';
import type { RunFigures, StoredPlace } from '../../store/run-view';
import type { Metric } from '../../report/series';
import * as format from '../format';
import { SelectField } from '../parts/field';
import { Icon } from '../parts/icon';
import { words } from '../words';
import styles from './run.module.css';
import { compareWords } from '../compare/table-words';
import { codebookWords } from '../codebook/words';

interface LayerQueueProps {
  figures: RunFigures;
  current: { readonly row: number; readonly layer: number } | null;
  metric: Metric;
  /** Layers that are quantized and not measured yet. */
  stored: readonly StoredPlace[];
  /** The block that trains; null where none does. */
  training: number | null;
  /** Shows the codebook of a layer of a row; absent where the codes are not in this browser. */
  onOpen?: (row: number, layer: number) => void;
}

const ALL = 'all';
const NONE: readonly LayerResult[] = [];
const NO_ROWS: readonly number[] = [];

export function LayerQueue({ figures, current, metric, stored, training, onOpen }: LayerQueueProps) {
  const [row, setRow] = useState(ALL);
  const { plan, layers } = figures;
  const byLayer = useMemo(() => {
    const map = new Map<number, LayerResult[]>();
    for (const result of layers) {
      if (row !== ALL && result.row !== Number(row)) continue;
      const list = map.get(result.layer);
      if (list) list.push(result);
      else map.set(result.layer, [result]);
    }
    return map;
  }, [layers, row]);

  // By layer: the rows whose codes exist without figures, and the rows with codebooks to show.
  const quantized = useMemo(() => {
    const map = new Map<number, number[]>();
    for (const place of stored) {
      if (row === ALL || place.row === Number(row)) map.set(place.layer, [...(map.get(place.layer) ?? []), place.row]);
    }
    return map;
  }, [stored, row]);
  const withCodebooks = useMemo(() => new Set(codebookRows(plan?.rows ?? []).map((one) => one.row)), [plan]);

  const list = useRef<HTMLDivElement>(null);
  const at = current?.layer ?? null;
  useEffect(() => {
    const frame = list.current;
    // Whoever reads the list keeps their place.
    if (at === null || !frame || frame.matches(':hover, :focus-within, :focus')) return;
    const element = frame.querySelector<HTMLElement>(`[data-layer="${at}"]`);
    if (element) frame.scrollTop = element.offsetTop - frame.clientHeight / 2;
  }, [at]);

  if (!plan) return null;
  const rows = row === ALL ? plan.rows.length : 1;
  // Blocks have no error of a layer of their own: the list then shows the layers' outputs.
  const shown = metric === 'block' ? 'heldOutOutput' : metric;
  return (
    <div className={styles.queue}>
      <div className={styles.queueHead}>
        <h2 id="queue-title">{words.run.queue}</h2>
        <SelectField
          label={compareWords.method}
          value={row}
          choices={[
            { value: ALL, text: words.run.allRows },
            ...plan.rows.map((one) => ({ value: String(one.row), text: one.label })),
          ]}
          onChange={setRow}
        />
      </div>
      <div ref={list} className={styles.list} tabIndex={0} role="region" aria-labelledby="queue-title">
        <table>
          <caption className="visually-hidden">{words.run.queueTable}</caption>
          <thead>
            <tr>
              <th scope="col">{words.chart.layerAxis}</th>
              <th scope="col">{words.run.state}</th>
              <th
                scope="col"
                className={styles.number}
                title={rows > 1 ? words.run.errorSpanHelp(words.metrics[shown].name) : words.metrics[shown].name}
              >
                {rows > 1 ? words.run.errorSpan : words.run.error}
              </th>
              {row !== ALL && (
                <th scope="col" className={styles.number} title={compareWords.columns.bitsPerWeight}>
                  {words.run.bits}
                </th>
              )}
              <th scope="col" className={styles.number} title={words.run.wallTimeHelp}>
                {words.run.wallTime}
              </th>
            </tr>
          </thead>
          <tbody>
            {plan.layers.map((layer, i) => {
              const results = byLayer.get(layer.index) ?? NONE;
              const waiting = quantized.get(layer.index) ?? NO_ROWS;
              const left = results.length + waiting.length < rows;
              const running = left && (at === layer.index || training === layer.block);
              const open = [...results.map((result) => result.row), ...waiting].find((one) => withCodebooks.has(one));
              return (
                <LayerRow
                  key={layer.index}
                  layer={layer}
                  firstOfBlock={i === 0 || plan.layers[i - 1].block !== layer.block}
                  results={results}
                  // Lists grow in place between renders of the memo: their length says whether anything is new.
                  count={results.length}
                  rows={rows}
                  waiting={waiting.length}
                  openRow={onOpen ? (open ?? null) : null}
                  onOpen={onOpen}
                  bits={row !== ALL}
                  running={running}
                  metric={shown}
                />
              );
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface LayerRowProps {
  layer: PlannedLayer;
  firstOfBlock: boolean;
  results: readonly LayerResult[];
  count: number;
  rows: number;
  /** Rows that are quantized and not measured. */
  waiting: number;
  /** The row whose codebook the name opens; null where there is none. */
  openRow: number | null;
  onOpen: LayerQueueProps['onOpen'];
  /** Whether the size is shown, which differs from row to row. */
  bits: boolean;
  running: boolean;
  metric: Exclude<Metric, 'block'>;
}

const LayerRow = memo(
  function LayerRow(props: LayerRowProps) {
    const { layer, firstOfBlock, results, rows, waiting, openRow, onOpen, bits, running, metric } = props;
    const status = running ? 'running' : statusOf(results, waiting, rows);
    const notes = results.map((result) => result.note).filter((note) => note !== null);
    const time = results.reduce((sum, result) => sum + result.milliseconds, 0);
    return (
      <>
        {firstOfBlock && (
          <tr className={styles.blockRow}>
            <th scope="rowgroup" colSpan={bits ? 5 : 4}>
              {words.run.block(String(layer.block))}
            </th>
          </tr>
        )}
        <tr
          data-layer={layer.index}
          className={status === 'running' ? styles.running : status === 'queued' ? styles.queued : undefined}
        >
          <th scope="row" className={styles.layerName} title={layer.name}>
            {openRow === null ? (
              shortName(layer.name)
            ) : (
              <button
                type="button"
                className={styles.open}
                title={codebookWords.open(layer.name)}
                onClick={() => onOpen?.(openRow, layer.index)}
              >
                {shortName(layer.name)}
              </button>
            )}
          </th>
          <td>
            <span
              className={
                status === 'retried' || status === 'rounded' ? `${styles.status} ${styles.warn}` : styles.status
              }
              title={notes.join(' ') || (status === 'stored' ? words.run.storedHelp : undefined)}
            >
              {status === 'done' && <Icon name="check" size={12} />}
              {(status === 'retried' || status === 'rounded') && <Icon name="warning" size={12} />}
              {words.run.statuses[status]}
              {status === 'stored' && <span className="visually-hidden">: {words.run.storedHelp}</span>}
              {notes.length > 0 && <span className="visually-hidden">: {notes.join(' ')}</span>}
            </span>
          </td>
          <td className={styles.number}>{errorRange(results, metric)}</td>
          {bits && (
            <td className={styles.number}>{results.length === 0 ? '' : format.bits(results[0].bitsPerWeight)}</td>
          )}
          <td className={styles.number}>{results.length === 0 ? '' : format.duration(time)}</td>
        </tr>
      </>
    );
  },
  (before, after) =>
    before.layer === after.layer &&
    before.count === after.count &&
    before.rows === after.rows &&
    before.waiting === after.waiting &&
    before.openRow === after.openRow &&
    before.onOpen === after.onOpen &&
    before.bits === after.bits &&
    before.running === after.running &&
    before.metric === after.metric &&
    before.results[0]?.row === after.results[0]?.row,
);

function statusOf(results: readonly LayerResult[], waiting: number, rows: number) {
  if (results.length === rows) return worstStatus(results);
  return waiting > 0 && results.length + waiting === rows ? 'stored' : 'queued';
}

function worstStatus(results: readonly LayerResult[]): LayerResult['status'] {
  if (results.some((result) => result.status === 'rounded')) return 'rounded';
  return results.some((result) => result.status === 'retried') ? 'retried' : 'done';
}

/** One value, or the lowest and the highest of the rows. */
function errorRange(results: readonly LayerResult[], metric: LayerRowProps['metric']): string {
  const values = results.map((result) => result.errors[metric]).filter((value) => value !== null);
  if (values.length === 0) return '';
  const [low, high] = [Math.min(...values), Math.max(...values)].map(format.shortError);
  return low === high ? low : `${low}–${high}`;
}

/** What is the same in every layer's name says nothing: 'model.layers.3.mlp.down_proj' is 'mlp.down_proj' in block 3. */
function shortName(name: string): string {
  return name.replace(/^.*?\.\d+\./, '').replace(/\.weight$/, '');
}
