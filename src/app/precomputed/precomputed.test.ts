/** The first screen's figures are of this sample, by this recipe, from this engine. */
import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { fingerprintOf } from '../../checkpoint/fingerprint';
import { parseRecipe } from '../../recipe/recipe';
import { ENGINE_VERSION } from '../../run/version';
import { defaultRecipe } from '../../store/presets';
import { isPlaceholder, precomputed, PRECOMPUTED_SAMPLE } from '.';

const FOLDER = new URL(`../../../public/samples/${PRECOMPUTED_SAMPLE}/`, import.meta.url);
const TEXTS = ['calibration.jsonl', 'heldout.jsonl'];

it('was computed by the recipe that the page proposes for the sample', () => {
  const sample = { key: '', name: '', bytes: 0, architecture: '', parameters: 0, sample: true, added: '' };
  const proposed = parseRecipe(defaultRecipe({ ...sample, task: 'text', texts: TEXTS, images: [], limitation: null }));
  expect(precomputed.recipe).toEqual(proposed);
  expect(parseRecipe(JSON.parse(readFileSync(new URL('recipe.json', FOLDER), 'utf8')))).toEqual(proposed);
});

it('is of the sample’s own files, and of this engine: run scripts/precompute.mjs when it is not', async () => {
  const sources = ['model.safetensors', 'config.json'].map((name) =>
    memorySource(readFileSync(new URL(name, FOLDER)), `${PRECOMPUTED_SAMPLE}/${name}`),
  );
  expect(precomputed.model.fingerprint).toBe(await fingerprintOf(await openCheckpoint(sources)));
  expect(precomputed.codeVersion).toBe(ENGINE_VERSION);
  expect(isPlaceholder).toBe(false);
});

it('is complete: every layer of every row, with its figures', () => {
  expect(precomputed.layers).toHaveLength(precomputed.plan.layers.length * precomputed.rows.length);
  for (const row of precomputed.rows)
    expect(row.perplexity).toBeGreaterThan(precomputed.fullPrecision?.perplexity ?? Infinity);
});
