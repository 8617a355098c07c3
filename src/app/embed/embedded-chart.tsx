/**
 * One chart out of a link, for a paper's page or a slide: no engine, no storage of any kind, no GPU; a way back to the studio. Drawn as plain
 * SVG: the chart library stays away.
 */
import { useEffect, useMemo } from 'react';
import type { RunResult } from '../../run/events';
import { failureOf } from '../../store/failure';
import { decodeLink, type LinkContent } from '../../store/link';
import { figuresOf } from '../../store/run-view';
import { availableMetrics } from '../../report/series';
import { summarize } from '../../store/summary';
import { ChartFigure } from '../chart/chart-figure';
import { chartOf } from '../chart/model';
import { Overlay } from '../chart/plot';
import { StaticChart } from '../chart/static-chart';
import { summarySentence } from '../chart/summary-sentence';
import * as format from '../format';
import { recipeInShort } from '../recipe-words';
import type { ChartPlace } from './place';
import { showEmbedded } from './show';
import { embed as say } from './words';
import chart from '../chart/chart.module.css';
import styles from './embed.module.css';

const CHART_HEIGHT = 320;

export function showChart(root: HTMLElement, place: ChartPlace): void {
  showEmbedded(root, place, <Embed place={place} />);
}

type Read = { readonly content: LinkContent } | { readonly why: string };

function read(payload: string): Read {
  try {
    return { content: decodeLink(payload) };
  } catch (error) {
    return { why: failureOf(error).sentence };
  }
}

function Embed({ place }: { place: ChartPlace }) {
  const found = useMemo(() => read(place.payload), [place]);
  useEffect(() => {
    if ('content' in found && found.content.result) document.title = say.caption(found.content.result.model.name);
  }, [found]);
  return (
    <main className={styles.frame}>
      {'why' in found ? (
        <p role="alert">
          <strong>{say.damaged}</strong> {found.why}
        </p>
      ) : found.content.result ? (
        <Figure result={found.content.result} place={place} />
      ) : (
        <p>{say.noFigures(found.content.recipe ? recipeInShort(found.content.recipe) : '')}</p>
      )}
      {'content' in found && (
        <p className={styles.foot}>
          <a
            href={`${window.location.href.split('#')[0]}#/c/${place.payload}`}
            target="_blank"
            rel="noopener noreferrer"
          >
            {say.open}
          </a>
        </p>
      )}
    </main>
  );
}

function Figure({ result, place }: { result: RunResult; place: ChartPlace }) {
  const figures = useMemo(() => figuresOf(result), [result]);
  const available = useMemo(() => availableMetrics(figures), [figures]);
  const [first] = available;
  const metric = place.metric !== null && available.includes(place.metric) ? place.metric : first;
  const model = useMemo(
    () => chartOf(figures, { metric, scale: place.scale, current: null }),
    [figures, metric, place.scale],
  );
  const summary = useMemo(() => summarySentence(summarize(figures, metric)), [figures, metric]);
  return (
    <>
      <h1 className="visually-hidden">{say.caption(result.model.name)}</h1>
      <ChartFigure
        model={model}
        caption={<span>{say.caption(result.model.name)}</span>}
        summary={summary}
        height={CHART_HEIGHT}
        drawing={(geometry, at) => (
          <div className={chart.plot} style={{ height: geometry.height }} aria-hidden="true">
            <StaticChart model={model} geometry={geometry} />
            <Overlay model={model} geometry={geometry} at={at} />
          </div>
        )}
      />
      <p className={styles.source}>{say.source(result.adapter, format.date(result.date))}</p>
    </>
  );
}
