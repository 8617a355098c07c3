/** Points and discs in the plane, as data, and where they are drawn; both axes have the same unit. */
import { linearTicks, xAt, yAt, type Geometry, type Tick } from './geometry';

export interface Scatter {
  readonly dots: Points;
  readonly discs: Points & {
    /** Diameter against the largest disc's, 0 … 1. */
    readonly sizes: ArrayLike<number>;
    /** CSS colours; null: the text's. */
    readonly fills: readonly string[] | null;
  };
  /** Where each disc came from; null where nothing moves. */
  readonly from: Points | null;
  readonly xLabel: string;
  readonly yLabel: string;
  /** False where the second axis means nothing. */
  readonly flat: boolean;
}

export interface Points {
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

export function scatterGeometry({ dots, discs, from, flat }: Scatter, width: number, height: number): Geometry {
  const frame = { left: 54, right: 12, top: 10, bottom: 42 };
  const [plotWidth, plotHeight] = [width - frame.left - frame.right, height - frame.top - frame.bottom];
  const parts = [dots, discs, ...(from ? [from] : [])];
  const [x, y] = [extent(parts.map((part) => part.x)), extent(parts.map((part) => part.y))];
  // One unit is as long upwards as sideways, so that a distance looks the same in every direction.
  const unit = 1.08 * Math.max((x[1] - x[0]) / plotWidth, flat ? 0 : (y[1] - y[0]) / plotHeight, 1e-12);
  const around = ([low, high]: readonly [number, number], pixels: number): [number, number] => {
    const middle = (low + high) / 2;
    return [middle - (unit * pixels) / 2, middle + (unit * pixels) / 2];
  };
  const [xRange, yRange] = [around(x, plotWidth), flat ? ([-1.1, 1.1] as const) : around(y, plotHeight)];
  return {
    ...{ width, height, ...frame },
    x: xRange,
    y: yRange,
    log: false,
    xTicks: fewTicks(xRange, plotWidth / 70),
    yTicks: flat ? [] : fewTicks(yRange, plotHeight / 40),
    endLabels: false,
  };
}

/** The disc nearest to a place in pixels; null where there is none within reach. */
export function discAt({ discs }: Scatter, geometry: Geometry, px: number, py: number): number | null {
  let best: number | null = null;
  let reach = 24 ** 2;
  for (let i = 0; i < discs.x.length; i++) {
    const away = (xAt(geometry, discs.x[i]) - px) ** 2 + (yAt(geometry, discs.y[i]) - py) ** 2;
    if (away < reach) [best, reach] = [i, away];
  }
  return best;
}

/** The diameter of the largest disc, in pixels: the more there are, the smaller. */
export function discSize(count: number): number {
  return Math.min(22, Math.max(7, 180 / Math.sqrt(Math.max(1, count))));
}

/** A disc's diameter; the least used can still be seen. */
export function diameterOf(size: number, largest: number): number {
  return Math.max(3.5, size * largest);
}

function extent(lists: readonly ArrayLike<number>[]): [number, number] {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) {
    for (let i = 0; i < list.length; i++) {
      low = Math.min(low, list[i]);
      high = Math.max(high, list[i]);
    }
  }
  if (!Number.isFinite(low)) return [-1, 1];
  return low === high ? [low - 1e-3, high + 1e-3] : [low, high];
}

function fewTicks([low, high]: readonly [number, number], most: number): Tick[] {
  const ticks = linearTicks(low, high);
  const every = Math.max(1, Math.ceil(ticks.length / most));
  // Zero, where it is among them, stays.
  const first = ticks.findIndex(({ at }) => at === 0);
  return ticks.filter((_, i) => (i - Math.max(0, first)) % every === 0);
}
