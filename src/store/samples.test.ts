/** What the page offers as samples is there, whole, and of the size it says. */
import { existsSync, statSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { FAKE_CLASSIFIER, FAKE_MODEL } from '../app/testing/fake-engine';
import { SAMPLE_FILES } from '../worker/library';
import { SAMPLES, sampleOf } from './samples';

describe('the samples', () => {
  it('are those that the engine can fetch', () => {
    expect(SAMPLES.map(({ id }) => id)).toEqual(Object.keys(SAMPLE_FILES));
  });

  it.each(SAMPLES)('$id has its files, of about the size said', ({ id, bytes }) => {
    const paths = SAMPLE_FILES[id].map((name) => new URL(`../../public/samples/${id}/${name}`, import.meta.url));
    expect(paths.filter((path) => !existsSync(path))).toEqual([]);
    const size = paths.reduce((sum, path) => sum + statSync(path).size, 0);
    expect(Math.abs(size - bytes) / size).toBeLessThan(0.05);
  });

  it('are told from models of one’s own', () => {
    expect(sampleOf(FAKE_CLASSIFIER)?.id).toBe('shapes-vit');
    expect(sampleOf({ ...FAKE_MODEL, sample: false })).toBeNull();
    expect(sampleOf(null)).toBeNull();
  });
});
