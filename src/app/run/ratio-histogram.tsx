/**
 * How sure the mixtures are: the largest ratio of each sub-vector in ten bins, filled as it is now and outlined as it was before the
 * first step, with its numbers as a table. The bars glide only where motion is welcome (the stylesheet asks).
 */
import { useState } from 'react';
import * as format from '../format';
import { words } from '../words';
import chart from '../chart/chart.module.css';
import styles from './training.module.css';

interface RatioHistogramProps {
  first: readonly number[] | null;
  now: readonly number[];
}

export function RatioHistogram({ first, now }: RatioHistogramProps) {
  const shares = sharesOf(now);
  const before = first && sharesOf(first);
  const highest = Math.max(...shares, ...(before ?? []), 0.1);
  const sum = (values: readonly number[]) => values.reduce((total, value) => total + value, 0);
  const sentence = words.training.ratiosSentence(
    format.fineShare(shares[shares.length - 1]),
    format.fineShare(sum(shares.slice(0, shares.length / 2))),
  );
  return (
    <figure className={styles.ratios}>
      <figcaption title={words.training.ratiosHelp}>{words.training.ratios}</figcaption>
      <div className={styles.bars} role="img" aria-label={sentence}>
        {shares.map((share, bin) => (
          <div key={bin} className={styles.slot}>
            {before && <span className={styles.before} style={{ height: `${(100 * before[bin]) / highest}%` }} />}
            <span className={styles.bar} style={{ height: `${(100 * share) / highest}%` }} />
          </div>
        ))}
      </div>
      <div className={styles.scale} aria-hidden="true">
        <span>0</span>
        <span>0.5</span>
        <span>1</span>
      </div>
      <RatioTable before={before} now={shares} />
    </figure>
  );
}

/** Built only once it is opened. */
function RatioTable({ before, now }: { before: readonly number[] | null; now: readonly number[] }) {
  const [open, setOpen] = useState(false);
  return (
    <details className={chart.details} onToggle={(event) => setOpen(event.currentTarget.open)}>
      <summary>{words.training.ratiosTable}</summary>
      {open && <Numbers before={before} now={now} />}
    </details>
  );
}

function Numbers({ before, now }: { before: readonly number[] | null; now: readonly number[] }) {
  const edge = (bin: number) => String(bin / now.length);
  return (
    // A scroller of its own needs the keyboard.
    <div className={chart.tableFrame} tabIndex={0} role="region" aria-label={words.training.ratiosTable}>
      <table>
        <caption className="visually-hidden">{words.training.ratios}</caption>
        <thead>
          <tr>
            <th scope="col">{words.training.ratio}</th>
            {before && <th scope="col">{words.training.atStart}</th>}
            <th scope="col">{words.training.atPresent}</th>
          </tr>
        </thead>
        <tbody>
          {now.map((share, bin) => (
            <tr key={bin}>
              <th scope="row">{words.training.ratioBin(edge(bin), edge(bin + 1))}</th>
              {before && <td>{format.fineShare(before[bin])}</td>}
              <td>{format.fineShare(share)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function sharesOf(counts: readonly number[]): number[] {
  const all = counts.reduce((sum, count) => sum + count, 0);
  return counts.map((count) => (all === 0 ? 0 : count / all));
}
