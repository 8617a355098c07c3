/** Bits of activations and caches in the results of rows that have them. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { parseRecipe } from '../recipe/recipe';
import { parseResult } from '../report/read-result';
import { resultsText } from './figure-files';
import { tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';

const gpu = await testGpu();

describe('a row’s bits beside its weights', () => {
  const rows = [
    { steps: [{ step: 'rtn', options: { bits: 4 } }] },
    { steps: [{ step: 'activations', options: { bits: 4, symmetric: true, keepAbove: 0 } }] },
    { steps: [{ step: 'activations', options: { bits: 4, ranges: 'static', per: 'tensor' } }] },
    { steps: [{ step: 'cache', options: { keyBits: 2, valueBits: 4, keyPer: 'token', groupSize: null } }] },
  ];

  it('are in the results of a decoder, and read again', async () => {
    const recipe = parseRecipe({
      ...{ version: 2, rows },
      calibration: { source: 'random', file: null, windows: 4, length: 12, seed: 1 },
      heldOut: { file: null, windows: 3 },
    });
    const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipe);
    const result = await runToEnd(prepared, { gpu });
    const [rtn, token, tensor, cache] = result.rows.slice(-4);
    expect('activationBits' in rtn || 'cacheBits' in rtn || 'cacheBits' in token).toBe(false);
    // A scale of 16 bits a token: of all values, a token has one for each stage.
    const widths = (prepared.subject?.network.blocks ?? []).flatMap(({ stages }) =>
      stages.map(({ linears }) => linears[0].cols),
    );
    const values = widths.reduce((a, b) => a + b, 0);
    expect(token.activationBits).toBeCloseTo(4 + (16 * widths.length) / values, 12);
    expect(tensor.activationBits).toBe(4);
    expect(cache.activationBits).toBeUndefined();
    const { hidden } = prepared.subject?.network ?? { hidden: NaN };
    expect(hidden).toBeGreaterThan(0);
    const { key, value } = cache.cacheBits ?? { key: NaN, value: NaN };
    // Two numbers of 16 bits a token and head, over the same width for both.
    expect(value - key).toBeCloseTo(2, 12);
    expect(key).toBeGreaterThan(2);
    const read = parseResult(JSON.parse(resultsText(result)));
    expect(read.rows).toEqual(JSON.parse(JSON.stringify(result.rows)));
    const broken = { ...result, rows: result.rows.map((row) => ({ ...row, cacheBits: { key: 'many' } })) };
    expect(() => parseResult(JSON.parse(resultsText(broken as never)))).toThrow('key is not a number');
  });

  it('count the one row that steers a window of a DiT once, and no cache', async () => {
    const recipe = parseRecipe({
      ...{ version: 2, rows: rows.slice(1) },
      calibration: { source: 'generated', file: null, windows: 4, length: 8, seed: 1 },
      heldOut: { file: null, windows: 3 },
      sampling: { steps: 3, guidance: 1, sampler: 'ddim', images: 2 },
    });
    const prepared = await prepareTiny(gpu, await tinyNetwork('dit'), recipe);
    const result = await runToEnd(prepared, { gpu });
    const [token, , cache] = result.rows.slice(-3);
    const [{ stages }] = prepared.subject?.network.blocks ?? [];
    const length = prepared.subject?.heldOut.length ?? NaN;
    const rowsOf = stages.map((_, stage) => (stage === 0 ? 1 : length));
    const values = stages.reduce((sum, { linears }, stage) => sum + rowsOf[stage] * linears[0].cols, 0);
    const scales = rowsOf.reduce((a, b) => a + b, 0);
    expect(token.activationBits).toBeCloseTo(4 + (16 * scales) / values, 12);
    expect(cache.cacheBits).toBeUndefined();
  });
});
