/** The words of rows that are parts of another: what each step does. */
import type { WindowFigures } from '../../run/events';
import { inLanguage } from '../language/in-language';

type Figure = WindowFigures['of'];

/** What the differences are of, by figure. */
const OF: Readonly<Record<Figure, (windows: string) => string>> = {
  nll: (windows) => `log perplexity (nats a token) on the same ${windows} held-out windows`,
  hit: (windows) => `accuracy (percentage points) on the same ${windows} held-out images`,
  trajectory: (windows) => `trajectory error on the same ${windows} sampled images`,
};

export const partWords = {
  title: 'What each step does',
  hint: (of: Figure, windows: string) =>
    `Rows that are part of another, against it: mean difference of ${OF[of](windows)}, pair by pair, with its 95 % bootstrap interval over them. ${
      of === 'hit' ? 'Below' : 'Above'
    } 0 the row is worse without the step.`,
  few: (least: string) => `Fewer than ${least} say nothing of chance: no interval is given.`,
  against: (label: string) => `Against ${label}`,
  row: 'Row',
  without: (steps: string) => `without ${steps}`,
  difference: 'Difference',
  interval: '95 % interval',
  bounds: (low: string, high: string) => `${low} … ${high}`,
  plot: 'Difference and interval',
  verdict: 'Without it',
  verdicts: { worse: 'worse', better: 'better', unclear: 'not separable', unknown: 'no figure' },
};

export type Verdict = keyof typeof partWords.verdicts;

await inLanguage({ partWords }, { 'zh-CN': () => import('./part-words.zh-CN') });
