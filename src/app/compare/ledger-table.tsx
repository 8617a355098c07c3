/** Where each row's bits go: a table of bits per weight by part, with a bar that shows the same against 16-bit weights. */
import { useMemo, useState } from 'react';
import { LEDGER_PARTS } from '../../quantizer/ledger';
import type { Ledger, LedgerPart } from '../../run/events';
import { rowLedgers } from '../../store/ledgers';
import { stylesOf } from '../chart/model';
import { colorOf, Swatch } from '../chart/swatch';
import { coverageWords } from '../coverage-words';
import * as format from '../format';
import type { LineStyle } from '../../report/palette';
import type { RunSource } from '../run-source';
import panel from '../parts/panel.module.css';
import styles from './ledger-table.module.css';
import { ledgerWords } from '../ledger-words';
import { compareWords } from './table-words';

/** How strongly each part is filled: the row's colour names the row, its strength the part. */
const STRENGTH: Readonly<Record<LedgerPart, number>> = {
  indices: 1,
  codebooks: 0.62,
  scales: 0.4,
  zeros: 0.28,
  signs: 0.8,
  groups: 0.18,
  factors: 0.7,
  mask: 0.5,
  tables: 0.34,
  vectors: 0.22,
};

export function LedgerTable({ source }: { source: RunSource }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={styles.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{ledgerWords.title}</summary>
      {open && <Ledgers source={source} />}
    </details>
  );
}

function Ledgers({ source: { figures, recipe } }: { source: RunSource }) {
  const ledgers = useMemo(() => rowLedgers(figures, recipe), [figures, recipe]);
  const looks = useMemo(() => stylesOf(figures), [figures]);
  const rows = figures.plan?.rows.filter(({ row }) => ledgers.has(row)) ?? [];
  const covered = figures.plan?.coverage !== undefined;
  // A part that no row has would be a column of dashes.
  const parts = LEDGER_PARTS.filter((part) => [...ledgers.values()].some((ledger) => ledger.parts[part] > 0));
  return (
    <div className={styles.body}>
      <p className={panel.muted}>{ledgerWords.hint}</p>
      {/* A scroller of its own needs the keyboard. */}
      <div className={panel.tableFrame} tabIndex={0} role="region" aria-label={ledgerWords.table}>
        <table className={`${panel.table} ${panel.cards}`}>
          <caption className="visually-hidden">{ledgerWords.table}</caption>
          <thead>
            <tr>
              <th scope="col">{compareWords.method}</th>
              <th scope="col" className={styles.barHead}>
                {ledgerWords.sixteen}
              </th>
              {parts.map((part) => (
                <th key={part} scope="col" className={panel.number} title={ledgerWords.partsHelp[part]}>
                  {ledgerWords.parts[part]}
                </th>
              ))}
              <th scope="col" className={panel.number}>
                {ledgerWords.total}
              </th>
              {covered && (
                <th scope="col" className={panel.number} title={coverageWords.fileHelp}>
                  {coverageWords.file}
                </th>
              )}
              <th scope="col" className={panel.number}>
                {ledgerWords.size}
              </th>
              <th scope="col" className={panel.number}>
                {ledgerWords.against}
              </th>
            </tr>
          </thead>
          <tbody>
            {rows.map(({ row, label, fileBitsPerWeight: planned }) => {
              const measured = figures.rows.find((summary) => summary.row === row)?.fileBitsPerWeight;
              const fileBits = covered ? (measured ?? planned ?? null) : undefined;
              const own = { label, parts, fileBits, ledger: ledgers.get(row), look: looks.get(row) };
              return <LedgerRow key={row} {...own} />;
            })}
          </tbody>
        </table>
      </div>
    </div>
  );
}

interface LedgerRowProps {
  label: string;
  ledger: Ledger | undefined;
  parts: readonly LedgerPart[];
  /** Bits per weight of the whole file; undefined where the table has no such column. */
  fileBits: number | null | undefined;
  look: LineStyle | undefined;
}

function LedgerRow({ label, ledger, parts, fileBits, look }: LedgerRowProps) {
  if (!ledger) return null;
  const each = (bits: number) => (bits === 0 ? format.NOTHING : format.fineBits(bits / ledger.weights));
  return (
    <tr>
      <th scope="row">
        <span className={styles.name}>
          {look && <Swatch style={look} />}
          {label}
        </span>
      </th>
      <td className={styles.bar}>{look && <Bar ledger={ledger} look={look} />}</td>
      {parts.map((part) => (
        <td key={part} data-label={ledgerWords.parts[part]} className={panel.number}>
          {each(ledger.parts[part])}
        </td>
      ))}
      <td data-label={ledgerWords.total} className={`${panel.number} ${styles.total}`}>
        {each(ledger.total)}
      </td>
      {fileBits !== undefined && (
        <td data-label={coverageWords.file} className={panel.number}>
          {fileBits === null ? format.NOTHING : format.fineBits(fileBits)}
        </td>
      )}
      <td data-label={ledgerWords.size} className={panel.number}>
        {format.bytes(ledger.total / 8)}
      </td>
      <td data-label={ledgerWords.against} className={panel.number}>
        {ledgerWords.times(format.ratio(ledger.compression16))}
      </td>
    </tr>
  );
}

/** As wide as 16 bits a weight, filled part after part. The numbers are in the row. */
function Bar({ ledger, look }: { ledger: Ledger; look: LineStyle }) {
  let at = 0;
  return (
    <svg className={styles.drawing} viewBox="0 0 16 1" preserveAspectRatio="none" aria-hidden="true" focusable="false">
      {LEDGER_PARTS.map((part) => {
        const width = ledger.parts[part] / ledger.weights;
        const x = at;
        at += width;
        return (
          width > 0 && (
            <rect
              key={part}
              x={x}
              y="0"
              width={width}
              height="1"
              style={{ fill: colorOf(look), opacity: STRENGTH[part] }}
            >
              <title>{ledgerWords.parts[part]}</title>
            </rect>
          )
        );
      })}
    </svg>
  );
}
