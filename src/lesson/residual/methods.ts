/**
 * The methods of the lesson as choices of terms. One update serves them all: after column c is rounded, each later column j gets
 *   W[:, j] ← W[:, j] − (w − q)/U_cc · U[c, j] + α w · P[c, j] + α2 (w0 − w) · R[c, j],
 * and a method is which of the three terms are on. Shift changes W once before, and then is GPTQ.
 */
import type { MethodId } from '../../method/face';

export const TERMS = ['compensation', 'drift', 'residual'] as const;
export type Term = (typeof TERMS)[number];
export type Terms = Readonly<Record<Term, boolean>>;

export interface Choice {
  readonly terms: Terms;
  /** W ← W + α W D Hd⁻¹ before the first column. */
  readonly shift: boolean;
}

const choice = (bits: number, shift = false): Choice => ({ terms: termsOf(bits), shift });

export const LESSON_METHODS = {
  rtn: choice(0),
  gptq: choice(1),
  gptaq: choice(3),
  gptq_r: choice(5),
  rescomp: choice(7),
  shift: choice(1, true),
} as const satisfies Partial<Record<MethodId, Choice>>;

export type LessonMethod = keyof typeof LESSON_METHODS;
export const METHOD_IDS = Object.keys(LESSON_METHODS) as LessonMethod[];

/** The method whose terms these are; null where nobody has published such a choice. */
export function methodOfChoice({ terms, shift }: Choice): LessonMethod | null {
  const bits = bitsOf(terms);
  return (
    METHOD_IDS.find((id) => LESSON_METHODS[id].shift === shift && bitsOf(LESSON_METHODS[id].terms) === bits) ?? null
  );
}

/** Terms as three bits, for addresses. */
export function bitsOf(terms: Terms): number {
  return TERMS.reduce((bits, term, i) => bits + (terms[term] ? 1 << i : 0), 0);
}

export function termsOf(bits: number): Terms {
  return { compensation: (bits & 1) > 0, drift: (bits & 2) > 0, residual: (bits & 4) > 0 };
}
