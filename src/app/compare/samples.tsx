/**
 * What a diffusion network samples from the same noise at full precision and quantized by every row: a line of images a row, a column
 * a noise. The figures that belong to it are in the table above, so a strip says what it is of and leaves the rest to those.
 */
import { useMemo, useState } from 'react';
import type { SampledImages } from '../../run/events';
import { stylesOf } from '../chart/model';
import { Swatch } from '../chart/swatch';
import { download } from '../clipboard';
import * as format from '../format';
import type { LineStyle } from '../../report/palette';
import { Button, IconButton } from '../parts/button';
import type { RunSource } from '../run-source';
import { words } from '../words';
import panel from '../parts/panel.module.css';
import { channelsOf, differenceFrom, drawStrip, figurePng, scaleOf, sheetPng, type PictureRow } from './pictures';
import { sampleWords } from './words';
import styles from './samples.module.css';

const say = words.images.samples;

/** Columns at a time: as many as a wide window has room for. */
const ACROSS = 12;

/** Of a small image one pixel is then a square of some 24. */
const MOST_ZOOM = 4;

interface Strip extends PictureRow {
  readonly key: string;
  /** As a sentence says it. */
  readonly by: string;
  readonly style: LineStyle | null;
}

export function Samples({ source }: { source: RunSource }) {
  const { figures, result } = source;
  const plain = useMemo(() => stripsOf(source), [source]);
  const [differing, setDiffering] = useState(false);
  const [zoom, setZoom] = useState(1);
  const strips = useMemo(() => (differing ? differences(plain) : plain), [plain, differing]);
  const [wanted, setFirst] = useState(0);
  if (!figures.plan || strips.length === 0) return null;
  const { size, labels } = strips[0].samples;
  const first = Math.min(wanted, Math.max(0, labels.length - 1));
  const count = Math.min(ACROSS, labels.length - first);
  const names = labels
    .slice(first, first + count)
    .map((label) => say.className(result?.model.classNames?.[label], label));
  const pitch = (size + 1) * scaleOf(size) * zoom;
  const pictures = strips.every(({ samples }) => channelsOf(samples) !== null);

  return (
    <section className={panel.section} aria-labelledby="samples-title">
      <div className={panel.sectionHead}>
        <h2 id="samples-title">{say.title}</h2>
        {pictures && (
          <Button
            small
            icon="download"
            onClick={async () =>
              download(`${source.modelName}-images.png`, await figurePng(strips, names, first, count))
            }
          >
            {say.downloadAll}
          </Button>
        )}
      </div>
      <p className={panel.muted}>
        {pictures ? hintOf(source) : say.latents} {differing && sampleWords.differenceHint}
      </p>
      {pictures && (
        <div className={styles.tools}>
          <Button small aria-pressed={differing} onClick={() => setDiffering(!differing)}>
            {sampleWords.difference}
          </Button>
          <label className={styles.zoom}>
            {sampleWords.zoom}
            <input
              type="range"
              min={1}
              max={MOST_ZOOM}
              value={zoom}
              aria-valuetext={sampleWords.zoomed(zoom)}
              onChange={(event) => setZoom(event.currentTarget.valueAsNumber)}
            />
          </label>
        </div>
      )}
      {pictures && (
        // A scroller of its own needs the keyboard.
        <div className={`${panel.tableFrame} ${styles.frame}`} tabIndex={0} role="region" aria-label={say.grid}>
          <div className={styles.names} aria-hidden="true">
            {names.map((name, i) => (
              <span key={i} style={{ width: pitch }}>
                {name}
              </span>
            ))}
          </div>
          {strips.map((strip) => (
            <StripRow
              key={strip.key}
              strip={strip}
              first={first}
              count={count}
              zoom={zoom}
              alt={say.alt(count, format.list([...new Set(names)]), strip.by)}
              onDownload={async () =>
                download(
                  `${source.modelName}-${strip.label.replace(/[^\w.-]+/g, '-')}.png`,
                  await sheetPng(strip.samples, ACROSS),
                )
              }
            />
          ))}
        </div>
      )}
      {pictures && labels.length > ACROSS && (
        <div className={styles.pages}>
          <Button small disabled={first === 0} onClick={() => setFirst(Math.max(0, first - ACROSS))}>
            {say.previous}
          </Button>
          <Button small disabled={first + ACROSS >= labels.length} onClick={() => setFirst(first + ACROSS)}>
            {say.next}
          </Button>
          <p role="status">
            {say.range(format.integer(first + 1), format.integer(first + count), format.integer(labels.length))}
          </p>
        </div>
      )}
    </section>
  );
}

interface StripRowProps {
  strip: Strip;
  first: number;
  count: number;
  zoom: number;
  alt: string;
  onDownload: () => void;
}

function StripRow({ strip: { label, by, samples, style }, first, count, zoom, alt, onDownload }: StripRowProps) {
  const { size } = samples;
  const scale = scaleOf(size) * zoom;
  return (
    <div className={styles.row}>
      <div className={styles.label}>
        {style && <Swatch style={style} />}
        <span>{label}</span>
        <IconButton icon="download" label={say.downloadOf(by)} onClick={onDownload} />
      </div>
      <canvas
        ref={(canvas) => {
          if (canvas) drawStrip(canvas, samples, first, count);
        }}
        role="img"
        aria-label={alt}
        className={scale >= 1 ? styles.strip : undefined}
        style={{ width: count * (size + 1) * scale, height: size * scale }}
      />
    </div>
  );
}

/** Full precision first, then the rows in the run's order; none of it before the run has sampled. */
function stripsOf({ figures }: RunSource): Strip[] {
  const full = figures.fullPrecision?.images?.samples;
  if (!full || !figures.plan) return [];
  const looks = stylesOf(figures);
  const rows = figures.plan.rows.flatMap(({ row, label }): Strip[] => {
    const samples = figures.rows.find((one) => one.row === row)?.images?.samples;
    return samples && comparable(samples, full)
      ? [{ key: String(row), label, by: label, samples, style: looks.get(row) ?? null }]
      : [];
  });
  return [{ key: 'full', label: say.full, by: say.fullBy, samples: full, style: null }, ...rows];
}

/** Full precision stays as it is: it is what the others are set against. */
function differences([full, ...rows]: readonly Strip[]): Strip[] {
  return [full, ...rows.map((row) => ({ ...row, samples: differenceFrom(full.samples, row.samples) }))];
}

function comparable(a: SampledImages, b: SampledImages): boolean {
  return a.size === b.size && a.labels.length === b.labels.length && a.pixels.length === b.pixels.length;
}

function hintOf({ recipe: { sampling } }: RunSource): string {
  if (!sampling) return say.hintShort;
  const { steps, sampler, guidance } = sampling;
  return say.hint(format.integer(steps), words.images.recipe.samplers[sampler], String(guidance));
}
