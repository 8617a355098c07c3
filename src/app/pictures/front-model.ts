/** A Pareto front as lines over a grid of places, so that the chart's reader, table and drawing work as for layers. */
import type { ShownAllocation } from '../../store/allocations';
import type { Point } from '../../report/series';
import { linearTicks } from '../chart/geometry';
import type { ChartLine, ChartModel } from '../chart/model';
import * as format from '../format';
import { METHOD_STYLES, type LineStyle } from '../../report/palette';
import { pictureWords } from './words';

const say = pictureWords.allocation;

/** More than the chart's pixels would show nothing. */
const PLACES = 480;
/** Up to here each choice is a point of its own. */
const FEW = 40;

export function frontChart({ allocation, weights, uniform }: ShownAllocation, look: LineStyle): ChartModel {
  const { front, bits, error, measure } = allocation;
  const all = [...front.map(([size]) => size), ...uniform.map((one) => one.bits), bits].map((size) => size / weights);
  const [low, high] = [all.reduce((a, b) => Math.min(a, b)), all.reduce((a, b) => Math.max(a, b))];
  const at = (perWeight: number) =>
    high > low ? Math.round(((perWeight - low) / (high - low)) * (PLACES - 1)) : PLACES >> 1;
  const names = new Map<number, string>();
  const point = (size: number, y: number, name = say.at): Point => {
    const text = format.fineBits(size / weights);
    const x = at(size / weights);
    names.set(x, say.at(text));
    return { x, name: name(text), y, status: 'done' };
  };
  // The last of those that share a place loses least.
  const points = [...new Map(front.map(([size, loss]) => point(size, loss)).map((one) => [one.x, one])).values()];
  const line = (own: Pick<ChartLine, 'label' | 'short' | 'style' | 'points' | 'size'>, place: number): ChartLine => ({
    ...own,
    row: place,
    baseline: false,
  });
  return {
    lines: [
      line(
        {
          ...{ label: say.front(front.length), short: say.frontShort, points },
          style: { ...look, dash: [], marker: points.length <= FEW ? 'circle' : 'none', width: 2 },
        },
        0,
      ),
      line(
        {
          ...{ label: say.uniform, short: say.uniform },
          // Nothing is between two of them: a line would say otherwise.
          style: { ...METHOD_STYLES.rtn, dash: [], marker: 'square', width: 0 },
          points: uniform.map((one): Point => ({
            ...point(one.bits, one.error, (text) => say.uniformAt(text, one.name)),
            begins: true,
          })),
        },
        1,
      ),
      line(
        {
          ...{ label: say.chosen, short: say.chosen, points: [point(bits, error)], size: 14 },
          style: { ...look, dash: [], marker: 'star', width: 0 },
        },
        2,
      ),
    ],
    places: PLACES,
    starts: [],
    ticks:
      high > low
        ? linearTicks(low, high).map((tick) => ({ at: at(tick.at), name: tick.text }))
        : [{ at: at(low), name: format.bits(low) }],
    xLabel: say.xAxis,
    unit: say.xAxis,
    yLabel: say.yAxis(measure),
    yShort: say.yShort,
    log: true,
    current: at(bits / weights),
    endLabels: false,
    format: format.error,
    placeName: (x) => names.get(x) ?? say.at(format.fineBits(low + ((high - low) * x) / (PLACES - 1))),
  };
}
