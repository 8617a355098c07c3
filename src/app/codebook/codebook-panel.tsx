/** The codebook of one finished layer: what it stands for, how it is used, where each codeword stands, and what it all takes. */
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import { LEDGER_PARTS } from '../../quantizer/ledger';
import type { Ledger, Plan } from '../../run/events';
import { codebookRows, type ShownCodebook } from '../../store/codebooks';
import { useStore } from '../../store/react';
import type { CodebookView } from '../../worker/protocol';
import { useStudio } from '../context';
import * as format from '../format';
import { IconButton } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { SelectField } from '../parts/field';
import facts from '../parts/facts.module.css';
import panel from '../parts/panel.module.css';
import { IndexMap } from './index-map';
import { ScatterFigure } from './scatter-figure';
import { SignPlane } from './sign-plane';
import { UsageBars } from './usage-bars';
import styles from './codebook.module.css';
import { ledgerWords } from '../ledger-words';
import { codebookWords } from './words';

const say = codebookWords;

interface CodebookPanelProps {
  runId: string;
  plan: Plan;
  /** Whether a layer of a row is quantized: others have nothing to show yet. */
  quantized: (row: number, layer: number) => boolean;
  onClose: () => void;
}

export function CodebookPanel({ runId, plan, quantized, onClose }: CodebookPanelProps) {
  const shown = useStore(useStudio().codebooks, (state) => state.shown);
  if (shown?.runId !== runId) return null;
  return <Shown key={runId} shown={shown} plan={plan} quantized={quantized} onClose={onClose} />;
}

function Shown({ shown, plan, quantized, onClose }: Omit<CodebookPanelProps, 'runId'> & { shown: ShownCodebook }) {
  const { codebooks } = useStudio();
  const { runId, row, layer, book, state, view, failure } = shown;
  const title = useRef<HTMLHeadingElement>(null);
  // Opened from somewhere else on the screen: the eye and the keyboard follow.
  useEffect(() => {
    title.current?.focus({ preventScroll: true });
    title.current?.closest('section')?.scrollIntoView({ block: 'start' });
  }, [layer]);
  const open = (change: { row?: number; book?: number }) =>
    void codebooks.getState().open(runId, { row, layer, book, ...change });
  const rows = codebookRows(plan.rows).filter((one) => quantized(one.row, layer));
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.key === 'Escape' && !event.defaultPrevented) onClose();
  };
  return (
    <section className={`${panel.panel} ${styles.panel}`} aria-labelledby="codebook-title" onKeyDown={onKeyDown}>
      <header className={styles.head}>
        <h2 id="codebook-title" ref={title} tabIndex={-1} className={styles.title}>
          {say.titleOf(plan.layers[layer]?.name ?? '')}
        </h2>
        <IconButton icon="close" label={say.close} onClick={onClose} />
        {(rows.length > 1 || (view?.books ?? 1) > 1) && (
          <div className={styles.choices}>
            {rows.length > 1 && (
              <SelectField
                label={say.row}
                value={String(row)}
                choices={rows.map((one) => ({ value: String(one.row), text: one.label }))}
                onChange={(value) => open({ row: Number(value), book: 0 })}
              />
            )}
            {view && view.books > 1 && (
              <SelectField
                label={say.book}
                value={String(book)}
                choices={Array.from({ length: view.books }, (_, i) => ({
                  value: String(i),
                  text: say.bookOf(format.integer(i + 1), format.integer(view.books)),
                }))}
                onChange={(value) => open({ book: Number(value) })}
              />
            )}
          </div>
        )}
      </header>
      {rows.length === 1 && <p className={panel.muted}>{rows[0].label}</p>}
      {failure && <FailureAlert failure={failure} deeds={{}} />}
      {state === 'ready' && !view && <p>{say.none}</p>}
      {state === 'busy' && !view && <p role="status">{say.busy}</p>}
      {/* Another book of the same weight is another picture: what was chosen in the last one means nothing here. */}
      {view && <Pictures key={`${view.row} ${view.layer} ${view.book}`} view={view} />}
    </section>
  );
}

function Pictures({ view }: { view: CodebookView }) {
  const [chosen, setChosen] = useState<number | null>(null);
  return (
    <>
      <div className={styles.top}>
        <ScatterFigure view={view} chosen={chosen} onChoose={setChosen} />
        <div className={styles.side}>
          <Facts view={view} />
          <UsageBars view={view} />
          <Bits ledger={view.ledger} />
        </div>
      </div>
      <div className={styles.pictures}>
        <IndexMap view={view} chosen={chosen === null ? null : view.words.index[chosen]} />
        {view.signs && <SignPlane signs={view.signs} />}
      </div>
    </>
  );
}

function Facts({ view }: { view: CodebookView }) {
  const { rows, cols, codewords, dim, codebookBits, books, tile, usage, scaleBlock, signs, shared } = view;
  const integer = format.integer;
  const range = (from: number, count: number) => `${integer(from)}–${integer(from + count - 1)}`;
  const entries: [string, string][] = [
    [say.facts.size, say.sizeValue(integer(rows), integer(cols))],
    [say.facts.shape, say.shapeValue(integer(codewords), String(dim), String(codebookBits))],
    ...(shared ? [[say.facts.shared, say.shared] as [string, string]] : []),
    ...(books > 1
      ? [[say.facts.tile, say.tile(range(tile.row, tile.rows), range(tile.col, tile.cols))] as [string, string]]
      : []),
    [say.facts.used, say.usedValue(integer(usage.used), integer(codewords))],
    [say.facts.entropy, format.ratio(usage.entropy)],
    ...(signs ? [[say.facts.signs, say.signsValue] as [string, string]] : []),
    ...(scaleBlock !== null ? [[say.facts.scales, say.scalesValue(integer(scaleBlock))] as [string, string]] : []),
  ];
  return (
    <dl className={facts.facts}>
      {entries.map(([name, value]) => (
        <div key={name} className={styles.fact}>
          <dt>{name}</dt>
          <dd>{value}</dd>
        </div>
      ))}
    </dl>
  );
}

function Bits({ ledger }: { ledger: Ledger }) {
  const each = (bits: number) => `${format.fineBits(bits / ledger.weights)}`;
  return (
    <table className={styles.bits}>
      <caption>{say.ledger}</caption>
      <tbody>
        {LEDGER_PARTS.filter((part) => ledger.parts[part] > 0).map((part) => (
          <tr key={part}>
            <th scope="row" title={ledgerWords.partsHelp[part]}>
              {ledgerWords.parts[part]}
            </th>
            <td>{each(ledger.parts[part])}</td>
            <td>{format.bytes(ledger.parts[part] / 8)}</td>
          </tr>
        ))}
      </tbody>
      <tfoot>
        <tr>
          <th scope="row">{ledgerWords.total}</th>
          <td>
            {each(ledger.total)} {say.perWeight}
          </td>
          <td>{format.bytes(ledger.total / 8)}</td>
        </tr>
      </tfoot>
    </table>
  );
}
