/** The three terms beside the two that they collapse to, in numbers, for the column at work. */
import type { Problem } from '../../../lesson/residual/problem';
import { collapsedUpdate } from '../../../lesson/residual/collapse';
import { placeOf, type Trace } from '../../../lesson/residual/trace';
import { power, spoken } from '../numbers';
import { Collapsed } from './formula';
import { Scroller } from '../scroller';
import { residualWords } from './words';
import styles from './residual.module.css';

const words = residualWords.collapse;

export function Collapse({ problem, trace, step }: { problem: Problem; trace: Trace; step: number }) {
  return (
    <section className={styles.figure} aria-label={words.title}>
      <h3>{words.title}</h3>
      <p className={styles.terms}>
        <Collapsed />
      </p>
      <Numbers problem={problem} trace={trace} step={step} />
    </section>
  );
}

function Numbers({ problem, trace, step }: { problem: Problem; trace: Trace; step: number }) {
  const { terms, alpha, alpha2 } = trace.settings;
  if (!terms.compensation || !terms.drift || !terms.residual || alpha === 0) return <p>{words.off}</p>;
  if (alpha !== alpha2) return <p>{words.unequal}</p>;
  const { column, phase } = placeOf(step);
  const { rows, cols } = trace.start;
  if (phase === 'start' || column === cols - 1) return <p>{words.none}</p>;
  const { update } = trace.columns[column];
  const two = collapsedUpdate(problem, trace, column);
  const next = column + 1;
  const most = update.data.reduce((max, value, i) => Math.max(max, Math.abs(value - two.data[i])), 0);
  return (
    <>
      <Scroller label={words.caption(column + 1, next + 1)}>
        <table>
          <caption>{words.caption(column + 1, next + 1)}</caption>
          <thead>
            <tr>
              <th scope="col">{words.row}</th>
              <th scope="col">{words.three}</th>
              <th scope="col">{words.two}</th>
            </tr>
          </thead>
          <tbody>
            {Array.from({ length: rows }, (_, r) => (
              <tr key={r}>
                <th scope="row">{r + 1}</th>
                <td>{spoken(update.data[r * cols + next])}</td>
                <td>{spoken(two.data[r * cols + next])}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroller>
      <p>{words.difference(power(most))}</p>
    </>
  );
}
