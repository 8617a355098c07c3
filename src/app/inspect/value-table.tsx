/** A window of a tensor's values as a table, anywhere in it, with its place in fields and buttons. */
import { useId, useState } from 'react';
import type { ValueWindow } from '../../worker/protocol';
import { copyText } from '../clipboard';
import { Button, IconButton } from '../parts/button';
import { NumberField } from '../parts/field';
import { say } from './words';
import styles from './inspect.module.css';

/** Rows and columns of a window. */
const SIZE = 64;

interface ValueTableProps {
  rows: number;
  cols: number;
  window: ValueWindow | null;
  onLook: (row: number, col: number) => void;
}

export function ValueTable({ rows, cols, window: shown, onLook }: ValueTableProps) {
  const id = useId();
  return (
    <section className={styles.figure} aria-labelledby={id} data-values>
      <h3 id={id} tabIndex={-1}>
        {say.table}
      </h3>
      <p className={styles.small}>{say.tableText}</p>
      {shown === null ? (
        <p>
          <Button small onClick={() => onLook(0, 0)}>
            {say.showTable}
          </Button>
        </p>
      ) : (
        <>
          <Place key={`${shown.row} ${shown.col}`} rows={rows} cols={cols} shown={shown} onLook={onLook} />
          <Numbers shown={shown} />
        </>
      )}
    </section>
  );
}

function Place({ rows, cols, shown, onLook }: Omit<ValueTableProps, 'window'> & { shown: ValueWindow }) {
  const [row, setRow] = useState<number | null>(shown.row);
  const [col, setCol] = useState<number | null>(shown.col);
  const [copied, setCopied] = useState(false);
  const fits = (value: number | null, count: number) => value !== null && value >= 0 && value < count;
  const to = (dy: number, dx: number) => () => onLook(shown.row + dy * SIZE, shown.col + dx * SIZE);
  const { earlier } = say;
  return (
    <form
      className={styles.place}
      onSubmit={(event) => {
        event.preventDefault();
        if (row !== null && col !== null && fits(row, rows) && fits(col, cols)) onLook(row, col);
      }}
    >
      <NumberField label={say.row} value={row} min={0} max={rows - 1} whole onChange={setRow} />
      <NumberField label={say.col} value={col} min={0} max={cols - 1} whole onChange={setCol} />
      <Button small type="submit" disabled={!fits(row, rows) || !fits(col, cols)}>
        {say.go}
      </Button>
      <span className={styles.steps}>
        <IconButton
          icon="up"
          label={earlier.up}
          disabled={shown.row === 0}
          onClick={() => onLook(Math.max(0, shown.row - SIZE), shown.col)}
        />
        <IconButton icon="down" label={earlier.down} disabled={shown.row + SIZE >= rows} onClick={to(1, 0)} />
        <IconButton
          icon="left"
          label={earlier.left}
          disabled={shown.col === 0}
          onClick={() => onLook(shown.row, Math.max(0, shown.col - SIZE))}
        />
        <IconButton icon="right" label={earlier.right} disabled={shown.col + SIZE >= cols} onClick={to(0, 1)} />
      </span>
      <Button small look="quiet" icon="copy" onClick={async () => setCopied(await copyText(textOf(shown)))}>
        {copied ? say.copied : say.copy}
      </Button>
    </form>
  );
}

function Numbers({ shown }: { shown: ValueWindow }) {
  const { row, col, rows, cols, values } = shown;
  const numbers = (n: number) => Array.from({ length: n }, (_, i) => i);
  const name = say.window(
    say.rowsOf(String(row), String(row + rows - 1)),
    say.column(String(col), String(col + cols - 1)),
  );
  return (
    // A scroller of its own needs the keyboard.
    <div className={styles.numbers} tabIndex={0} role="region" aria-label={name}>
      <table>
        <caption className="visually-hidden">{name}</caption>
        <thead>
          <tr>
            <td />
            {numbers(cols).map((c) => (
              <th key={c} scope="col">
                {col + c}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {numbers(rows).map((r) => (
            <tr key={r}>
              <th scope="row">{row + r}</th>
              {numbers(cols).map((c) => (
                <td key={c}>{written(values[r * cols + c])}</td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** Whole numbers as they are, others to seven figures, which tell every F32 of one size apart. */
function written(value: number): string {
  if (!Number.isFinite(value)) return String(value).replace('Infinity', '∞');
  if (Number.isInteger(value)) return Object.is(value, -0) ? '-0' : String(value);
  return String(Number(value.toPrecision(7)));
}

/** Tab-separated, every digit. */
function textOf({ rows, cols, values }: ValueWindow): string {
  return Array.from({ length: rows }, (_, r) => values.subarray(r * cols, (r + 1) * cols).join('\t')).join('\n');
}
