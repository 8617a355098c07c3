/**
 * The names of lines that can be looked at by themselves: buttons, one stop of the Tab key among which arrow keys move. A name that is
 * pointed at, or has the focus, lets its line stand out.
 */
import { useRef, useState, type KeyboardEvent } from 'react';
import * as format from '../format';
import type { Meaning } from '../../report/palette';
import { titleOf } from '../../report/series';
import type { ChartLine } from './model';
import { Swatch } from './swatch';
import { viewWords as say } from './view-words';
import chart from './chart.module.css';
import styles from './view.module.css';

export interface Choosing {
  /** Rows that are looked at by themselves; empty: all. */
  readonly only: ReadonlySet<number>;
  readonly onPress: (row: number) => void;
  readonly onAll: () => void;
  readonly onRaise: (row: number | null) => void;
}

const STEPS: Readonly<Record<string, (at: number, count: number) => number>> = {
  ArrowRight: (at, count) => (at + 1) % count,
  ArrowDown: (at, count) => (at + 1) % count,
  ArrowLeft: (at, count) => (at + count - 1) % count,
  ArrowUp: (at, count) => (at + count - 1) % count,
  Home: () => 0,
  End: (_, count) => count - 1,
};

interface LegendProps extends Choosing {
  lines: readonly ChartLine[];
  meanings: readonly Meaning[];
}

export function Legend({ lines, meanings, only, onPress, onAll, onRaise }: LegendProps) {
  const list = useRef<HTMLUListElement>(null);
  const [stop, setStop] = useState(0);
  const onKeyDown = (event: KeyboardEvent) => {
    if (!Object.hasOwn(STEPS, event.key) || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    const buttons = [...(list.current?.querySelectorAll('button') ?? [])];
    const at = buttons.findIndex((button) => button === event.target);
    buttons[STEPS[event.key](Math.max(0, at), buttons.length)]?.focus();
  };
  const chosen = only.size > 0;
  return (
    <>
      <ul ref={list} className={chart.legend} aria-label={say.legend} onKeyDown={onKeyDown}>
        {lines.map((line, i) => {
          const shown = !chosen || only.has(line.row);
          return (
            <li key={line.row}>
              <button
                type="button"
                className={shown ? styles.legendName : `${styles.legendName} ${styles.away}`}
                aria-pressed={only.has(line.row)}
                tabIndex={i === Math.min(stop, lines.length - 1) ? 0 : -1}
                onClick={() => onPress(line.row)}
                onFocus={(event) => {
                  setStop(i);
                  if (event.currentTarget.matches(':focus-visible')) onRaise(line.row);
                }}
                onBlur={() => onRaise(null)}
                onPointerEnter={(event) => event.pointerType !== 'touch' && onRaise(line.row)}
                onPointerLeave={() => onRaise(null)}
              >
                <Swatch style={line.style} />
                <span>{line.legend ?? line.label}</span>
              </button>
            </li>
          );
        })}
        {chosen && (
          <li>
            <span role="status">{say.only(format.integer(only.size), format.integer(lines.length))}</span>
            <button type="button" className={styles.legendAll} tabIndex={-1} onClick={onAll}>
              {say.all}
            </button>
          </li>
        )}
      </ul>
      {meanings.map((meaning) => (
        <Key key={`${meaning.channel} ${meaning.method}`} meaning={meaning} />
      ))}
    </>
  );
}

/** What a dash or a marker says, whichever row has it. */
function Key({ meaning: { channel, method, entries } }: { meaning: Meaning }) {
  const name = method === null ? say.dash : say.marker(titleOf(method));
  return (
    <p className={styles.key}>
      <span>{name}</span>
      {entries.map(({ style, text }) => (
        <span key={text} className={styles.keyEntry}>
          <Swatch style={channel === 'dash' ? style : { ...style, width: 0 }} />
          {text === '' ? say.plain : text}
        </span>
      ))}
    </p>
  );
}
