/**
 * A link with figures, at its own address: the author's numbers as Compare shows any, what it takes to run the same here, and after that
 * how far the two are apart. Reads on a phone without WebGPU; nothing runs by itself, and the recipe on the bench stays.
 */
import { useEffect, useMemo, useState } from 'react';
import type { FilesCompared } from '../../store/file-difference';
import { useStore } from '../../store/react';
import { figuresOf, isActive } from '../../store/run-view';
import type { SharedContent } from '../../store/shared';
import { neededBy } from '../../store/shared-needs';
import { Comparison } from '../compare/comparison';
import { useStudio } from '../context';
import * as format from '../format';
import type { RunSource } from '../run-source';
import { ERROR_ROUNDING, DIGITS } from '../../store/link-results';
import { Button, LinkButton } from '../parts/button';
import { ShareButton } from '../share/share-button';
import panel from '../parts/panel.module.css';
import facts from '../parts/facts.module.css';
import { DifferencePanel } from './difference-panel';
import { shared as say } from './words';
import styles from './shared.module.css';

export function Shared() {
  const { shared, routes } = useStudio();
  const route = useStore(routes, (state) => state.route);
  const opened = useStore(shared);
  // Of one link after another, the one before is not taken for the next.
  const content = route.screen === 'link' && route.payload === opened.payload ? opened.content : null;
  return (
    <div className={panel.screen}>
      <header className={styles.head}>
        <div className={styles.titleRow}>
          <h1 tabIndex={-1}>{say.title}</h1>
          {content && <ShareButton recipe={content.recipe} result={content.result} sample={content.sample} />}
        </div>
        <p className={panel.lead} role={content ? undefined : 'status'}>
          {content ? say.lead(content.result.model.name) : say.reading}
        </p>
      </header>
      {content && <Content content={content} />}
    </div>
  );
}

function Content({ content }: { content: SharedContent }) {
  const source = useMemo(() => sourceOf(content), [content]);
  return (
    <>
      {content.fault && (
        <p className={`${panel.panel} ${styles.fault}`} role="alert">
          {say.fault(content.fault)}
        </p>
      )}
      {content.note && (
        <blockquote className={`${panel.panel} ${styles.note}`}>
          <p className={panel.muted}>{say.noteTitle}</p>
          <p className={styles.noteText}>{content.note}</p>
        </blockquote>
      )}
      <Comparison source={source} />
      <div className={styles.beside}>
        <RunHere content={content} />
        <Facts content={content} />
      </div>
      <DifferencePanel content={content} />
    </>
  );
}

function sourceOf({ result }: SharedContent): RunSource {
  const { recipe, model } = result;
  const figures = figuresOf(result);
  return {
    kind: 'file',
    id: 'link',
    modelName: model.name,
    recipe,
    figures,
    result,
    live: null,
    stored: null,
    notices: [],
    elsewhere: false,
  };
}

/** Digits of a fingerprint that tell models apart. */
const PRINT = 24;
/** Digits of a file's that are shown; all that the result has are compared. */
const FILE_PRINT = 12;

function Facts({ content: { result } }: { content: SharedContent }) {
  const { model, plan, recipe, adapter, date, codeVersion } = result;
  const { title, ...names } = say.facts;
  return (
    <section className={panel.panel} aria-labelledby="shared-facts">
      <h2 id="shared-facts" className={styles.section}>
        {title}
      </h2>
      <dl className={facts.facts}>
        <dt>{names.model}</dt>
        <dd>
          {model.name} · {model.architecture} · {names.parameters(format.count(model.parameters))}
        </dd>
        <dt>{names.fingerprint}</dt>
        <dd>{model.fingerprint.slice(0, PRINT)}</dd>
        {model.files && model.files.length > 0 && (
          <>
            <dt>{names.files}</dt>
            <dd>
              {model.files.map(({ name, bytes, sha256, sliced = false }) => (
                <div key={name}>{names.fileText(name, format.bytes(bytes), sha256.slice(0, FILE_PRINT), sliced)}</div>
              ))}
            </dd>
          </>
        )}
        <dt>{names.data}</dt>
        <dd>{names.dataText(plan.calibrationLabel, plan.heldOutLabel, String(recipe.calibration.seed))}</dd>
        <dt>{names.machine}</dt>
        <dd>{names.machineText(adapter, format.date(date), codeVersion)}</dd>
        <dt>{names.rounding}</dt>
        <dd>{names.roundingText(format.smallShare(ERROR_ROUNDING), String(DIGITS))}</dd>
      </dl>
    </section>
  );
}

/** Of the same name, and another model: which of its files are not the author's. */
function namesakeSays(name: string, { apart }: FilesCompared): string[] {
  if (apart.length === 0) return [];
  return [say.here.namesake(name), ...apart.map((file) => say.difference.otherFile[file.is](file.name))];
}

function RunHere({ content }: { content: SharedContent }) {
  const studio = useStudio();
  const models = useStore(studio.models, (state) => state.models);
  const gpuMissing = useStore(studio.device, (state) => state.gpu.state === 'none');
  const active = useStore(studio.run, ({ run }) => (run !== null && isActive(run.phase) ? run.id : null));
  const [asked, setAsked] = useState(false);
  const needed = useMemo(() => neededBy(content, models), [content, models]);
  const { recipe, result, sample: sampleId } = content;
  const { model, sample, namesake, files } = needed;
  const held = useStore(studio.shared, (state) => state.held);
  useEffect(() => {
    if (namesake) void studio.shared.getState().hold(namesake);
  }, [studio, namesake]);
  const text = say.here;
  const ready = recipe !== null && (model !== null || sample !== null) && files.length === 0;
  const why = [
    recipe === null ? text.noRecipe : '',
    recipe !== null && model === null && sample === null
      ? text.needModel(result.model.name, result.model.fingerprint.slice(0, 8))
      : '',
    ...(namesake && held?.key === namesake.key ? namesakeSays(namesake.name, held.files) : []),
    recipe !== null && files.length > 0 ? text.needFiles(format.list(files)) : '',
    gpuMissing && recipe !== null ? text.noGpu : '',
    active !== null && ready ? (asked ? text.running : text.busy) : '',
  ].filter((one) => one !== '');
  return (
    <section className={panel.panel} aria-labelledby="shared-run">
      <h2 id="shared-run" className={styles.section}>
        {text.title}
      </h2>
      {ready && <p className={panel.muted}>{text.text}</p>}
      {why.map((one) => (
        <p key={one} role="status">
          {one}
        </p>
      ))}
      <div className={styles.buttons}>
        {ready && active === null && (
          <Button
            look="primary"
            icon="run"
            disabled={gpuMissing}
            onClick={() => (setAsked(true), studio.runShared(needed))}
          >
            {sample ? text.runSample(sample.title) : text.run}
          </Button>
        )}
        {active !== null && <LinkButton href={`#/run/${active}`}>{text.toRun}</LinkButton>}
        {!ready && recipe !== null && model === null && <LinkButton href="#/library">{text.library}</LinkButton>}
        {recipe !== null && (
          <Button
            look="quiet"
            icon="recipe"
            onClick={() => {
              if (model) studio.models.getState().open(model.key);
              studio.recipes.getState().loadLink(recipe, sampleId);
              studio.routes.getState().go({ screen: 'recipe' });
            }}
          >
            {text.toBench}
          </Button>
        )}
      </div>
    </section>
  );
}
