/** How the values of a chart stand to the baseline's, a line a scale: as they are, divided by them place by place, or less them. */
import { asDifference, asRatio, type Series } from './series';

/** In the order of the menu. */
export const SCALES = ['absolute', 'ratio', 'difference'] as const;
export type Scale = (typeof SCALES)[number];

interface ScaleFace {
  /** What an axis of it is: decades; from 0 on; or around 0, as far as values reach. */
  readonly axis: 'log' | 'from zero' | 'around zero';
  of(series: readonly Series[]): Series[];
}

export const SCALE_FACES: Readonly<Record<Scale, ScaleFace>> = {
  absolute: { axis: 'log', of: (series) => [...series] },
  ratio: { axis: 'from zero', of: asRatio },
  difference: { axis: 'around zero', of: asDifference },
};
