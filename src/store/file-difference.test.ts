import { describe, expect, it } from 'vitest';
import { compareFiles } from './file-difference';
import { MOST_FILES } from './link-results';

const file = (name: string, sha256: string, bytes = 7) => ({ name, bytes, sha256 });
const A = 'a'.repeat(64);
const B = 'b'.repeat(64);

describe('files of two runs', () => {
  it('are the same by size and digits, as many as both have', () => {
    const theirs = [file('config.json', A.slice(0, 16)), file('model.safetensors', B.slice(0, 16))];
    expect(compareFiles(theirs, [file('model.safetensors', B), file('config.json', A)])).toEqual({
      both: 2,
      apart: [],
    });
  });

  it('that differ are named, and so are those that one of them has not', () => {
    const theirs = [file('a', A), file('b', A), file('c', A, 8), file('gone', A)];
    const ours = [file('a', A), file('b', B), file('c', A, 9), file('new', A)];
    expect(compareFiles(theirs, ours)).toEqual({
      both: 3,
      apart: [
        { name: 'b', is: 'other' },
        { name: 'c', is: 'other' },
        { name: 'gone', is: 'only theirs' },
        { name: 'new', is: 'only ours' },
      ],
    });
  });

  it('are not compared where one of them has told none', () => {
    expect(compareFiles(undefined, [file('a', A)])).toBeNull();
    expect(compareFiles([file('a', A)], undefined)).toBeNull();
  });

  it('beyond what a link tells of are not missed', () => {
    const theirs = Array.from({ length: MOST_FILES }, (_, i) => file(`${i}`, A));
    expect(compareFiles(theirs, [...theirs, file('more', A)])?.apart).toEqual([]);
  });
});
