/**
 * Equality of arrays of numbers for vitest's matchers. Theirs looks at every entry as at an object that may have keys, iterators and
 * matchers of its own: seconds for the matrices of a test. Arrays that hold anything but numbers are left to it.
 */
import { expect } from 'vitest';

type Numbers = ArrayLike<number | bigint>;

/** Whether both hold the same numbers (NaN equals NaN, 0 is not −0, as in `toEqual`); undefined where this is not for us to say. */
export function equalNumbers(a: unknown, b: unknown): boolean | undefined {
  if (!isNumbers(a) || !isNumbers(b) || a.constructor !== b.constructor) return undefined;
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== b[i] ? !Object.is(a[i], b[i]) : a[i] === 0 && !Object.is(a[i], b[i])) return false;
  }
  return true;
}

function isNumbers(value: unknown): value is Numbers {
  if (ArrayBuffer.isView(value)) return !(value instanceof DataView);
  if (!Array.isArray(value)) return false;
  // By index: `every` passes over holes.
  for (let i = 0; i < value.length; i++) if (typeof value[i] !== 'number') return false;
  return true;
}

expect.addEqualityTesters([(a, b) => equalNumbers(a, b)]);
