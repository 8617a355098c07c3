/** The visible target for files, with the buttons that do the same. */
import { useRef } from 'react';
import { useStore } from '../../store/react';
import type { PathedFile } from '../../store/models';
import { useStudio } from '../context';
import { filesOfInput } from '../drop';
import { Button } from '../parts/button';
import { words } from '../words';
import styles from './library.module.css';

export function DropCard() {
  const { models, take } = useStudio();
  const importing = useStore(models, (state) => state.importing);
  const files = useRef<HTMLInputElement>(null);
  const folder = useRef<HTMLInputElement>(null);

  return (
    <section className={styles.drop} aria-labelledby="drop-title">
      <h2 id="drop-title">{words.library.dropTitle}</h2>
      <p>{words.library.dropText}</p>
      <div className={styles.buttons}>
        <Button id="choose-files" icon="file" disabled={importing !== null} onClick={() => files.current?.click()}>
          {words.library.chooseFiles}
        </Button>
        <Button icon="folder" disabled={importing !== null} onClick={() => folder.current?.click()}>
          {words.library.chooseFolder}
        </Button>
      </div>
      <input
        ref={files}
        type="file"
        multiple
        hidden
        aria-label={words.library.chooseFiles}
        onChange={(event) => void take(taken(event.currentTarget))}
      />
      <input
        ref={(element) => {
          folder.current = element;
          // React has no name for it.
          if (element) element.webkitdirectory = true;
        }}
        type="file"
        hidden
        aria-label={words.library.chooseFolder}
        onChange={(event) => void take(taken(event.currentTarget))}
      />
    </section>
  );
}

/** Empties the input, so that the same files can be chosen again after a failure. */
function taken(input: HTMLInputElement): PathedFile[] {
  const files = input.files ? filesOfInput(input.files) : [];
  input.value = '';
  return files;
}
