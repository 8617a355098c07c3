/** Which of a model's files differ between the author's run and one of one's own, by what the results say of them. */
import type { FilePrint } from '../run/events';
import { MOST_FILES } from './link-results';

export interface FileDifference {
  readonly name: string;
  readonly is: 'other' | 'only theirs' | 'only ours';
}

export interface FilesCompared {
  /** Files that both have told of. */
  readonly both: number;
  readonly apart: readonly FileDifference[];
}

/** Null where one of them has not told its files. */
export function compareFiles(
  theirs: readonly FilePrint[] | undefined,
  ours: readonly FilePrint[] | undefined,
): FilesCompared | null {
  if (theirs === undefined || ours === undefined) return null;
  const mine = new Map(ours.map((file) => [file.name, file]));
  const names = new Set(theirs.map(({ name }) => name));
  const both = theirs.flatMap((file) => {
    const own = mine.get(file.name);
    return own ? [{ file, own }] : [];
  });
  return {
    both: both.length,
    apart: [
      ...both.filter(({ file, own }) => !same(file, own)).map(({ file }) => apart(file, 'other')),
      ...theirs.filter(({ name }) => !mine.has(name)).map((file) => apart(file, 'only theirs')),
      // A link that is full has not told all of them.
      ...(theirs.length < MOST_FILES ? ours.filter(({ name }) => !names.has(name)) : []).map((file) =>
        apart(file, 'only ours'),
      ),
    ],
  };
}

const apart = ({ name }: FilePrint, is: FileDifference['is']): FileDifference => ({ name, is });

/** A link keeps the first digits alone. */
function same(a: FilePrint, b: FilePrint): boolean {
  const digits = Math.min(a.sha256.length, b.sha256.length);
  return a.bytes === b.bytes && a.sliced === b.sliced && a.sha256.slice(0, digits) === b.sha256.slice(0, digits);
}
