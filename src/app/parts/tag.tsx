/** A short word about something: precomputed, baseline, best, retried. */
import type { ReactNode } from 'react';
import styles from './tag.module.css';

export function Tag({ tone, children }: { tone?: 'ok' | 'warn' | 'error'; children: ReactNode }) {
  return <span className={tone ? `${styles.tag} ${styles[tone]}` : styles.tag}>{children}</span>;
}
