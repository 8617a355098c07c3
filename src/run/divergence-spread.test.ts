/** The spread of KL that a run measures, against that of the float64 twin of the network with the weights that the run stored. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { TokenDivergences } from '../measure/divergence-spread';
import { loadFixture } from '../model/testing/fixtures';
import { referenceForward } from '../model/testing/reference-forward';
import { decodeQuantized } from '../quantizer/quantized';
import { parseRecipe } from '../recipe/recipe';
import { argmaxRows, klDivergence } from '../tensor/reference/model';
import { MemoryRunStore } from './run-store';
import { prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';

const LENGTH = 12;
const WINDOWS = 8;

describe('the spread of KL over tokens', () => {
  it('is the float64 twin’s, whether the head is on the GPU or read in tiles', async () => {
    const gpu = await testGpu();
    const recipe = parseRecipe({
      version: 1,
      rows: [{ method: 'rtn', options: { bits: 3 } }],
      calibration: { source: 'random', file: null, windows: 2, length: LENGTH, seed: 1 },
      heldOut: { file: null, windows: WINDOWS },
    });
    const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipe);
    const store = new MemoryRunStore();
    const { rows } = await runToEnd(prepared, { gpu, store });
    const head = { wholeBytes: 0, tileBytes: 24 * 4 * (prepared.subject?.network.hidden ?? 0) };
    const { rows: tiled } = await runToEnd(prepared, { gpu, head });

    const { source } = await loadFixture('qwen2');
    const own = { ...source, tensors: new Map(source.tensors) };
    for (const linear of prepared.linears) {
      const stored = await store.loadLayer(0, linear.index);
      const before = source.tensors.get(linear.weight);
      if (!stored?.tensor || !before) throw new Error(`the run has stored no ${linear.name}`);
      own.tensors.set(linear.weight, { ...before, values: decodeQuantized(stored.tensor) });
    }
    const bytes = prepared.subject?.inputs[1] ?? new Uint8Array();
    const ids = new Uint32Array(bytes.slice().buffer);
    const geometry = { windows: WINDOWS, length: LENGTH };
    const [full, moved] = [source, own].map((of) => referenceForward(of, ids, geometry).get('logits'));
    if (!full || !moved) throw new Error('the twin has no logits');
    const kl = klDivergence(full, moved).data;
    const [best, other] = [full, moved].map((logits) => argmaxRows(logits).data);
    const tokens = new TokenDivergences(WINDOWS, LENGTH - 1);
    const sums = Array<number>(WINDOWS).fill(0);
    kl.forEach((value, i) => {
      if (i % LENGTH === LENGTH - 1) return;
      tokens.add(value, best[i] === other[i]);
      sums[Math.floor(i / LENGTH)] += value / (LENGTH - 1);
    });
    const twin = tokens.spread(sums);

    for (const [{ divergence, kl: mean }] of [rows, tiled]) {
      expect(divergence?.tokens).toBe(WINDOWS * (LENGTH - 1));
      for (const of of ['median', 'p99'] as const) {
        const [found, wanted] = [divergence?.[of], twin[of]];
        expect(found?.value).toBeGreaterThan(0);
        expect((found?.value ?? NaN) / (wanted.value ?? NaN)).toBeCloseTo(1, 3);
        found?.interval?.forEach((bound, i) => expect(bound / (wanted.interval?.[i] ?? NaN)).toBeCloseTo(1, 3));
      }
      expect(divergence?.sameTop).toEqual(twin.sameTop);
      divergence?.meanInterval?.forEach((bound, i) =>
        expect(bound / (twin.meanInterval?.[i] ?? NaN)).toBeCloseTo(1, 3),
      );
      expect(mean).toBeGreaterThan(divergence?.meanInterval?.[0] ?? NaN);
      expect(mean).toBeLessThan(divergence?.meanInterval?.[1] ?? NaN);
    }
  });
});
