/** Methods side by side: lines over the layers, the table of what it came to, and the files to take away. */
import { useMemo, useRef, useState } from 'react';
import { useStore } from '../../store/react';
import { availableMetrics, baselineRow, shortLabels, type Metric } from '../../store/series';
import { summarize } from '../../store/summary';
import { ChartFigure } from '../chart/chart-figure';
import { MetricBar } from '../chart/metric-bar';
import { chartOf } from '../chart/model';
import { summarySentence } from '../chart/summary-sentence';
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
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { RunNotices } from '../run/run-notices';
import { CompareTable } from './compare-table';
import { Samples } from './samples';
import styles from './compare.module.css';

export function Compare({ id }: { id: string | null }) {
  const found = useRunSource(id);
  // There is always something to read: without a run of one's own, the sample.
  const source = found ?? SAMPLE_SOURCE;
  const { figures } = source;
  const [chosen, setMetric] = useState<Metric>('heldOutOutput');
  const [ratio, setRatio] = useState(false);
  const available = useMemo(() => availableMetrics(figures), [figures]);
  const metric = available.includes(chosen) ? chosen : available[0];
  const model = useMemo(() => chartOf(figures, { metric, ratio, current: null }), [figures, metric, ratio]);
  const summary = useMemo(() => summarySentence(summarize(figures, metric)), [figures, metric]);
  const baseline = figures.plan ? baselineRow(figures.plan.rows) : null;
  const failure = useStore(useStudio().resultFiles, (state) => state.failure);
  const { dismiss } = useStudio().resultFiles.getState();

  return (
    <div className={panel.screen}>
      <header className={styles.head}>
        <div className={styles.title}>
          <h1 tabIndex={-1}>{words.compare.title}</h1>
          <SourceLine source={source} />
        </div>
        <RunPicker source={source} />
      </header>
      {failure && <FailureAlert failure={failure} onDismiss={dismiss} />}
      <RunNotices source={source} />
      <p className={panel.lead}>{summary}</p>
      <div className={panel.panel}>
        <ChartFigure
          model={model}
          caption={<span>{words.compare.caption}</span>}
          summary={summary}
          showSummary={false}
          height={380}
          toolbar={
            <MetricBar
              metric={metric}
              onMetric={setMetric}
              available={available}
              ratio={ratio}
              onRatio={setRatio}
              baseline={baseline && figures.plan ? (shortLabels(figures.plan.rows).get(baseline.row) ?? '') : ''}
            />
          }
        />
      </div>
      <CompareTable source={source} />
      <Samples source={source} />
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
function RunPicker({ source }: { source: RunSource }) {
  const studio = useStudio();
  const runs = useStore(studio.storedRuns, (state) => state.runs);
  const live = useSampled(studio.run, liveOf, SAMPLE_MS);
  const imported = useStore(studio.resultFiles, (state) => state.imported);
  const input = useRef<HTMLInputElement>(null);
  const go = (id: string) => studio.routes.getState().go({ screen: 'compare', id });
  const choices = [
    ...(live && live.layers.length > 0 ? [{ value: live.id, text: `${live.modelName}: ${words.compare.live}` }] : []),
    ...runs
      .filter((run) => run.result !== null && run.id !== live?.id)
      .map((run) => ({ value: run.id, text: `${run.modelName}, ${format.dateTime(run.updated)}` })),
    ...imported.map((one) => ({ value: one.id, text: words.compare.importedRun(one.name) })),
    { value: PRECOMPUTED_ID, text: words.compare.sampleRun },
  ];
  return (
    <div className={styles.picker}>
      <SelectField label={words.compare.which} value={source.id} choices={choices} onChange={go} />
      <Button icon="file" onClick={() => input.current?.click()}>
        {words.compare.openFile}
      </Button>
      <input
        ref={input}
        type="file"
        accept=".json,application/json"
        hidden
        aria-label={words.compare.openFile}
        onChange={async (event) => {
          const file = event.currentTarget.files?.[0];
          event.currentTarget.value = '';
          const id = file ? await studio.resultFiles.getState().open(file) : null;
          if (id !== null) go(id);
        }}
      />
    </div>
  );
}
