/** The state of the lesson on rotations, as its addresses hold it. */
import { startValues, type Fields, type Values } from '../address';
import { HIDEABLE } from '../lessons';
import type { Treatment } from './spread';

export const ROTATION_CHAPTERS = 6;
/** log2 of the channels: how many stages of butterflies there are. */
export const STAGES = 5;
/** Tokens of the lesson's data. */
export const TOKENS = 64;
export const ROTATION_BITS = ['3', '4', '6', '8'] as const;

export const ROTATION_FIELDS = {
  c: { kind: 'whole', min: 1, max: ROTATION_CHAPTERS, start: 1 },
  /** Stages of butterflies. */
  s: { kind: 'whole', min: 0, max: STAGES, start: 0 },
  /** Scaled first. */
  k: { kind: 'flag' },
  a: { kind: 'share', start: 0.5 },
  b: { kind: 'choice', choices: ROTATION_BITS, start: '4' },
  /** The token that is looked at. */
  seed: { kind: 'whole', min: 1, max: TOKENS, start: 1 },
  h: { kind: 'some', choices: HIDEABLE },
  p: { kind: 'flag' },
} as const satisfies Fields;

export type RotationValues = Values<typeof ROTATION_FIELDS>;
export const ROTATION_START: RotationValues = startValues(ROTATION_FIELDS);

export function treatmentOf({ s, k, a }: Pick<RotationValues, 's' | 'k' | 'a'>): Treatment {
  return { smooth: k ? a : null, stages: s };
}
