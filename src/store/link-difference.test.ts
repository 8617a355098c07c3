import { describe, expect, it } from 'vitest';
import { precomputed } from '../app/precomputed';
import type { RunResult } from '../run/events';
import { decodeLink, encodeLink } from './link';
import { differenceFrom } from './link-difference';
import { figuresOf } from './run-view';
import { hasFigures, type SharedContent } from './shared';
import { neededBy, ownRun } from './shared-needs';
import { newRun } from './run-view';
import { FAKE_MODEL } from '../app/testing/fake-engine';

const linked = (): SharedContent => {
  const content = decodeLink(encodeLink({ recipe: precomputed.recipe, sample: 'stories-1m', result: precomputed }));
  if (!hasFigures(content)) throw new Error('no figures');
  return content;
};

/** The sample's run with one layer's errors of one row moved by a share. */
function moved(row: number, layer: number, by: number): RunResult {
  const layers = precomputed.layers.map((one) =>
    one.row === row && one.layer === layer
      ? { ...one, errors: { ...one.errors, output: (one.errors.output ?? 0) * (1 + by) } }
      : one,
  );
  return { ...precomputed, layers };
}

describe('a run against the figures of a link', () => {
  it('of the same figures agrees everywhere', () => {
    const { metrics, ends, missing } = differenceFrom(figuresOf(linked().result), figuresOf(precomputed));
    expect(metrics.map(({ metric }) => metric)).toEqual(['heldOutOutput', 'output', 'block', 'hessian', 'weight']);
    for (const { within, places } of metrics) expect(within).toBe(places);
    expect(metrics[0].places).toBe(140);
    // Perplexity and four figures of KL for each of four rows.
    expect(ends).toHaveLength(20);
    expect(ends.every(({ within }) => within)).toBe(true);
    expect(missing).toEqual([]);
  });

  it('names the layer and the row that are furthest, and how far', () => {
    const { metrics } = differenceFrom(figuresOf(linked().result), figuresOf(moved(2, 7, 0.05)));
    const output = metrics.find(({ metric }) => metric === 'output');
    expect(output?.within).toBe(139);
    expect(output?.worst).toMatchObject({ row: 2, place: precomputed.plan.layers[7].name });
    expect(output?.worst?.share).toBeCloseTo(0.05, 3);
    expect(output?.lines[2].points[7].y).toBeCloseTo(0.05, 3);
  });

  it('does not take a difference beyond the rounding for none', () => {
    const { metrics } = differenceFrom(figuresOf(linked().result), figuresOf(moved(1, 3, 0.0005)));
    expect(metrics.find(({ metric }) => metric === 'output')?.within).toBe(139);
  });

  it('tells end to end, and which rows are missing', () => {
    const { plan, rows } = precomputed;
    const own: RunResult = {
      ...precomputed,
      plan: { ...plan, rows: plan.rows.slice(0, 3) },
      rows: rows.slice(0, 3).map((row) => ({ ...row, perplexity: (row.perplexity ?? 0) * 1.01 })),
    };
    const { ends, missing } = differenceFrom(figuresOf(linked().result), figuresOf(own));
    expect(missing).toEqual([plan.rows[3].label]);
    expect(ends.filter(({ measure }) => measure === 'perplexity').map(({ within }) => within)).toEqual([
      false,
      false,
      false,
    ]);
    expect(ends.filter(({ measure }) => measure === 'kl').every(({ within }) => within)).toBe(true);
  });
});

describe('what a link needs to run here', () => {
  it('is nothing where it is of a sample', () => {
    expect(neededBy(linked(), [])).toMatchObject({ model: null, sample: { id: 'stories-1m' }, files: [] });
  });

  it('of a model of one’s own is the model with its fingerprint, and the files of the recipe', () => {
    const content = { ...linked(), sample: null };
    expect(neededBy(content, [FAKE_MODEL])).toEqual({
      ...{ model: null, sample: null, namesake: FAKE_MODEL },
      files: ['calibration.jsonl', 'heldout.jsonl'],
    });
    const key = precomputed.model.fingerprint.slice(0, 24);
    const there = { ...FAKE_MODEL, key, sample: false, texts: ['calibration.jsonl'] };
    expect(neededBy(content, [there])).toMatchObject({ model: there, files: ['heldout.jsonl'] });
    expect(neededBy(content, [FAKE_MODEL, there])).toMatchObject({ model: there, namesake: null });
    expect(neededBy(content, [{ ...FAKE_MODEL, name: 'other' }])).toMatchObject({ model: null, namesake: null });
  });

  it('is held against a finished run of the same recipe on the same model only', () => {
    const content = linked();
    const live = { ...newRun('own', { key: 'k', name: 'n' }, precomputed.recipe, 0), result: precomputed };
    expect(ownRun(content, live, [])).toBeNull();
    expect(ownRun(content, { ...live, phase: 'finished' }, [])).toEqual({ id: 'own', result: precomputed });
    const other = { ...precomputed, model: { ...precomputed.model, fingerprint: 'another' } };
    expect(ownRun(content, { ...live, phase: 'finished', result: other }, [])).toBeNull();
    const seed = { ...precomputed.recipe, calibration: { ...precomputed.recipe.calibration, seed: 2 } };
    expect(ownRun(content, { ...live, phase: 'finished', result: { ...precomputed, recipe: seed } }, [])).toBeNull();
  });
});
