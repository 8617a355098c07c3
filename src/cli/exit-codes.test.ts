/** Which exit status an error ends with, and its one sentence. */
import { describe, expect, it } from 'vitest';
import { StudioError, type ErrorCode } from '../base/errors';
import { EXITS, ExitError, exitOf, sentenceFor, UsageError } from './exit-codes';

function system(code: string, path?: string): Error {
  return Object.assign(new Error(`${code}: whatever the system says`), { code, path });
}

describe('an exit status', () => {
  it.each<[ErrorCode, keyof typeof EXITS]>([
    ['QS-GPU-05', 'gpu'],
    ['QS-STO-01', 'disk'],
    ['QS-FILE-03', 'input'],
    ['QS-RUN-02', 'kept'],
    ['QS-NUM-02', 'check'],
    ['QS-RECIPE-01', 'usage'],
    ['QS-LINK-01', 'usage'],
    ['QS-APP-01', 'failed'],
  ])('of %s is that of %s', (code, exit) => {
    expect(exitOf(new StudioError(code, 'so it is.'))).toBe(exit);
  });

  it('is what an error says itself, or that of the file system, or that of a failure', () => {
    expect(exitOf(new UsageError('no.'))).toBe('usage');
    expect(exitOf(new ExitError('check', 'no.'))).toBe('check');
    for (const code of ['ENOSPC', 'EACCES', 'EROFS']) expect(exitOf(system(code))).toBe('disk');
    expect(exitOf(system('ERR_SOMETHING'))).toBe('failed');
    expect(exitOf(new TypeError('x is undefined'))).toBe('failed');
    expect(exitOf('a text')).toBe('failed');
  });

  it('is its own for every way to end, and 0 only for success', () => {
    const codes = Object.values(EXITS).map(({ code }) => code);
    expect(new Set(codes).size).toBe(codes.length);
    expect(codes.filter((code) => code === 0)).toEqual([EXITS.done.code]);
    for (const code of codes) expect(code).toBeLessThan(256);
  });
});

it('an error of the file system is said in a sentence with its path and what to do', () => {
  expect(sentenceFor(system('ENOSPC', '/out/model.safetensors'))).toBe(
    '"/out/model.safetensors" cannot be used, because the disk is full: free some space and give the same command again.',
  );
  expect(sentenceFor(new Error('first line\nsecond line'))).toBe('First line.');
});
