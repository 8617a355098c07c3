/** Serial-to-Parallel in runs on a tiny diffusion network: its identities, and the bits of a run that nobody touched. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { decodeQuantized } from '../quantizer/quantized';
import { parseRecipe } from '../recipe/recipe';
import { RunControl } from './control';
import type { RunEvent, RunResult } from './events';
import { prepareRun } from './prepare';
import { quantizerKey } from './row-work';
import { MemoryRunStore } from './run-store';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';
import { WHOLE_NETWORK } from './training-curve';

const gpu = await testGpu();
const SAMPLING = { steps: 3, guidance: 2, sampler: 'ddim', images: 2 };
const SMALL = { bits: 3, rounds: 2, steps: 9, images: 6, batch: 4, weightRate: 0.05, rangeRate: 0.01 };

function recipeOf(rows: readonly object[]) {
  return parseRecipe({
    version: 2,
    rows,
    calibration: { source: 'generated', file: null, windows: 8, length: 8, seed: 3 },
    heldOut: { file: null, windows: 6 },
    sampling: SAMPLING,
  });
}

const byStep = { step: 'activations_by_step', options: { bits: 8 } };
const trained = (options: object = {}, steps: readonly object[] = [byStep]) => ({
  steps: [...steps, { step: 'serial_to_parallel', options: { ...SMALL, ...options } }],
});

const figures = ({ layers, blocks, rows }: RunResult) => ({
  layers: layers.map(({ errors }) => errors),
  blocks,
  images: rows.map(({ images }) => images),
});

describe('Serial-to-Parallel', async () => {
  const checkpoint = await tinyNetwork('dit');
  const rows = [trained(), trained({ pipeline: 'parallel' }), trained({ pipeline: 'serial' }, [])];
  const prepared = await prepareRun(checkpoint, recipeOf(rows), { gpu, rate: 1e9 });
  const store = new MemoryRunStore();
  const events: RunEvent[] = [];
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store }, (event) => events.push(event));

  it('trains all layers in rounds and gives everything back', () => {
    expect(gpu.buffers.bytesInUse).toBe(before);
    for (const { row, method, label } of prepared.rows.filter((one) => !one.baseline)) {
      const told = events.flatMap((event) => (event.type === 'training' && event.row === row ? [event] : []));
      expect(new Set(told.map(({ block }) => block)), label).toEqual(new Set([WHOLE_NETWORK]));
      expect(told.at(-1)?.progress.steps).toBe(18);
      expect(method).toBe('serial_to_parallel');
      // Behind the last step held-out trajectories are told: no farther than before the first.
      expect(told.at(-1)?.progress.loss).toBeLessThanOrEqual(told[0].progress.loss);
    }
    expect(result.layers.filter(({ status }) => status !== 'done')).toEqual([]);
  });

  it('trains ranges by step, which the march goes by', async () => {
    const state = await store.loadState(quantizerKey(prepared.rows[1], 0, 0));
    expect(state?.arrays.ranges).toHaveLength(2 * SAMPLING.steps);
    const other = await store.loadState(quantizerKey(prepared.rows[2], 0, 0));
    expect(state?.arrays.ranges).not.toEqual(other?.arrays.ranges);
  });

  it('goes on in the middle of a round to the same bits', async () => {
    const again = new MemoryRunStore();
    const control = new RunControl();
    let told = 0;
    await runToEnd(prepared, { gpu, store: again, control, keepTrainingEvery: 0 }, ({ type }) => {
      if (type === 'training' && ++told === 4) control.cancel();
    });
    const resumed = await runToEnd(prepared, { gpu, store: again });
    expect(figures(resumed)).toEqual(figures(result));
  });

  it('stays plain rounding to the code where nothing moves', async () => {
    const still = { weightRate: 0, rangeRate: 0, rounds: 1, steps: 1, clip: 'none' };
    const both = [trained(still, []), { steps: [{ step: 'rtn', options: { bits: 3 } }] }];
    const run = await prepareRun(checkpoint, recipeOf(both), { gpu, rate: 1e9 });
    const own = new MemoryRunStore();
    await runToEnd(run, { gpu, store: own });
    const [s2p, rtn] = ['serial_to_parallel', 'rtn'].map((id) => run.rows.findIndex(({ method }) => method === id));
    for (const { index } of run.linears) {
      const [a, b] = await Promise.all([s2p, rtn].map((row) => own.loadLayer(row, index)));
      if (a?.tensor?.kind !== 'affine' || b?.tensor?.kind !== 'affine') throw new Error('not on a grid');
      expect(a.tensor.codes).toEqual(b.tensor.codes);
      expect(a.tensor.zeros).toEqual(b.tensor.zeros);
      const [x, y] = [decodeQuantized(a.tensor), decodeQuantized(b.tensor)];
      x.forEach((value, i) => expect(Math.abs(value - y[i])).toBeLessThanOrEqual(2e-7 * Math.abs(y[i])));
    }
  });

  it('is refused where no sampler asks', async () => {
    const vit = await tinyNetwork('vit');
    const recipe = imageRecipe([{ method: 'rtn' }], 'file');
    const row = trained({}, []);
    const onVit = parseRecipe({ ...recipe, rows: [row] });
    await expect(prepareRun(vit, onVit, { gpu, rate: 1e9 })).rejects.toThrow(/samples no images/);
    const text = parseRecipe({
      version: 2,
      rows: [row],
      calibration: { source: 'random', file: null, windows: 6, length: 12, seed: 1 },
      heldOut: { file: null, windows: 3 },
    });
    await expect(tinyCheckpoint('qwen2').then((one) => prepareTiny(gpu, one, text))).rejects.toThrow(
      /samples no images/,
    );
  });
});
