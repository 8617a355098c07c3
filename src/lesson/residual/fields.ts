/** The state of the lesson on rounding errors, as its addresses hold it. */
import { startValues, type Fields, type Values } from '../address';
import { CUT, SEEDS } from '../cut';
import { HIDEABLE } from '../lessons';
import { bitsOf, LESSON_METHODS, METHOD_IDS, methodOfChoice, termsOf, type Choice } from './methods';
import { stepsOf, type Settings } from './trace';

export const RESIDUAL_CHAPTERS = 9;
/** Widths of a code that the lesson offers, and columns that share a scale. */
export const BITS = ['2', '3', '4'] as const;
export const GROUPS = ['row', '8'] as const;
/** What can be shown below W. */
export const SHOWN = ['vectors', 'update', 'q', 'error'] as const;

export const RESIDUAL_FIELDS = {
  /** Chapter. */
  c: { kind: 'whole', min: 1, max: RESIDUAL_CHAPTERS, start: 1 },
  /** Step. */
  s: { kind: 'whole', min: 0, max: stepsOf(CUT.cols), start: 0 },
  m: { kind: 'choice', choices: METHOD_IDS, start: 'rtn' },
  /** Terms, where they are not the method's own: 8 means that they are. */
  t: { kind: 'whole', min: 0, max: 8, start: 8 },
  b: { kind: 'choice', choices: BITS, start: '3' },
  g: { kind: 'choice', choices: GROUPS, start: 'row' },
  a: { kind: 'share', start: 0.25 },
  a2: { kind: 'share', start: 0.25 },
  seed: { kind: 'whole', min: 1, max: SEEDS, start: 1 },
  /** Shown. */
  v: { kind: 'some', choices: SHOWN, start: ['q', 'error'] },
  /** Hidden parts. */
  h: { kind: 'some', choices: HIDEABLE },
  /** Present. */
  p: { kind: 'flag' },
} as const satisfies Fields;

export type ResidualValues = Values<typeof RESIDUAL_FIELDS>;
export const RESIDUAL_START: ResidualValues = startValues(RESIDUAL_FIELDS);

export function choiceOf({ m, t }: Pick<ResidualValues, 'm' | 't'>): Choice {
  const own: Choice = LESSON_METHODS[m];
  return t === 8 ? own : { shift: own.shift, terms: termsOf(t) };
}

/** The words of an address for a choice of terms. */
export function choiceValues(choice: Choice): Pick<ResidualValues, 'm' | 't'> {
  const method = methodOfChoice(choice);
  if (method) return { m: method, t: 8 };
  return { m: choice.shift ? 'shift' : 'rtn', t: bitsOf(choice.terms) };
}

export function settingsOf(values: Pick<ResidualValues, 'm' | 't' | 'b' | 'g' | 'a' | 'a2'>): Settings {
  const { b, g, a, a2 } = values;
  return { ...choiceOf(values), bits: Number(b), group: g === 'row' ? null : Number(g), alpha: a, alpha2: a2 };
}
