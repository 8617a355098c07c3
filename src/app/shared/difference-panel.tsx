/** What a run here came to against the author's figures: sentences, a chart of the differences by place, and the end-to-end figures. */
import { useMemo, useState } from 'react';
import { ERROR_ROUNDING } from '../../store/link-results';
import {
  differenceFrom,
  type EndDifference,
  type LinkDifference,
  type MetricDifference,
} from '../../store/link-difference';
import { compareFiles, type FilesCompared } from '../../store/file-difference';
import { useStore } from '../../store/react';
import { figuresOf, type RunFigures } from '../../store/run-view';
import type { Metric } from '../../report/series';
import type { RunResult } from '../../run/events';
import type { SharedContent } from '../../store/shared';
import { ownRun } from '../../store/shared-needs';
import { MEASURES } from '../../run/measures';
import { ChartFigure } from '../chart/chart-figure';
import { chartOf, type ChartLine, type ChartModel } from '../chart/model';
import { useStudio } from '../context';
import * as format from '../format';
import { useSampled } from '../hooks';
import type { LineStyle } from '../../report/palette';
import { Choices, Toolbar } from '../parts/toolbar';
import { liveOf, SAMPLE_MS } from '../run-source';
import { words } from '../words';
import chart from '../chart/chart.module.css';
import { said } from '../language/first';
import panel from '../parts/panel.module.css';
import { shared } from './words';
import styles from './shared.module.css';

const say = shared.difference;

export function DifferencePanel({ content }: { content: SharedContent }) {
  const studio = useStudio();
  const live = useSampled(studio.run, liveOf, SAMPLE_MS);
  const stored = useStore(studio.storedRuns, (state) => state.runs);
  const own = useMemo(() => ownRun(content, live, stored), [content, live, stored]);
  const theirs = useMemo(() => figuresOf(content.result), [content]);
  const difference = useMemo(() => own && differenceFrom(theirs, figuresOf(own.result)), [own, theirs]);
  return (
    <section className={panel.section} aria-labelledby="difference-title">
      <h2 id="difference-title">{say.title}</h2>
      {own && difference ? (
        <>
          <Sentences difference={difference} ours={own.result} theirs={content.result} />
          {difference.metrics.length > 0 && <DifferenceChart difference={difference} theirs={theirs} />}
          {difference.ends.length > 0 && <Ends ends={difference.ends} />}
        </>
      ) : (
        <p className={panel.muted}>{say.none}</p>
      )}
    </section>
  );
}

interface SentencesProps {
  difference: LinkDifference;
  ours: RunResult;
  theirs: RunResult;
}

function Sentences({ difference, ours, theirs }: SentencesProps) {
  const { metrics, ends, missing } = difference;
  const same =
    missing.length === 0 &&
    ends.every(({ within }) => within) &&
    metrics.every(({ within, places }) => within === places);
  return (
    <div className={styles.sentences} role="status">
      <p className={panel.lead}>
        <strong>{same ? say.same : say.other}</strong>
      </p>
      <ul className={styles.list}>
        {metrics.map((one) => (
          <li key={one.metric}>{sentenceOf(one)}</li>
        ))}
        {missing.length > 0 && <li>{say.missing(format.list(missing))}</li>}
        {ours.codeVersion !== theirs.codeVersion && <li>{say.engines(ours.codeVersion, theirs.codeVersion)}</li>}
        <Files files={compareFiles(theirs.model.files, ours.model.files)} />
      </ul>
      {!same && <p className={panel.muted}>{say.why}</p>}
    </div>
  );
}

/** Whether both are of the same files, or which differ. */
function Files({ files }: { files: FilesCompared | null }) {
  if (files === null) return null;
  if (files.apart.length === 0) return <li>{say.sameFiles(files.both)}</li>;
  return files.apart.map(({ name, is }) => <li key={name}>{say.otherFile[is](name)}</li>);
}

function sentenceOf({ metric, places, within, worst }: MetricDifference): string {
  const first = say.ofMetric(words.metrics[metric].name, within, places, metric === 'block' ? 'block' : 'layer');
  if (within === places || worst === null) return first;
  const { label, place, ours, theirs, share } = worst;
  return `${first} ${say.worst(label, place, format.error(ours), format.error(theirs), percent(share))}`;
}

function percent(share: number): string {
  return Number.isFinite(share) ? format.smallShare(share) : format.NOT_AVAILABLE;
}

/** Of the line below which a difference says nothing: long strokes, which no row has. */
const ROUNDING_STYLE: LineStyle = { light: '#171C24', dark: '#E8ECF2', dash: [12, 4], marker: 'none', width: 1.25 };
/** No row of a run. */
const ROUNDING_ROW = -1;

/** The chart's lines are the author's rows in their looks, and the link's rounding; their values are shares of a figure. */
function modelOf(theirs: RunFigures, { metric, lines }: MetricDifference): ChartModel {
  const model = chartOf(theirs, { metric, scale: 'absolute', current: null });
  const points = new Map(lines.map((line) => [line.row, line.points]));
  const rows = model.lines.map((line) => ({
    ...line,
    points: (points.get(line.row) ?? []).map((point) => ({ ...point, y: 100 * point.y })),
  }));
  const rounding: ChartLine = {
    ...{ row: ROUNDING_ROW, label: say.rounding, short: say.rounding, baseline: false, style: ROUNDING_STYLE },
    points: Array.from({ length: model.places }, (_, x) => ({
      ...{ x, name: model.placeName(x), y: 100 * ERROR_ROUNDING, status: 'done' as const },
    })),
  };
  return {
    ...model,
    lines: [...rows, rounding],
    yLabel: say.axis,
    yShort: say.axisShort,
    log: false,
    fitted: true,
    endLabels: false,
    format: (value) => format.smallShare(value / 100),
  };
}

function DifferenceChart({ difference: { metrics }, theirs }: { difference: LinkDifference; theirs: RunFigures }) {
  const [chosen, setChosen] = useState<Metric>(metrics[0].metric);
  const shown = metrics.find(({ metric }) => metric === chosen) ?? metrics[0];
  const model = useMemo(() => modelOf(theirs, shown), [theirs, shown]);
  const worst = shown.worst?.share ?? 0;
  const rounding = format.smallShare(ERROR_ROUNDING);
  return (
    <div className={panel.panel}>
      <ChartFigure
        model={model}
        caption={<span>{say.chart}</span>}
        summary={say.chartSummary(words.metrics[shown.metric].name, percent(worst), rounding)}
        height={280}
        toolbar={
          <Toolbar className={chart.toolbar} label={say.metric}>
            <Choices
              label={say.metric}
              className={chart.group}
              choiceClassName={chart.choice}
              value={shown.metric}
              choices={metrics.map(({ metric }) => ({ value: metric, text: words.metrics[metric].name }))}
              onChange={setChosen}
            />
          </Toolbar>
        }
      />
    </div>
  );
}

function Ends({ ends }: { ends: readonly EndDifference[] }) {
  const { columns } = say;
  return (
    <div className={panel.tableFrame}>
      <table className={`${panel.table} ${panel.cards}`}>
        <caption className={styles.caption}>{say.ends}</caption>
        <thead>
          <tr>
            <th scope="col">{columns.row}</th>
            <th scope="col">{columns.measure}</th>
            <th scope="col" className={panel.number}>
              {columns.ours}
            </th>
            <th scope="col" className={panel.number}>
              {columns.theirs}
            </th>
            <th scope="col" className={panel.number}>
              {columns.away}
            </th>
          </tr>
        </thead>
        <tbody>
          {ends.map(({ row, label, measure, ours, theirs, share, within }) => (
            <tr key={`${row} ${measure}`}>
              <th scope="row">{label}</th>
              <td data-label={columns.measure}>{said(MEASURES[measure].title)}</td>
              <td data-label={columns.ours} className={panel.number}>
                {figure(ours)}
              </td>
              <td data-label={columns.theirs} className={panel.number}>
                {figure(theirs)}
              </td>
              <td data-label={columns.away} className={panel.number}>
                {within ? say.within : percent(share)}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

/** As many digits as the link has, so that one sees where they part. */
function figure(value: number): string {
  return format.linkFigure(value);
}
