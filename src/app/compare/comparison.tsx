/** One run's figures, and others laid over it: the lines, the table, further views and pictures. */
import { lazy, Suspense, useMemo, useState } from 'react';
import type { RunResult } from '../../run/events';
import type { StoredRun } from '../../worker/protocol';
import { useStore } from '../../store/react';
import { figuresOf } from '../../store/run-view';
import type { DrawnView } from '../../report/drawing';
import { laidOver } from '../../report/laid-over';
import { overlapOf } from '../../report/overlap';
import type { Scale } from '../../report/scales';
import { looksOf } from '../../report/palette';
import { seedRows } from '../../report/seeds';
import { availableMetrics, baselineRow, seriesOf, shortLabels, type Metric } from '../../report/series';
import { summarize } from '../../store/summary';
import { ChartFigure } from '../chart/chart-figure';
import { Legend } from '../chart/legend';
import { MetricBar } from '../chart/metric-bar';
import { chartOf, type ChartModel } from '../chart/model';
import { inView, pressName, stretch, WHOLE_VIEW, type ChartView } from '../chart/view';
import { ZoomBar } from '../chart/zoom-bar';
import { summarySentence } from '../chart/summary-sentence';
import { useStudio } from '../context';
import * as format from '../format';
import { LinkButton } from '../parts/button';
import { precomputed, PRECOMPUTED_ID } from '../precomputed';
import type { RunSource } from '../run-source';
import panel from '../parts/panel.module.css';
import { Pictures } from '../pictures/pictures';
import { RunNotices } from '../run/run-notices';
import { CompareTable } from './compare-table';
import { compareViewWords } from './words';
import { LayOver, type Offered } from './lay-over';
import { Samples } from './samples';
import { SeedTable } from './seed-table';
import { StepEffects } from './step-effects';
import styles from './compare.module.css';
import { compareWords } from './table-words';

const MoreViews = lazy(async () => ({ default: (await import('./more-views')).MoreViews }));

const Continuations = lazy(async () => ({ default: (await import('./continuations')).Continuations }));

const say = compareViewWords;

/** The same for files. */
function drawnView({ lines }: ChartModel, { only, range }: ChartView): DrawnView {
  const hidden = new Set(lines.flatMap(({ row }) => (only.size > 0 && !only.has(row) ? [row] : [])));
  return range ? { hidden, range } : { hidden };
}

/** The run, with others laid over it where some are chosen. */
export function Comparison({ source }: { source: RunSource }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const { offered, readKept } = useOffered(source);
  const others = useMemo(() => offered.filter(({ id }) => chosen.has(id)), [offered, chosen]);
  const { result } = source;
  const laid = useMemo(() => (result && others.length > 0 ? laidOver(result, others) : null), [result, others]);
  const together = useMemo(
    // Rows of several runs are no run of this browser whose weights could be exported.
    (): RunSource =>
      laid ? { ...source, kind: 'file', live: null, result: laid.result, figures: figuresOf(laid.result) } : source,
    [source, laid],
  );
  return (
    <>
      {result && (
        <LayOver
          offered={offered}
          chosen={chosen}
          onChoose={setChosen}
          differences={laid?.differences ?? []}
          onOpen={readKept}
        />
      )}
      <Figures source={together} runs={result ? [result, ...others.map((one) => one.result)] : []} />
    </>
  );
}

/** Finished runs that may be laid over this one: those stored here, files that were opened, the sample. */
function useOffered(source: RunSource): { offered: Offered[]; readKept: () => void } {
  const studio = useStudio();
  const runs = useStore(studio.storedRuns, (state) => state.runs);
  const { imported, kept, restore } = useStore(studio.resultFiles);
  const offered = useMemo(() => {
    const stored = runs.flatMap(({ id, modelName, updated, result }): Offered[] =>
      result ? [{ id, name: `${modelName}, ${format.dateTime(updated)}`, result }] : [],
    );
    const files = imported.map(({ id, name, result }) => ({ id, name, result }));
    const sample = { id: PRECOMPUTED_ID, name: compareWords.sampleRun, result: precomputed };
    return [...stored, ...files, sample].filter(({ id }) => id !== source.id);
  }, [runs, imported, source.id]);
  return { offered, readKept: () => void kept.forEach(({ id }) => void restore(id)) };
}

interface FiguresProps {
  source: RunSource;
  /** Each by itself, the first being the one that is shown. */
  runs: readonly RunResult[];
}

function Figures({ source, runs }: FiguresProps) {
  const { figures } = source;
  const [chosen, setMetric] = useState<Metric>('heldOutOutput');
  const [asked, setScale] = useState<Scale | null>(null);
  const [view, setView] = useState<ChartView>(WHOLE_VIEW);
  const available = useMemo(() => availableMetrics(figures), [figures]);
  const metric = available.includes(chosen) ? chosen : available[0];
  const overlap = useMemo(() => overlapOf(seriesOf(figures, metric)), [figures, metric]);
  // Not while a run grows, where it would change under the eye.
  const better = source.result !== null && overlap.hides;
  const scale = asked ?? (better ? 'ratio' : 'absolute');
  const shown = useMemo(() => ({ metric, scale }), [metric, scale]);
  const whole = useMemo(() => chartOf(figures, { ...shown, current: null }), [figures, shown]);
  const meanings = useMemo(() => looksOf(figures.plan?.rows ?? []).meanings, [figures]);
  const model = useMemo(() => inView(whole, view), [whole, view]);
  const summary = useMemo(() => summarySentence(summarize(figures, metric)), [figures, metric]);
  const baseline = figures.plan ? baselineRow(figures.plan.rows) : null;
  const baselineName = baseline && figures.plan ? (shortLabels(figures.plan.rows).get(baseline.row) ?? '') : '';
  const drawn = useMemo(() => drawnView(whole, view), [whole, view]);
  const zoom = (range: ChartView['range']) => setView({ ...view, range });
  const seeds = useMemo(() => seedRows(runs, shown), [runs, shown]);
  if (source.stored && !figures.plan) return <NoFigures stored={source.stored} />;
  return (
    <>
      <RunNotices source={source} />
      <p id="compare-summary" className={panel.lead}>
        {summary}
      </p>
      <div className={panel.panel}>
        <ChartFigure
          model={model}
          caption={<span>{compareWords.caption}</span>}
          summary={summary}
          summaryId="compare-summary"
          height={380}
          toolbar={
            <MetricBar
              metric={metric}
              onMetric={(next) => {
                setMetric(next);
                // Layers and blocks are other places.
                setView(WHOLE_VIEW);
              }}
              available={available}
              scale={scale}
              onScale={setScale}
              baseline={baselineName}
            />
          }
          legend={
            <Legend
              lines={whole.lines}
              meanings={meanings}
              only={view.only}
              onPress={(row) => setView({ ...view, only: pressName(view.only, row, whole.lines.length) })}
              onAll={() => setView({ ...view, only: WHOLE_VIEW.only })}
              onRaise={(raised) => setView((now) => (now.raised === raised ? now : { ...now, raised }))}
            />
          }
          below={<ZoomBar model={whole} range={view.range} onZoom={zoom} />}
          onStretch={(from, to) => zoom(stretch(from, to, whole.places))}
        />
        {asked === null && better && (
          <p className={styles.why}>
            {say.whyRatio(baselineName, format.integer(overlap.near), format.integer(overlap.pairs))}
          </p>
        )}
      </div>
      <CompareTable source={source} shown={shown} drawn={drawn} lead={summary} />
      <SeedTable rows={seeds} />
      <Suspense>
        <MoreViews figures={figures} metric={metric} result={source.result} />
      </Suspense>
      <StepEffects figures={figures} />
      {/* Of the run itself, not of those laid over it. */}
      {source.result?.continuations && (
        <Suspense>
          <Continuations figures={figures} found={source.result.continuations} />
        </Suspense>
      )}
      <Pictures source={source} />
      <Samples source={source} />
    </>
  );
}

/** A run that was stopped before its figures were kept: what is stored of it, and how they come back. */
function NoFigures({ stored }: { stored: StoredRun }) {
  const { id, finishedLayers, totalLayers } = stored;
  return (
    <div className={`${panel.panel} ${styles.note}`}>
      <p>{compareWords.gone.stopped(format.integer(finishedLayers), format.integer(totalLayers))}</p>
      <LinkButton look="primary" href={`#/run/${id}`}>
        {compareWords.gone.toRun}
      </LinkButton>
    </div>
  );
}
