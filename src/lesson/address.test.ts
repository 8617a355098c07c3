import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LONGEST_QUERY, readAddress, startValues, writeAddress, type Fields } from './address';
import { STEP_FACES } from '../step/faces';
import { CODEBOOK_FIELDS } from './codebook/fields';
import { chapterOn, isLesson, type LessonId } from './lessons';
import { choiceOf, choiceValues, RESIDUAL_FIELDS, type ResidualValues } from './residual/fields';
import { LESSON_METHODS, METHOD_IDS, termsOf } from './residual/methods';
import { ROTATION_FIELDS } from './rotation/fields';

const read = (query: string) => readAddress(RESIDUAL_FIELDS, query);
const START = startValues(RESIDUAL_FIELDS);

describe('an address of a lesson', () => {
  it('holds what differs from the start, and is read back', () => {
    const values: ResidualValues = {
      ...START,
      c: 5,
      s: 12,
      m: 'gptaq',
      b: '2',
      a: 0.07,
      h: ['answers', 'strip'],
      p: true,
    };
    const query = writeAddress(RESIDUAL_FIELDS, values);
    expect(query).toBe('c=5&s=12&m=gptaq&b=2&a=7&h=answers,strip&p=1');
    expect(read(query)).toEqual({ values: { ...values, h: ['strip', 'answers'] }, ignored: [] });
    expect(writeAddress(RESIDUAL_FIELDS, START)).toBe('');
  });

  it('that is damaged gives what can be read of it, clamped, and says the rest', () => {
    const { values, ignored } = read('s=999&m=magic&b=3&x=1&a=-5&h=strip,moon&c&seed=1e9&p=%E0&b=4');
    expect(values).toEqual({ ...START, s: 48, b: '3', a: 0, h: ['strip'] });
    expect(ignored).toEqual(['s=999', 'm=magic', 'x=1', 'a=-5', 'h=strip,moon', 'c', 'seed=1e9', 'p=%E0', 'b=4']);
  });

  it.each(['__proto__=1', 'constructor=1', 'toString', '=', '&&&', '%', 's=%00'])('%s changes nothing', (query) => {
    expect(read(query).values).toEqual(START);
  });

  it('is read to a bounded length, whatever it is', () => {
    expect(read(`s=3&${'x'.repeat(100_000)}`).values).toEqual({ ...START, s: 3 });
    expect(read(`s=3&${'x'.repeat(100_000)}`).ignored.join('').length).toBeLessThan(LONGEST_QUERY);
    const word = fc.constantFrom(
      's',
      'm',
      't',
      'b',
      'g',
      'a',
      'a2',
      'seed',
      'h',
      'p',
      'c',
      '=',
      '&',
      ',',
      '-',
      '9',
      'gptq',
      '%',
    );
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string({ maxLength: 80 }),
          fc.array(word).map((words) => words.join('')),
        ),
        (query) => {
          const { values } = read(query);
          for (const [key, field] of Object.entries(RESIDUAL_FIELDS as Fields)) {
            const value = (values as Record<string, unknown>)[key];
            if (field.kind === 'whole') expect(value).toBeOneOf(range(field.min, field.max));
            if (field.kind === 'share') expect(value).toBeOneOf(range(0, 100).map((n) => n / 100));
            if (field.kind === 'choice') expect(field.choices).toContain(value);
          }
          expect(read(writeAddress(RESIDUAL_FIELDS, values))).toEqual({ values, ignored: [] });
        },
      ),
      { numRuns: 500 },
    );
  });
});

describe('a choice of terms', () => {
  it.each(METHOD_IDS)('of %s is that method', (id) => {
    expect(choiceValues(LESSON_METHODS[id])).toEqual({ m: id, t: 8 });
    expect(choiceOf({ m: id, t: 8 })).toEqual(LESSON_METHODS[id]);
  });

  it('that no method has keeps its terms', () => {
    for (const choice of [
      { terms: termsOf(2), shift: false },
      { terms: termsOf(7), shift: true },
    ]) {
      expect(choiceOf(choiceValues(choice))).toEqual(choice);
    }
  });
});

describe('chapters that show a step of a recipe', () => {
  const FIELDS: Readonly<Record<LessonId, Fields>> = {
    residuals: RESIDUAL_FIELDS,
    codebooks: CODEBOOK_FIELDS,
    rotation: ROTATION_FIELDS,
  };

  it('have addresses that are read whole, and written the same', () => {
    const found = Object.keys(STEP_FACES).flatMap((id) => chapterOn(id) ?? []);
    expect(found.length).toBe(14);
    for (const address of found) {
      const [, id, query = ''] = /^#\/lesson\/([a-z]+)(?:\?(.*))?$/.exec(address) ?? [];
      if (!isLesson(id)) throw new Error(`no lesson of ${address}`);
      const { values, ignored } = readAddress(FIELDS[id], query);
      expect(ignored, address).toEqual([]);
      expect(writeAddress(FIELDS[id], values), address).toBe(query);
    }
    expect(chapterOn('constructor')).toBeNull();
  });
});

function range(min: number, max: number): number[] {
  return Array.from({ length: max - min + 1 }, (_, i) => min + i);
}
