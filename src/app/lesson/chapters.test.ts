/** The chapters of the lessons as they are written, and what is said of a step, against its figures. */
import { describe, expect, it } from 'vitest';
import { readAddress, startValues, writeAddress, type Fields } from '../../lesson/address';
import { CODEBOOK_CHAPTERS } from '../../lesson/codebook/fields';
import { cutOf } from '../../lesson/cut';
import file from '../../lesson/data/attention-output.json';
import { readLayerFile } from '../../lesson/layer-data';
import { RESIDUAL_CHAPTERS, RESIDUAL_FIELDS, RESIDUAL_START, settingsOf } from '../../lesson/residual/fields';
import { problemOf } from '../../lesson/residual/problem';
import { stepsOf, traceOf } from '../../lesson/residual/trace';
import { ROTATION_CHAPTERS } from '../../lesson/rotation/fields';
import type { ChapterWords } from './chapter';
import { codebookWords } from './codebook/words';
import { bandsOf, weightsAt } from './residual/bands';
import { RESIDUAL_SETS } from './residual/chapters';
import { errorSays, stepSays } from './residual/says';
import { residualWords } from './residual/words';
import { rotationWords } from './rotation/words';

const LESSONS: readonly (readonly [string, readonly ChapterWords[], number])[] = [
  ['residuals', residualWords.chapters, RESIDUAL_CHAPTERS],
  ['codebooks', codebookWords.chapters, CODEBOOK_CHAPTERS],
  ['rotation', rotationWords.chapters, ROTATION_CHAPTERS],
];

describe.each(LESSONS)('%s', (_, chapters, count) => {
  it('has as many chapters as its addresses know, each with a question that has one answer', () => {
    expect(chapters).toHaveLength(count);
    for (const { title, text, answers, right } of chapters) {
      expect(text.length, title).toBeGreaterThan(0);
      expect(answers[right], title).toBeDefined();
      expect(new Set(answers.map((one) => one.text)).size, title).toBe(answers.length);
    }
  });
});

it('what a chapter sets is a whole address', () => {
  const start = startValues(RESIDUAL_FIELDS);
  RESIDUAL_SETS.forEach((set, i) => {
    const values = { ...start, ...set, c: i + 1 };
    expect(readAddress(RESIDUAL_FIELDS as Fields, writeAddress(RESIDUAL_FIELDS, values))).toEqual({
      values,
      ignored: [],
    });
  });
});

describe('a step', () => {
  const problem = problemOf(cutOf(readLayerFile(file), 1));
  const trace = traceOf(problem, settingsOf({ ...RESIDUAL_START, m: 'rescomp' }));
  const rtn = traceOf(problem, settingsOf(RESIDUAL_START));
  const number = (text: string) => Number(text.replace('−', '-'));

  it('shows the trace’s weights, and names what changed', () => {
    for (const step of [0, 1, 2, 3, 24, stepsOf(16)]) {
      const shown = ['vectors', 'update', 'q', 'error'] as const;
      const { bands } = bandsOf({ problem, trace, step, shown, lit: null });
      const weights = weightsAt(trace, step);
      bands[0].rows.forEach(({ cells }, r) =>
        cells.forEach(({ text, says }, c) => {
          expect(number(text)).toBeCloseTo(weights.data[16 * r + c], 3);
          expect(says).toMatch(new RegExp(`^W, row ${r + 1}, column ${c + 1}, `));
        }),
      );
      expect(bands.every(({ rows }) => rows.every(({ cells }) => cells.length === 16))).toBe(true);
      expect(
        bands.some(({ rows }) => rows.some(({ cells }) => cells.some(({ says }) => /changed by/.test(says)))),
      ).toBe(step > 0 && step % 3 === 0 && step < stepsOf(16));
    }
  });

  it('looked at by one term shows that term alone', () => {
    const { bands } = bandsOf({ problem, trace, step: 24, shown: ['update'], lit: 'drift' });
    const drift = trace.columns[7].terms.drift;
    expect(number(bands[1].rows[2].cells[11].says.split(', ')[3].split(':')[0])).toBeCloseTo(
      drift?.data[16 * 2 + 11] ?? NaN,
      5,
    );
  });

  it('is compared with RTN as its figures are, whichever is ahead', () => {
    const heard = new Set<string>();
    for (const [one, other] of [
      [trace, rtn],
      [rtn, trace],
      [rtn, rtn],
    ]) {
      for (let step = 1; step <= stepsOf(16); step++) {
        const ratio = one.running[step] / other.running[step];
        const word = Math.abs(ratio - 1) < 0.005 ? 'the same' : ratio < 1 ? 'lower' : 'higher';
        expect(errorSays(one, other, step)).toContain(word);
        heard.add(word);
      }
    }
    expect(heard).toEqual(new Set(['the same', 'lower', 'higher']));
    expect(stepSays(problem, trace, stepsOf(16))).toBe(residualWords.says.last);
  });
});
