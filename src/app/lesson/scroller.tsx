/** A table that may be wider than its place: it scrolls by itself, and by keys too. */
import type { ReactNode } from 'react';
import styles from './residual/residual.module.css';

export function Scroller({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div className={styles.scroller} role="group" aria-label={label} tabIndex={0}>
      {children}
    </div>
  );
}
