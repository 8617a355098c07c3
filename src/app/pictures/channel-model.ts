/** What a stage's layers read, before and after a view's transforms, as lines of the chart: largest values, and what 99 % are below. */
import type { StageChannels, ViewChannels } from '../../run/events';
import type { RunFigures } from '../../store/run-view';
import type { Point } from '../../report/series';
import type { ChartLine, ChartModel } from '../chart/model';
import * as format from '../format';
import { METHOD_STYLES, type LineStyle } from '../../report/palette';
import { pictureWords } from './words';

const say = pictureWords.channels;

export type Order = 'channel' | 'sorted';
export const ORDERS: readonly Order[] = ['channel', 'sorted'];

/** One view's bars: thin up to the largest value, wide up to what 99 % are below. */
export interface ChannelPanel {
  readonly title: string;
  readonly peak: ChartLine;
  readonly most: ChartLine;
}

export interface ChannelPicture {
  readonly model: ChartModel;
  readonly panels: readonly ChannelPanel[];
  readonly summary: string;
}

/** `view`: its place in the stage's list, 1 or more; `own`: the looks of its rows. */
export function channelPicture(stage: StageChannels, view: number, order: Order, own: LineStyle): ChannelPicture {
  // The checkpoint is grey; where the row's method is so as well, it is what is strongest without a colour.
  const after = own.light === METHOD_STYLES.rtn.light ? METHOD_STYLES.ssvq : own;
  const shown = [
    { which: say.before, look: METHOD_STYLES.rtn, of: stage.views[0] },
    { which: say.after, look: after, of: stage.views[view] },
  ];
  const places = stage.views[0].peaks.length;
  const width = Math.ceil(stage.channels / places);
  const panels = shown.map(({ which, look, of }, i): ChannelPanel => {
    const name = (channel: number) => channelName(channel, width, stage.channels);
    const ranks = order === 'sorted' ? bySize(of.peaks) : of.peaks.map((_, channel) => channel);
    const points = (values: readonly (number | null)[]) =>
      ranks.flatMap((channel, x): Point[] => {
        const y = values[channel];
        return y === null ? [] : [{ x, name: name(channel), y, status: 'done' }];
      });
    const line = (row: number, label: string, values: readonly (number | null)[], wide: boolean): ChartLine => ({
      ...{ row, label, short: label, baseline: false, points: points(values) },
      style: { ...look, dash: [], marker: 'none', width: wide ? 7 : 2 },
    });
    return {
      title: say.panel(which, ratioOf(peakOf(of), of.rms)),
      peak: line(2 * i, say.peak(which), of.peaks, false),
      most: line(2 * i + 1, say.most(which), of.most, true),
    };
  });
  const axis = order === 'sorted' ? say.rankAxis : say.channelAxis;
  return {
    panels,
    model: {
      lines: panels.flatMap(({ peak, most }) => [peak, most]),
      places,
      starts: [],
      ticks: order === 'sorted' ? rankTicks(places) : placeTicks(places, width),
      xLabel: axis,
      unit: axis,
      yLabel: say.yAxis,
      yShort: say.yAxis,
      log: false,
      fitted: true,
      endLabels: false,
      current: null,
      format: format.value,
      placeName: (x) => (order === 'sorted' ? say.rank(format.integer(x + 1)) : channelName(x, width, stage.channels)),
    },
    summary: format.sentences([
      say.summary(figuresIn(stage.views[0]), stage.views[view].label, figuresIn(stage.views[view])),
      ...(width > 1 ? [say.together(width)] : []),
      say.sample,
    ]),
  };
}

/** 'model.layers.0.self_attn.q_proj, k_proj, v_proj'. */
export function stageName({ plan }: RunFigures, { layers }: StageChannels): string {
  const names = layers.map((layer) => plan?.layers[layer]?.name ?? String(layer));
  return [names[0], ...names.slice(1).map((name) => name.split('.').at(-1) ?? name)].join(', ');
}

function figuresIn(view: ViewChannels): string {
  const peak = peakOf(view);
  const sizes = view.peaks.filter((size) => size !== null).sort((a, b) => a - b);
  return say.figures(
    peak === null ? format.NOT_AVAILABLE : format.value(peak),
    ratioOf(peak, view.rms),
    ratioOf(peak, sizes[sizes.length >> 1] ?? null),
  );
}

/** The largest; null where one is not finite. */
function peakOf({ peaks }: ViewChannels): number | null {
  return peaks.reduce((most, one) => (most === null || one === null ? null : Math.max(most, one)), 0);
}

function ratioOf(value: number | null, to: number | null): number | null {
  return value === null || to === null || to === 0 ? null : value / to;
}

/** Places, the largest first; what is not finite before all. */
function bySize(values: readonly (number | null)[]): number[] {
  return [...values.keys()].sort((a, b) => (values[b] ?? Infinity) - (values[a] ?? Infinity) || a - b);
}

/** Counted from 0, as in tensors. */
function channelName(place: number, width: number, channels: number): string {
  const [first, last] = [place * width, Math.min((place + 1) * width, channels) - 1];
  return first === last ? say.channel(String(first)) : say.channels(String(first), String(last));
}

function placeTicks(places: number, width: number): ChartModel['ticks'] {
  const every = [1, 2, 4, 8, 16, 32, 64].find((step) => places / step <= 9) ?? 128;
  return Array.from({ length: Math.ceil(places / every) }, (_, i) => ({
    at: i * every,
    name: String(i * every * width),
  }));
}

/** Counted from 1. */
function rankTicks(places: number): ChartModel['ticks'] {
  const every = [1, 5, 10, 20].find((step) => places / step <= 9) ?? 50;
  const ranks = Array.from({ length: Math.floor(places / every) }, (_, i) => (i + 1) * every);
  return [...(every > 1 ? [1] : []), ...ranks].map((rank) => ({ at: rank - 1, name: String(rank) }));
}
