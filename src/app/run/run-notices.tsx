/** What a run had to say on the way: values that are not finite, a full disk, another adapter. With the run, and with its figures. */
import type { RunSource } from '../run-source';
import { words } from '../words';
import styles from './run.module.css';

export function RunNotices({ source: { notices } }: { source: RunSource }) {
  if (notices.length === 0) return null;
  return (
    <section className={styles.notices} aria-label={words.run.notices} role="status">
      <ul>
        {notices.map(({ code, sentence }, i) => (
          <li key={i}>
            {sentence} <span className={styles.code}>{code}</span>
          </li>
        ))}
      </ul>
    </section>
  );
}
