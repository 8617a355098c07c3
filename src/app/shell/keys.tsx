/** The button that opens the list of keys, and the one key that works everywhere and opens it too: '?', outside of fields, unless turned off. */
import { lazy, Suspense, useEffect, useRef } from 'react';
import { useStudio } from '../context';
import { Panel } from '../parts/dialog';
import { words } from '../words';
import styles from './footer.module.css';

const KeyList = lazy(async () => ({ default: (await import('../keys/key-list')).KeyList }));

/** What takes letters itself. */
const TAKES_LETTERS = 'input, textarea, select, [contenteditable], [role=textbox]';

export function Keys() {
  const { settings } = useStudio();
  const button = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key !== '?' || event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (!settings.getState().singleKeys || document.querySelector('dialog[open]')) return;
      if (event.target instanceof Element && event.target.matches(TAKES_LETTERS)) return;
      event.preventDefault();
      button.current?.click();
    };
    window.addEventListener('keydown', onKey);
    return () => window.removeEventListener('keydown', onKey);
  }, [settings]);
  return (
    <Panel
      as="dialog"
      title={words.shell.keys}
      trigger={
        <button ref={button} type="button" className={styles.how}>
          {words.shell.keys}
        </button>
      }
    >
      <Suspense fallback={<p role="status">{words.place.loading}</p>}>
        <KeyList />
      </Suspense>
    </Panel>
  );
}
