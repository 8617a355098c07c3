/**
 * What each step of a row does: the rows that are parts of it, against it, by paired differences on the same held-out windows. Dots and
 * whiskers share a scale with 0 in it; their numbers stand beside them.
 */
import { useMemo, type CSSProperties } from 'react';
import type { WindowFigures } from '../../run/events';
import { LEAST_WINDOWS, partGroups, type Part, type PartGroup } from '../../run/paired-rows';
import type { RunFigures } from '../../store/run-view';
import { stylesOf } from '../chart/model';
import { colorOf, Swatch } from '../chart/swatch';
import * as format from '../format';
import type { LineStyle } from '../../report/palette';
import panel from '../parts/panel.module.css';
import { partWords as say, type Verdict } from './part-words';
import styles from './step-effects.module.css';

export function StepEffects({ figures }: { figures: RunFigures }) {
  const groups = useMemo(() => (figures.plan ? partGroups(figures.plan, figures.rows) : []), [figures]);
  const looks = useMemo(() => stylesOf(figures), [figures]);
  const labels = new Map(figures.plan?.rows.map(({ row, label }) => [row, label]));
  if (groups.length === 0) return null;
  const [{ of, windows }] = groups;
  const few = groups.some(({ parts }) => parts.some(({ difference }) => difference?.interval === null));
  return (
    <section className={panel.section} aria-labelledby="effects-title">
      <h2 id="effects-title">{say.title}</h2>
      <p className={panel.muted}>
        {say.hint(of, format.integer(windows))} {few && say.few(format.integer(LEAST_WINDOWS))}
      </p>
      {groups.map((group) => (
        <Group key={group.full} {...{ group, labels, looks }} />
      ))}
    </section>
  );
}

interface GroupProps {
  group: PartGroup;
  labels: ReadonlyMap<number, string>;
  looks: ReadonlyMap<number, LineStyle>;
}

function Group({ group: { full, of, parts }, labels, looks }: GroupProps) {
  const place = scaleOf(parts);
  return (
    <div className={panel.tableFrame}>
      <table className={`${panel.table} ${panel.cards} ${styles.table}`}>
        <caption className={styles.caption}>{say.against(labels.get(full) ?? '')}</caption>
        <thead>
          <tr>
            <th scope="col">{say.row}</th>
            <th scope="col" className={styles.plotHead}>
              {say.plot}
            </th>
            <th scope="col" className={panel.number}>
              {say.difference}
            </th>
            <th scope="col" className={panel.number}>
              {say.interval}
            </th>
            <th scope="col">{say.verdict}</th>
          </tr>
        </thead>
        <tbody>
          {parts.map(({ row, without, difference }) => {
            const name = say.without(format.list(without));
            const label = labels.get(row) ?? '';
            const look = looks.get(row);
            const interval = difference?.interval ?? null;
            return (
              <tr key={row}>
                <th scope="row">
                  <span className={panel.nameCell}>
                    {look && <Swatch style={look} />}
                    {name}
                  </span>
                  {!label.startsWith(name) && <span className={`${panel.second} ${styles.label}`}>{label}</span>}
                </th>
                <td className={styles.plot}>{look && difference && <Whisker {...{ difference, look, place }} />}</td>
                <td data-label={say.difference} className={panel.number}>
                  {difference === null ? format.NOT_AVAILABLE : WRITTEN[of](difference.mean)}
                </td>
                <td data-label={say.interval} className={panel.number}>
                  {interval === null ? format.NOTHING : say.bounds(WRITTEN[of](interval[0]), WRITTEN[of](interval[1]))}
                </td>
                <td data-label={say.verdict}>{say.verdicts[verdictOf(of, difference)]}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

const WRITTEN: Readonly<Record<WindowFigures['of'], (value: number) => string>> = {
  nll: format.signed,
  hit: (value) => format.signed(100 * value),
  trajectory: format.signed,
};

/** Of the row without a step, against the one with it. */
function verdictOf(of: WindowFigures['of'], difference: Part['difference']): Verdict {
  if (difference === null) return 'unknown';
  const [low, high] = difference.interval ?? [0, 0];
  if (low <= 0 && high >= 0) return 'unclear';
  return low > 0 === (of !== 'hit') ? 'worse' : 'better';
}

/** Where a difference stands on the scale that all parts of a row share, in percent; 0 is always on it. */
function scaleOf(parts: readonly Part[]): (value: number) => number {
  const ends = [
    0,
    ...parts.flatMap(({ difference }) => (difference ? [difference.mean, ...(difference.interval ?? [])] : [])),
  ];
  const [low, high] = [Math.min(...ends), Math.max(...ends)];
  // Clear of the edges, where half a dot would be cut off.
  return (value) => (high === low ? 50 : 4 + (92 * (value - low)) / (high - low));
}

interface WhiskerProps {
  difference: NonNullable<Part['difference']>;
  look: LineStyle;
  place: (value: number) => number;
}

function Whisker({ difference: { mean, interval }, look, place }: WhiskerProps) {
  const [low, high] = (interval ?? [mean, mean]).map(place);
  const at = (left: number, width?: number): CSSProperties => ({
    insetInlineStart: `${left}%`,
    ...(width === undefined ? {} : { inlineSize: `${width}%` }),
  });
  return (
    <span className={styles.scale} aria-hidden="true">
      <span className={styles.zero} style={at(place(0))} />
      <span className={styles.whisker} style={{ ...at(low, high - low), background: colorOf(look) }} />
      <span className={styles.dot} style={{ ...at(place(mean)), background: colorOf(look) }} />
    </span>
  );
}
