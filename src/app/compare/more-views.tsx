/** Further views of the same figures, one at a time. A file of its own, fetched when the comparison is shown. */
import { useMemo, useState } from 'react';
import { layerKinds } from '../../report/layer-kinds';
import { paretoFigures, type ParetoFigure } from '../../report/pareto-figures';
import { baselineRow, shortLabels, type Metric } from '../../report/series';
import type { RunResult } from '../../run/events';
import { MEASURES } from '../../run/measures';
import type { RunFigures } from '../../store/run-view';
import { ChartFigure } from '../chart/chart-figure';
import { geometryOf } from '../chart/geometry';
import { chartOf, type ChartModel } from '../chart/model';
import { StaticChart } from '../chart/static-chart';
import * as format from '../format';
import { useWidth } from '../hooks';
import { Choices, Toolbar } from '../parts/toolbar';
import { said } from '../language/first';
import { words } from '../words';
import chart from '../chart/chart.module.css';
import panel from '../parts/panel.module.css';
import { HeatKey, HeatMap, heatRowAt } from './heat-map';
import { paretoPicture } from './pareto-model';
import { heatWords, kindWords, moreWords as say, paretoWords } from './view-words';
import { ViewFiles } from './view-files';
import styles from './more-views.module.css';

type View = keyof typeof say.views;

/** Closed at first: the page has a chart already. */
export function MoreViews(props: ViewsProps) {
  const [open, setOpen] = useState(false);
  return (
    <section className={panel.section} aria-labelledby="views-title">
      <h2 id="views-title" className="visually-hidden">
        {say.title}
      </h2>
      <details className={`${panel.panel} ${styles.views}`} onToggle={(event) => setOpen(event.currentTarget.open)}>
        <summary>{say.summary}</summary>
        {open && <Views {...props} />}
      </details>
    </section>
  );
}

interface ViewsProps {
  figures: RunFigures;
  metric: Metric;
  /** What files are written from; null while a run has none. */
  result: RunResult | null;
}

function Views({ figures, metric, result }: ViewsProps) {
  const [chosen, setView] = useState<View>('heat');
  const kinds = useMemo(() => {
    const all = figures.plan ? layerKinds(figures.plan.layers) : [];
    return metric === 'block' ? [] : all.filter(({ layers }) => layers.length > 1);
  }, [figures, metric]);
  const bits = useMemo(() => paretoFigures(figures, metric), [figures, metric]);
  const there: Readonly<Record<View, boolean>> = { heat: true, kinds: kinds.length > 1, bits: bits.length > 0 };
  const view = there[chosen] ? chosen : 'heat';
  return (
    <div className={styles.view}>
      <Toolbar className={chart.toolbar} label={say.which}>
        <Choices
          label={say.which}
          className={chart.group}
          choiceClassName={chart.choice}
          value={view}
          choices={(Object.keys(say.views) as View[]).map((value) => ({
            value,
            text: say.views[value],
            disabled: !there[value],
          }))}
          onChange={setView}
        />
      </Toolbar>
      {view === 'heat' && <Heat figures={figures} metric={metric} result={result} />}
      {view === 'kinds' && <Kinds figures={figures} metric={metric} kinds={kinds} />}
      {view === 'bits' && <Bits figures={figures} metric={metric} wanted={bits} result={result} />}
    </div>
  );
}

const ROW_HEIGHT = 34;

function Heat({ figures, metric, result }: ViewsProps) {
  const model = useMemo(() => {
    const ratio = chartOf(figures, { metric, scale: 'ratio', current: null });
    // The baseline is 1 everywhere.
    return { ...ratio, lines: ratio.lines.filter((line) => !line.baseline), endLabels: false as const };
  }, [figures, metric]);
  const rows = figures.plan?.rows ?? [];
  const baseline = baselineRow(rows);
  const name = baseline ? (shortLabels(rows).get(baseline.row) ?? baseline.label) : '';
  if (model.lines.every(({ points }) => points.length === 0)) return <p>{heatWords.noBaseline}</p>;
  return (
    <>
      <ChartFigure
        model={model}
        caption={<span>{heatWords.caption(words.metrics[metric].name, name)}</span>}
        summary={format.sentences(model.lines.map(heatSummary))}
        showSummary={false}
        height={52 + model.lines.length * ROW_HEIGHT}
        tall
        pick={(py, geometry) => heatRowAt(model, geometry, py)}
        drawing={(geometry, at) => <HeatMap model={model} geometry={geometry} at={at} />}
      />
      <HeatKey format={format.ratio} />
      {result && <ViewFiles view="heat" result={result} shown={{ metric }} />}
    </>
  );
}

function heatSummary({ label, points }: ChartModel['lines'][number]): string {
  if (points.length === 0) return '';
  const worst = points.reduce((a, b) => (b.y > a.y ? b : a));
  const better = points.filter(({ y }) => y < 1).length;
  const [n, of] = [better, points.length].map(format.integer);
  return heatWords.summary(label, n, of, worst.name, format.ratio(worst.y));
}

interface KindsProps {
  figures: RunFigures;
  metric: Metric;
  kinds: ReturnType<typeof layerKinds>;
}

/** Least width of a picture, and its height. */
const PICTURE = { width: 220, height: 150 } as const;
const GAP = 16;

function Kinds({ figures, metric, kinds }: KindsProps) {
  const { width, measure } = useWidth(640);
  const model = useMemo(() => chartOf(figures, { metric, scale: 'absolute', current: null }), [figures, metric]);
  const across = Math.max(1, Math.floor((width + GAP) / (PICTURE.width + GAP)));
  const each = Math.floor((width - GAP * (across - 1)) / across);
  const shared = geometryOf({ ...model, endLabels: false }, each, PICTURE.height);
  return (
    <>
      <p className={panel.muted}>{kindWords.hint}</p>
      <div ref={measure} className={styles.kinds}>
        {kinds.map(({ name, layers }) => {
          const own = kindModel(model, layers, figures);
          const geometry = { ...geometryOf(own, each, PICTURE.height), y: shared.y, yTicks: shared.yTicks };
          const means = own.lines.map(({ label, points }) =>
            kindWords.line(
              label,
              points.length === 0
                ? format.NOTHING
                : format.error(points.reduce((sum, { y }) => sum + y, 0) / points.length),
            ),
          );
          return (
            <figure key={name} className={styles.kind}>
              <figcaption>{name}</figcaption>
              <div
                className={styles.kindPlot}
                style={{ height: PICTURE.height, width: each }}
                role="img"
                aria-label={kindWords.picture(name, format.row(means))}
              >
                <StaticChart model={own} geometry={geometry} />
              </div>
            </figure>
          );
        })}
      </div>
    </>
  );
}

/** The layers of one kind, a place each, in order. */
function kindModel(model: ChartModel, layers: readonly number[], { plan }: RunFigures): ChartModel {
  const place = new Map(layers.map((layer, i) => [layer, i]));
  return {
    ...model,
    places: layers.length,
    starts: layers.map((layer, at) => ({ at, name: String(plan?.layers[layer]?.block ?? at) })),
    endLabels: false,
    lines: model.lines.map((line) => ({
      ...line,
      points: line.points.flatMap((point) => {
        const x = place.get(point.x);
        return x === undefined ? [] : [{ ...point, x }];
      }),
    })),
  };
}

interface BitsProps extends ViewsProps {
  wanted: readonly ParetoFigure[];
}

function Bits({ figures, metric, wanted, result }: BitsProps) {
  const [chosen, setFigure] = useState<ParetoFigure>('mean');
  const figure = wanted.includes(chosen) ? chosen : wanted[0];
  const { model, summary } = useMemo(() => paretoPicture(figures, metric, figure), [figures, metric, figure]);
  return (
    <>
      <ChartFigure
        model={model}
        caption={<span>{paretoWords.caption}</span>}
        summary={summary}
        height={380}
        toolbar={
          <Toolbar className={chart.toolbar} label={paretoWords.figure}>
            <Choices
              label={paretoWords.figure}
              className={chart.group}
              choiceClassName={chart.choice}
              value={figure}
              choices={wanted.map((value) => ({
                value,
                text: value === 'mean' ? paretoWords.meanError : paretoWords.figures(said(MEASURES[value].title)),
              }))}
              onChange={setFigure}
            />
          </Toolbar>
        }
      />
      {result && <ViewFiles view="bits" result={result} shown={{ metric, figure }} />}
    </>
  );
}
