/** Formulas as MathML, written down in TypeScript: nothing is parsed in the page. Each says itself as a sentence. */
import { createElement, type ReactNode } from 'react';
import styles from './lesson.module.css';

const node =
  (tag: string) =>
  (...children: ReactNode[]) =>
    createElement(tag, null, ...children);

export const mi = node('mi');
export const mo = node('mo');
export const mn = node('mn');
export const mrow = node('mrow');
export const msub = node('msub');
export const msup = node('msup');
export const mfrac = node('mfrac');

/** ( … ) */
export function paren(...inside: ReactNode[]): ReactNode {
  return mrow(mo('('), ...inside, mo(')'));
}

export function Maths({ says, children }: { says: string; children: ReactNode }) {
  return createElement('math', { 'aria-label': says, className: styles.maths }, children);
}
