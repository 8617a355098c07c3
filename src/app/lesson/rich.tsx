/**
 * Small formulas inside sentences: 'U_cc', 'X^T', 'H^−1' with what follows the mark up to the next blank or bracket set below or above; a Han
 * character ends it too. Not every font has raised letters of its own.
 */
import { Fragment } from 'react';

const MARK = /([_^])((?:(?!\p{Script=Han})[\p{L}\p{N}−])+)/gu;

export function Rich({ text }: { text: string }) {
  const parts = text.split(MARK);
  return parts.map((part, i) => {
    // Of three: the text between, the mark, what it raises or lowers.
    if (i % 3 === 1) return null;
    if (i % 3 === 0) return <Fragment key={i}>{part}</Fragment>;
    return parts[i - 1] === '_' ? <sub key={i}>{part}</sub> : <sup key={i}>{part}</sup>;
  });
}
