/** A run: the lines as they grow, what the engine is at, and the layers one by one. Also shows runs that are over. */
import { useCallback, useEffect, useMemo, useRef, useState } from 'react';
import type { Recipe } from '../../recipe/recipe';
import { useStore } from '../../store/react';
import { codebookRows } from '../../store/codebooks';
import { isActive, type LiveRun, type RunFigures, type StoredPlace } from '../../store/run-view';
import type { Scale } from '../../report/scales';
import { availableMetrics, baselineRow, shortLabels, type Metric } from '../../report/series';
import { differenceFrom, summarize } from '../../store/summary';
import { ChartFigure } from '../chart/chart-figure';
import { MetricBar } from '../chart/metric-bar';
import { chartOf } from '../chart/model';
import { summarySentence } from '../chart/summary-sentence';
import { useStudio } from '../context';
import { liveCount, storedCount } from '../count-words';
import * as format from '../format';
import { Button, LinkButton } from '../parts/button';
import { FailureAlert } from '../parts/failure';
import { Tag } from '../parts/tag';
import { isPlaceholder, precomputed, PRECOMPUTED_SAMPLE } from '../precomputed';
import { recipeInShort } from '../recipe-words';
import { SAMPLE_SOURCE, useRunSource, type RunSource } from '../run-source';
import { phaseWords } from '../shell/run-words';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { CodebookPanel } from '../codebook/codebook-panel';
import { LedgerTable } from '../compare/ledger-table';
import { Pictures } from '../pictures/pictures';
import { HiddenTab } from './hidden-tab';
import { LayerQueue } from './layer-queue';
import { RunFacts } from './run-facts';
import { RunNotices } from './run-notices';
import { StageStrip } from './stage-strip';
import { TrainingPanel } from './training-panel';
import styles from './run.module.css';

export function Run({ id }: { id: string | null }) {
  const source = useRunSource(id);
  const loaded = useStore(useStudio().storedRuns, (state) => state.loaded);
  if (!source) return <NoRun known={id === null} loaded={loaded} />;
  return <RunScreen source={source} />;
}

function NoRun({ known, loaded }: { known: boolean; loaded: boolean }) {
  return (
    <div className={panel.screen}>
      <h1 tabIndex={-1}>{words.run.title}</h1>
      {loaded && (
        <div className={`${panel.panel} ${styles.none}`}>
          <p>
            <strong>{known ? words.run.none : words.run.unknown}</strong> {words.run.noneText}
          </p>
          <div className={styles.buttons}>
            <LinkButton look="primary" href="#/recipe">
              {words.shell.screens.recipe}
            </LinkButton>
            <LinkButton href="#/library">{words.shell.screens.library}</LinkButton>
          </div>
        </div>
      )}
    </div>
  );
}

function RunScreen({ source }: { source: RunSource }) {
  const { live } = source;
  const { figures, precomputed: stands } = shownFigures(source);
  const [chosen, setMetric] = useState<Metric>('heldOutOutput');
  const [scale, setScale] = useState<Scale>('absolute');
  const available = useMemo(() => availableMetrics(figures), [figures]);
  const metric = available.includes(chosen) ? chosen : available[0];
  const current = live?.current ?? null;
  const model = useMemo(() => chartOf(figures, { metric, scale, current }), [figures, metric, scale, current]);
  const summary = useMemo(() => summarySentence(summarize(figures, metric)), [figures, metric]);
  const baseline = figures.plan ? baselineRow(figures.plan.rows) : null;
  const difference = useMemo(() => referenceDifference(source), [source]);
  const stored = live?.stored ?? NONE_STORED;
  const { open, close, quantized } = useCodebooks(source, stored);
  const openable = open !== undefined && metric !== 'block' && codebookRows(figures.plan?.rows ?? []).length > 0;
  const trainingBlock = live?.stage?.name === 'train' ? live.stage.block : null;

  return (
    <div className={panel.screen}>
      <header className={styles.head}>
        <h1 tabIndex={-1}>{words.run.titleOf(source.modelName)}</h1>
        <p className={styles.what}>
          <StateTag source={source} />
          <Count source={source} />
          <span>{recipeInShort(source.recipe)}</span>
        </p>
        <Actions source={source} />
      </header>
      <Trouble source={source} />
      {live && isActive(live.phase) && <HiddenTab key={live.id} />}
      {live && isActive(live.phase) && <StageStrip run={live} />}
      {figures.plan === null && live === null ? (
        <p className={panel.lead}>{words.run.noFigures}</p>
      ) : (
        <div className={styles.columns}>
          <div className={styles.work}>
            <div className={panel.panel}>
              <ChartFigure
                model={model}
                caption={
                  <span className={styles.until}>
                    {words.run.chartCaption}
                    {stands && <Tag>{words.run.untilFirst}</Tag>}
                  </span>
                }
                summary={difference === null ? summary : `${summary} ${difference}`}
                height={400}
                onOpen={openable ? (line, layer) => open(line.row, layer) : undefined}
                toolbar={
                  <MetricBar
                    metric={metric}
                    onMetric={setMetric}
                    available={available}
                    scale={scale}
                    onScale={setScale}
                    baseline={baseline && figures.plan ? (shortLabels(figures.plan.rows).get(baseline.row) ?? '') : ''}
                  />
                }
              />
            </div>
            <TrainingPanel source={source} />
            <Pictures source={source} />
            {source.figures.plan && (
              <CodebookPanel runId={source.id} plan={source.figures.plan} quantized={quantized} onClose={close} />
            )}
            <RunFacts source={source} />
            <PlanNotes source={source} />
            <LedgerTable source={source} />
          </div>
          <LayerQueue
            figures={source.figures}
            current={current}
            metric={metric}
            stored={stored}
            training={trainingBlock}
            onOpen={open}
          />
        </div>
      )}
    </div>
  );
}

const NONE_STORED: readonly StoredPlace[] = [];

/**
 * Opening and closing codebooks of this run's layers. `open` is undefined where the codes are not in this browser; a row without a
 * codebook gives way to the first that has one. Closing gives the keyboard back to where it came from.
 */
function useCodebooks({ kind, id, figures }: RunSource, stored: readonly StoredPlace[]) {
  const { codebooks } = useStudio();
  const opener = useRef<HTMLElement | null>(null);
  const { plan, layers } = figures;
  const quantized = useCallback(
    (row: number, layer: number) => [...layers, ...stored].some((one) => one.row === row && one.layer === layer),
    [layers, stored],
  );
  // Held back from the identity of `open`, which every row of the queue is given.
  const latest = useRef(quantized);
  useEffect(() => {
    latest.current = quantized;
  }, [quantized]);
  const open = useCallback(
    (row: number, layer: number) => {
      const rows = codebookRows(plan?.rows ?? []).filter((one) => latest.current(one.row, layer));
      const wanted = rows.find((one) => one.row === row) ?? rows.at(0);
      if (!wanted) return;
      opener.current = document.activeElement instanceof HTMLElement ? document.activeElement : null;
      void codebooks.getState().open(id, { row: wanted.row, layer, book: 0 });
    },
    [codebooks, id, plan],
  );
  const close = useCallback(() => {
    codebooks.getState().close();
    opener.current?.focus();
  }, [codebooks]);
  return { open: kind === 'live' || kind === 'stored' ? open : undefined, close, quantized };
}

/**
 * What the chart shows: until a run of the sample has its first layer, the lines that were there when Run was pressed, which are the ones
 * that it is going to draw.
 */
function shownFigures({ figures, live }: RunSource): { figures: RunFigures; precomputed: boolean } {
  const waits = live !== null && isActive(live.phase) && live.layers.length === 0;
  const ofSample = live !== null && [PRECOMPUTED_SAMPLE, precomputed.model.name].includes(live.modelName);
  const same = live !== null && (live.recipe.rows.length === 0 || sameRecipe(live.recipe));
  if (!waits || !ofSample || !same || isPlaceholder) return { figures, precomputed: false };
  return { figures: SAMPLE_SOURCE.figures, precomputed: true };
}

function sameRecipe(recipe: Recipe): boolean {
  return JSON.stringify(recipe) === JSON.stringify(precomputed.recipe);
}

/** How many layers are done, of all rows. */
function Count({ source }: { source: RunSource }) {
  const { live, stored } = source;
  const count = live ? liveCount(live) : stored ? storedCount(stored) : '';
  return count === '' ? null : <span>{count}</span>;
}

/** What a person should have read before the run began, and may look for now. */
function PlanNotes({ source }: { source: RunSource }) {
  const notes = source.figures.plan?.notes ?? [];
  if (notes.length === 0) return null;
  return (
    <section className={`${panel.panel} ${styles.notes}`} aria-labelledby="plan-notes">
      <h2 id="plan-notes">{words.run.planNotes}</h2>
      <ul>
        {notes.map((note) => (
          <li key={note}>{note}</li>
        ))}
      </ul>
    </section>
  );
}

function StateTag({ source }: { source: RunSource }) {
  const { live, stored, elsewhere } = source;
  if (elsewhere) return <Tag tone="warn">{words.library.runStates.elsewhere}</Tag>;
  if (live) return <Tag tone={toneOf(live)}>{phaseWords(live)}</Tag>;
  if (stored) {
    return <Tag tone={stored.state === 'finished' ? 'ok' : 'warn'}>{words.library.runStates[stored.state]}</Tag>;
  }
  return <Tag>{words.library.precomputed}</Tag>;
}

function toneOf(run: LiveRun): 'ok' | 'warn' | 'error' | undefined {
  if (run.phase === 'finished') return 'ok';
  if (run.phase === 'failed') return 'error';
  return run.phase === 'cancelled' || run.phase === 'paused' ? 'warn' : undefined;
}

/** What can be done with a run that is over. While it works, the run bar has the buttons. */
function Actions({ source }: { source: RunSource }) {
  const studio = useStudio();
  const stored = useStore(studio.storedRuns, (state) => state.runs.find((run) => run.id === source.id));
  const busy = useStore(studio.run, (state) => state.run !== null && isActive(state.run.phase));
  if (source.live && isActive(source.live.phase)) return null;
  const resumable = stored !== undefined && stored.state !== 'finished' && !source.elsewhere;
  return (
    <div className={styles.buttons}>
      {resumable && source.live?.phase !== 'finished' && (
        <Button look="primary" icon="run" disabled={busy} onClick={() => studio.resumeRun(source.id)}>
          {words.run.resume}
        </Button>
      )}
      {source.figures.layers.length > 0 && (
        <LinkButton look={resumable ? 'plain' : 'primary'} icon="compare" href={`#/compare/${source.id}`}>
          {words.run.compare}
        </LinkButton>
      )}
      <Button
        onClick={() => {
          studio.acts.takeRecipe(source.recipe, 'run');
          studio.routes.getState().go({ screen: 'recipe' });
        }}
      >
        {words.run.newRun}
      </Button>
    </div>
  );
}

function Trouble({ source }: { source: RunSource }) {
  const studio = useStudio();
  const { live } = source;
  const resumable = useStore(studio.storedRuns, (state) => state.runs.some((run) => run.id === source.id));
  return (
    <>
      {source.elsewhere && (
        <p className={styles.notice} role="status">
          {words.library.elsewhereText}
        </p>
      )}
      {live?.failure && (
        <FailureAlert
          failure={live.failure}
          deeds={{
            ...(resumable ? { resume: () => studio.resumeRun(live.id), retry: () => studio.resumeRun(live.id) } : {}),
            recipe: () => studio.routes.getState().go({ screen: 'recipe' }),
            library: () => studio.routes.getState().go({ screen: 'library' }),
            storage: () => studio.routes.getState().go({ screen: 'library' }),
            files: () => studio.routes.getState().go({ screen: 'library' }),
            show: () => studio.routes.getState().go({ screen: 'compare', id: SAMPLE_SOURCE.id }),
            reload: () => window.location.reload(),
          }}
        />
      )}
      <RunNotices source={source} />
    </>
  );
}

/** How far a run of the sample is from the figures that came with the page, in a sentence; null for any other run. */
function referenceDifference({ kind, recipe, result, figures }: RunSource): string | null {
  if (kind === 'sample' || isPlaceholder || result === null) return null;
  if (result.model.fingerprint !== precomputed.model.fingerprint) return null;
  if (!sameRecipe(recipe)) return null;
  const difference = differenceFrom(SAMPLE_SOURCE.figures, figures);
  if (difference === null) return null;
  return difference === 0 ? words.summary.agrees : words.summary.difference(format.smallShare(difference));
}
