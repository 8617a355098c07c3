/** The state of the lesson on codebooks, as its addresses hold it. */
import type { Fields, Values } from '../address';
import { SEEDS } from '../cut';
import { HIDEABLE } from '../lessons';

export const CODEBOOK_CHAPTERS = 7;
export const CODEWORDS = ['4', '8', '16', '32'] as const;
/** More steps than any chapter has. */
const MOST_STEPS = 200;

export const CODEBOOK_FIELDS = {
  c: { kind: 'whole', min: 1, max: CODEBOOK_CHAPTERS, start: 1 },
  s: { kind: 'whole', min: 0, max: MOST_STEPS, start: 0 },
  /** Codewords. */
  k: { kind: 'choice', choices: CODEWORDS, start: '16' },
  seed: { kind: 'whole', min: 1, max: SEEDS, start: 1 },
  h: { kind: 'some', choices: HIDEABLE },
  p: { kind: 'flag' },
} as const satisfies Fields;

export type CodebookValues = Values<typeof CODEBOOK_FIELDS>;
