/** Scales in files: how a point is written, and of what it is. */
import { fixed, signedFigures, threeFigures } from './numbers';
import type { Scale } from './scales';
import { PAPER_WORDS } from './words';

interface PaperScale {
  readonly write: (value: number) => string;
  of(what: string, baseline: string): string;
  /** The same where there is little room. */
  short(what: string, baseline: string): string;
}

export const PAPER_SCALES: Readonly<Record<Scale, PaperScale>> = {
  absolute: { write: threeFigures, of: (what) => what, short: (what) => what },
  ratio: { write: fixed(2), of: PAPER_WORDS.divided, short: (what, baseline) => `${what} ÷ ${baseline}` },
  difference: { write: signedFigures, of: PAPER_WORDS.less, short: (what, baseline) => `${what} − ${baseline}` },
};
