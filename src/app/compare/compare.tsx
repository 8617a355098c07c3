/** Methods side by side: lines over the layers, the table of what it came to, and the files to take away. */
import { useDeferredValue, useEffect, useRef } from 'react';
import { useStore } from '../../store/react';
import { isFileId } from '../../store/result-file';
import { useStudio } from '../context';
import * as format from '../format';
import { Button } from '../parts/button';
import { SelectField } from '../parts/field';
import { FailureAlert } from '../parts/failure';
import { Tag } from '../parts/tag';
import { isPlaceholder, PRECOMPUTED_ID } from '../precomputed';
import { recipeInShort } from '../recipe-words';
import { useSampled } from '../hooks';
import { liveOf, SAMPLE_MS, SAMPLE_SOURCE, useRunSource, type RunSource } from '../run-source';
import { ShareButton } from '../share/share-button';
import { sharedOf } from '../share/shared-of';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { Comparison } from './comparison';
import styles from './compare.module.css';
import { compareWords } from './table-words';

export function Compare({ id }: { id: string | null }) {
  const studio = useStudio();
  const found = useRunSource(id);
  const files = useStore(studio.resultFiles);
  const runsLoaded = useStore(studio.storedRuns, (state) => state.loaded);
  const kept = id !== null && files.kept.some((one) => one.id === id);
  const { restore } = files;
  useEffect(() => {
    if (kept && id !== null) void restore(id);
  }, [kept, id, restore]);
  // Without a run of one's own there is the sample to read. An address that names a run never shows another's figures.
  const source = found ?? (id === null ? SAMPLE_SOURCE : null);
  // A large one is drawn in pieces while the page answers. What follows it, as a run grows, takes the place of what stands.
  const drawn = useDeferredValue(source, source !== null && isLarge(source) ? null : source);

  return (
    <div className={panel.screen}>
      <header className={styles.head}>
        <div className={styles.title}>
          <h1 tabIndex={-1}>{compareWords.title}</h1>
          {source && <SourceLine source={source} />}
        </div>
        {source && <ShareButton {...sharedOf(source)} />}
        <RunPicker id={source?.id ?? id} source={source} />
      </header>
      {files.failure && (
        <FailureAlert failure={files.failure} said={compareWords.notResults} onDismiss={files.dismiss} />
      )}
      {files.notKept && (
        <p role="status" className={`${panel.panel} ${styles.note}`}>
          {compareWords.notKept(files.notKept.name, files.notKept.why)}
          <Button small look="quiet" onClick={files.dismiss}>
            {words.failure.dismiss}
          </Button>
        </p>
      )}
      {source ? (
        drawn ? (
          <Comparison key={drawn.id} source={drawn} />
        ) : (
          <p role="status">{compareWords.gone.reading}</p>
        )
      ) : (
        <NotHere file={id !== null && isFileId(id)} reading={kept || !(files.loaded && runsLoaded)} />
      )}
    </div>
  );
}

/** Results of which drawing all at once would be felt. */
const LARGE = 2000;

function isLarge({ figures }: RunSource): boolean {
  return figures.layers.length > LARGE;
}

/** What the address names is not in this browser, or not read yet. */
function NotHere({ file, reading }: { file: boolean; reading: boolean }) {
  const { routes } = useStudio();
  const say = compareWords.gone;
  if (reading) return <p role="status">{say.reading}</p>;
  return (
    <div className={`${panel.panel} ${styles.note}`}>
      <p>
        <strong>{file ? say.file : say.run}</strong> {file ? say.fileText : say.runText}
      </p>
      <Button onClick={() => routes.getState().go({ screen: 'compare', id: PRECOMPUTED_ID })}>{say.sample}</Button>
    </div>
  );
}

function SourceLine({ source }: { source: RunSource }) {
  const { kind, modelName, recipe, result } = source;
  return (
    <p className={styles.source}>
      {kind === 'sample' && <Tag>{words.library.precomputed}</Tag>}
      {kind === 'sample' && isPlaceholder && <Tag tone="warn">{words.library.placeholder}</Tag>}
      <span>
        {modelName} · {recipeInShort(recipe)}
        {result && ` · ${result.adapter} · ${format.date(result.date)}`}
      </span>
    </p>
  );
}

/** Which run is compared: those stored here, the sample, and results files that were opened. */
function RunPicker({ id, source }: { id: string | null; source: RunSource | null }) {
  const studio = useStudio();
  const runs = useStore(studio.storedRuns, (state) => state.runs);
  const live = useSampled(studio.run, liveOf, SAMPLE_MS);
  const files = useStore(studio.resultFiles, (state) => state.kept);
  const input = useRef<HTMLInputElement>(null);
  const say = compareWords;
  const known = [
    ...(live && live.layers.length > 0 ? [{ value: live.id, text: `${live.modelName}: ${say.live}` }] : []),
    ...runs
      .filter((run) => run.id !== live?.id && (run.result !== null || run.id === id))
      .map((run) => {
        const name = `${run.modelName}, ${format.dateTime(run.updated)}`;
        return { value: run.id, text: run.result === null ? say.stoppedRun(name) : name };
      }),
    ...files.map((one) => ({ value: one.id, text: say.importedRun(one.name) })),
    { value: PRECOMPUTED_ID, text: say.sampleRun },
  ];
  // What is shown is always among the choices; a list that lacks it would show another's name.
  const here = id === null || known.some((one) => one.value === id);
  const choices = here ? known : [{ value: id, text: source?.modelName ?? say.notHere }, ...known];
  return (
    <div className={styles.picker}>
      <SelectField
        label={say.which}
        value={id ?? PRECOMPUTED_ID}
        choices={choices}
        onChange={(chosen) => studio.routes.getState().go({ screen: 'compare', id: chosen })}
      />
      <Button icon="file" onClick={() => input.current?.click()}>
        {say.openFile}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,.svg,.png,.html,application/json"
        hidden
        aria-label={say.openFile}
        onChange={(event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          if (file) void studio.openResultsFile(file);
        }}
      />
    </div>
  );
}
