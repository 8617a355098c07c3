/** Results of networks on images: columns and best values by task, sentences, and the way of pixels through a file. */
import { describe, expect, it } from 'vitest';
import { fakeClassifierResult, fakeDiffusionResult, fakeResult } from '../app/testing/fake-figures';
import { summarySentence } from '../app/chart/summary-sentence';
import type { RunResult } from '../run/events';
import { resultsFile } from '../run/export';
import { FakeEngine } from '../app/testing/fake-engine';
import { bestRows, columnsOf, compareRows, type Shown } from '../report/compare';
import { parseResult } from '../report/read-result';
import { createResultFiles } from './result-file';
import { figuresOf } from './run-view';
import { summarize } from './summary';

const OUTPUT: Shown = { metric: 'heldOutOutput', scale: 'absolute' };
const classifier = figuresOf(fakeClassifierResult());
const diffusion = figuresOf(fakeDiffusionResult());

async function written(result: RunResult): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of resultsFile(result).chunks()) parts.push(chunk);
  return Buffer.concat(parts).toString('utf8');
}

describe('the comparison of networks on images', () => {
  it('has the columns of its task', () => {
    expect(columnsOf(figuresOf(fakeResult()))).toContain('perplexity');
    expect(columnsOf(classifier)).toContain('accuracy');
    expect(columnsOf(classifier)).not.toContain('perplexity');
    expect(columnsOf(diffusion)).toEqual(expect.arrayContaining(['prediction', 'trajectory', 'frechet']));
  });

  it('calls the highest accuracy best only where its interval meets no other’s', () => {
    const shares = (values: readonly number[]) => ({
      ...classifier,
      rows: classifier.rows.map((row, i) => {
        const interval = [values[i] - 0.03, values[i] + 0.03] as const;
        const accuracy = { share: values[i], interval, images: 256 };
        return { ...row, images: row.images && { ...row.images, accuracy } };
      }),
    });
    expect(compareRows(classifier, OUTPUT)[0].tokens).toBe(256);
    expect([...bestRows(shares([0.5, 0.9, 0.7, 0.8]), OUTPUT).accuracy]).toEqual([1]);
    expect([...bestRows(shares([0.5, 0.9, 0.88, 0.7]), OUTPUT).accuracy]).toEqual([]);
    expect([...bestRows(diffusion, OUTPUT).accuracy]).toEqual([]);
  });

  it('says who is most often right, and who cannot be told from it', () => {
    const rows = fakeClassifierResult().rows.map((row, i) => {
      const share = [0.5, 0.9, 0.92, 0.7][i];
      const accuracy = { share, interval: [share - 0.03, share + 0.03] as const, images: 256 };
      return { ...row, images: row.images && { ...row.images, accuracy } };
    });
    const sentence = summarySentence(summarize({ ...classifier, rows }, 'heldOutOutput'));
    expect(sentence).toContain('Highest accuracy: GPTAQ with 92.0%');
    expect(sentence).toContain('(full precision 98.0%), not separable from GPTQ on 256 images.');
  });

  it('says whose images are nearest', () => {
    const facts = summarize(diffusion, 'heldOutOutput');
    expect(facts.groups[0].perplexity).toBeNull();
    expect(facts.groups[0].accuracy).toBeNull();
    const least = compareRows(diffusion, OUTPUT).reduce((a, b) => ((b.trajectory ?? 1) < (a.trajectory ?? 1) ? b : a));
    expect(summarySentence(facts)).toContain(`${least.short} keeps nearest to full precision’s images`);
  });
});

describe('a results file with images', () => {
  it.each([
    ['a classifier', fakeClassifierResult()],
    ['a diffusion network', fakeDiffusionResult()],
  ])('opens as it was written, pixels as bytes: %s', async (_, result) => {
    const text = await written(result);
    const store = createResultFiles(new FakeEngine());
    await store.getState().open(new File([text], 'results.json'));
    expect(store.getState().failure).toBeNull();
    expect(store.getState().imported[0].result).toEqual(result);
  });

  it('keeps pixels through a structured clone', () => {
    const result = fakeDiffusionResult();
    expect(structuredClone(result)).toEqual(result);
  });

  it.each([
    ['pixels that are no base64', { pixels: '***' }],
    ['too few pixels', { pixels: 'AAAA' }],
    ['no size', { size: 0 }],
    ['labels that are words', { labels: ['disc'] }],
  ])('is refused in one sentence: %s', async (_, change) => {
    const plain = JSON.parse(await written(fakeDiffusionResult())) as { rows: { images: { samples: object } }[] };
    Object.assign(plain.rows[0].images.samples, change);
    expect(() => parseResult(plain)).toThrow(/^This file is not a result of the studio: its images have/);
  });
});
