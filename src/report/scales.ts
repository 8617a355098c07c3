/** How the values of a chart stand to the baseline's, a line a scale: as they are, divided by them place by place, or less them. */
import { fixed, signedFigures, threeFigures } from './numbers';
import { asDifference, asRatio, type Series } from './series';
import { PAPER_WORDS } from './words';

/** In the order of the menu. */
export const SCALES = ['absolute', 'ratio', 'difference'] as const;
export type Scale = (typeof SCALES)[number];

interface ScaleFace {
  /** What an axis of it is: decades; from 0 on; or around 0, as far as values reach. */
  readonly axis: 'log' | 'from zero' | 'around zero';
  of(series: readonly Series[]): Series[];
  /** As files write a point. */
  readonly write: (value: number) => string;
  /** Of what it is, in files. */
  words(of: string, baseline: string): string;
  /** The same where there is little room. */
  short(of: string, baseline: string): string;
}

export const SCALE_FACES: Readonly<Record<Scale, ScaleFace>> = {
  absolute: {
    axis: 'log',
    of: (series) => [...series],
    write: threeFigures,
    words: (of) => of,
    short: (of) => of,
  },
  ratio: {
    axis: 'from zero',
    of: asRatio,
    write: fixed(2),
    words: PAPER_WORDS.divided,
    short: (of, baseline) => `${of} ÷ ${baseline}`,
  },
  difference: {
    axis: 'around zero',
    of: asDifference,
    write: signedFigures,
    words: PAPER_WORDS.less,
    short: (of, baseline) => `${of} − ${baseline}`,
  },
};
