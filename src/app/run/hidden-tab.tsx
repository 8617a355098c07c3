/** Says that a hidden tab is slow: while the run on the screen works, from the first time that the page was hidden. */
import { useState, useSyncExternalStore } from 'react';
import { words } from '../words';
import styles from './run.module.css';

export function HiddenTab() {
  const hidden = useSyncExternalStore(subscribe, isHidden);
  const [everHidden, setEverHidden] = useState(hidden);
  // Nobody reads it while the tab is hidden, so it stays.
  if (hidden && !everHidden) setEverHidden(true);
  return everHidden ? (
    <p className={styles.notice} role="status">
      {words.run.hiddenTab}
    </p>
  ) : null;
}

function subscribe(changed: () => void): () => void {
  document.addEventListener('visibilitychange', changed);
  return () => document.removeEventListener('visibilitychange', changed);
}

function isHidden(): boolean {
  return document.visibilityState === 'hidden';
}
