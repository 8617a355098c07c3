/**
 * What a first visitor sees: a finished comparison, before anything is loaded or asked for. It was computed beforehand and says so;
 * a run of one's own takes its place.
 */
import { useMemo, useState } from 'react';
import { useStore } from '../../store/react';
import { isActive } from '../../store/run-view';
import type { Scale } from '../../report/scales';
import { availableMetrics, baselineRow, shortLabels, type Metric } from '../../report/series';
import { summarize } from '../../store/summary';
import { ChartFigure } from '../chart/chart-figure';
import { MetricBar } from '../chart/metric-bar';
import { chartOf } from '../chart/model';
import { summarySentence } from '../chart/summary-sentence';
import { useStudio } from '../context';
import * as format from '../format';
import { useSampled } from '../hooks';
import { Button, LinkButton } from '../parts/button';
import { Tag } from '../parts/tag';
import { isPlaceholder, precomputed, PRECOMPUTED_SAMPLE } from '../precomputed';
import { liveOf, liveSource, SAMPLE_MS, SAMPLE_SOURCE } from '../run-source';
import { words } from '../words';
import styles from './hero.module.css';

export function Hero() {
  const studio = useStudio();
  const live = useSampled(studio.run, liveOf, SAMPLE_MS);
  const gpuMissing = useStore(studio.device, (state) => state.gpu.state === 'none');
  const [chosen, setMetric] = useState<Metric>('heldOutOutput');
  const [scale, setScale] = useState<Scale>('absolute');
  // Until the live run has a first layer there is more to see in the sample.
  const started = live !== null && live.layers.length > 0;
  const source = useMemo(() => (started && live ? liveSource(live) : SAMPLE_SOURCE), [started, live]);
  const { figures } = source;
  const available = useMemo(() => availableMetrics(figures), [figures]);
  const metric = available.includes(chosen) ? chosen : available[0];
  const model = useMemo(
    () => chartOf(figures, { metric, scale, current: source.live?.current ?? null }),
    [figures, metric, scale, source],
  );
  const summary = useMemo(() => summarySentence(summarize(figures, metric)), [figures, metric]);
  const baseline = figures.plan ? baselineRow(figures.plan.rows) : null;
  const busy = live !== null && isActive(live.phase);

  return (
    <section className={styles.hero}>
      <div className={styles.words}>
        <h1 tabIndex={-1}>{words.library.heroTitle}</h1>
        <p className={styles.line}>{words.library.heroLine}</p>
        <div className={styles.buttons}>
          {live ? (
            <LinkButton look="primary" icon="run" href={`#/run/${live.id}`}>
              {words.library.heroRunning}
            </LinkButton>
          ) : (
            <Button
              look="primary"
              icon="run"
              disabled={gpuMissing || busy}
              aria-describedby={gpuMissing ? 'hero-no-gpu' : undefined}
              onClick={() => studio.runSample(PRECOMPUTED_SAMPLE, precomputed.recipe)}
            >
              {words.library.heroRun}
            </Button>
          )}
          <LinkButton icon="lesson" href="#/lesson/residuals">
            {words.library.heroTeach}
          </LinkButton>
          <Button look="quiet" icon="file" onClick={() => document.getElementById('choose-files')?.click()}>
            {words.library.heroOpen}
          </Button>
        </div>
        {gpuMissing && !live && (
          <p id="hero-no-gpu" className={styles.why}>
            {words.library.heroNoGpu}
          </p>
        )}
      </div>
      <div className={styles.chart}>
        <ChartFigure
          model={model}
          caption={
            <>
              <span>{words.library.heroCaption(source.modelName)}</span>
              <SourceTag live={source.kind === 'live'} busy={busy} />
            </>
          }
          summary={summary}
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
    </section>
  );
}

function SourceTag({ live, busy }: { live: boolean; busy: boolean }) {
  if (live) return <Tag tone="ok">{busy ? words.library.computing : words.library.computed}</Tag>;
  return (
    <span className={styles.tags}>
      <Tag>{words.library.precomputed}</Tag>
      {isPlaceholder ? (
        <Tag tone="warn">{words.library.placeholder}</Tag>
      ) : (
        <span className={styles.by}>
          {words.library.precomputedBy(precomputed.adapter, format.date(precomputed.date))}
        </span>
      )}
    </span>
  );
}
