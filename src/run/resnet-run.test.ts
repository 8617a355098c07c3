/** Runs on tiny ResNets: every kind of method on convolutions, what is measured, resumed, planned, exported and refused. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { loadLinear, openNetwork } from '../model/architecture';
import { linearsIn } from '../model/linears';
import { TINY_RESNETS } from '../model/testing/resnet';
import { decodeQuantized } from '../quantizer/quantized';
import { parseRecipe } from '../recipe/recipe';
import { relativeDifference } from '../tensor/testing';
import { RunControl } from './control';
import type { RunResult } from './events';
import { weightFiles } from './export';
import { prepareRun } from './prepare';
import { rowExportOf } from './row-export';
import { MemoryRunStore } from './run-store';
import { resnetCheckpoint } from './testing/resnets';
import { joined, runToEnd } from './testing/runs';

const gpu = await testGpu();

const TRAINED = { codewords: 8, dim: 2, steps: 4, batch: 2 };
const ROWS = [
  [{ step: 'rtn', options: { bits: 4 } }],
  [{ step: 'gptq', options: { bits: 4 } }],
  [{ step: 'gptaq', options: { bits: 4, groupSize: 8, actOrder: true } }],
  [{ step: 'kmeans', options: { codewords: 16, dim: 1 } }],
  [{ step: 'ssvq', options: { ...TRAINED, dim: 1 } }],
  [{ step: 'rtn', options: { bits: 8 } }, { step: 'bias_correction' }],
  [
    { step: 'activations', options: { bits: 8 } },
    { step: 'rtn', options: { bits: 8 } },
  ],
];

function recipeOf(rows: readonly (readonly object[])[]) {
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source: 'file', file: null, windows: 8, length: 8, seed: 1 },
    heldOut: { file: null, windows: 6 },
  });
}

function untimed(result: RunResult) {
  return {
    layers: result.layers.map(({ milliseconds: _, ...layer }) => layer),
    rows: result.rows.map(({ milliseconds: _, ...row }) => row),
    blocks: result.blocks,
  };
}

describe.each(Object.keys(TINY_RESNETS))('a run on a tiny ResNet, %s', async (name) => {
  const checkpoint = await resnetCheckpoint(name);
  const recipe = recipeOf(ROWS);
  const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
  const store = new MemoryRunStore();
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store });

  it('quantizes every convolution to finite, sane errors, and gives every buffer back', () => {
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(result.layers).toHaveLength(prepared.linears.length * prepared.rows.length);
    for (const { status, errors, note, layer, row } of result.layers) {
      const what = `${layer} of row ${row}: ${note ?? ''}`;
      expect(status, what).not.toBe('rounded');
      expect(errors.weight, what).toBeLessThan(1);
      expect(errors.output, what).toBeGreaterThanOrEqual(0);
      expect(Number.isFinite(errors.output), what).toBe(true);
    }
    for (const { mse, heldOutMse } of result.blocks) {
      expect(mse).toBeGreaterThan(0);
      expect(Number.isFinite(heldOutMse)).toBe(true);
    }
    expect(result.fullPrecision?.images?.accuracy?.images).toBe(6);
    for (const { kl, images } of result.rows) {
      expect(kl).toBeGreaterThan(0);
      expect(Number.isFinite(kl)).toBe(true);
      expect(images?.accuracy?.share).toBeGreaterThanOrEqual(0);
    }
  });

  // Runs anew: on a network with a convolution beside its blocks, and on one whose batch norms are folded.
  const anew = it.runIf(name === 'bottleneck' || name === 'folded');

  anew('goes on to the same bits after a cut', async () => {
    const again = new MemoryRunStore();
    const control = new RunControl();
    let stored = 0;
    await runToEnd(prepared, { gpu, store: again, control }, ({ type }) => {
      if (type === 'layer-stored' && ++stored === 17) control.cancel();
    });
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(untimed(await runToEnd(prepared, { gpu, store: again }))).toEqual(untimed(result));
  });

  anew('gives the same when its activations rest in host memory', async () => {
    const host = await runToEnd(prepared, { gpu, activationBytes: 0 });
    expect(untimed(host)).toEqual(untimed(result));
  });

  it.each([1, 3])('exports row %i as an ordinary checkpoint, which opens again and has its weights', async (row) => {
    const exported = await rowExportOf(checkpoint, recipe, row, store);
    const { files, verify } = await weightFiles('safetensors', exported);
    const written = memorySource(await joined(files[0].chunks()), 'out/model.safetensors');
    expect(await verify(written)).toBeLessThan(1e-6);
    const config = new TextEncoder().encode(JSON.stringify(checkpoint.config));
    const again = await openCheckpoint([written, memorySource(config, 'out/config.json')]);
    const network = openNetwork(again);
    expect([...again.tensors.keys()].sort()).toEqual([...checkpoint.tensors.keys()].sort());
    for (const linear of linearsIn(network)) {
      const stored = await store.loadLayer(row, linear.index);
      if (!stored?.tensor) throw new Error(`${linear.name} is not stored`);
      const own = decodeQuantized(stored.tensor);
      expect(relativeDifference(await loadLinear(again, linear), own)).toBeLessThan(1e-6);
    }
  });

  it('refuses formats of plain linear layers before the work', () => {
    const { refusals } = prepared.plan.rows[1];
    for (const format of ['gptq', 'own'] as const) {
      expect(refusals?.[format]).toMatch(/^Layer "conv1" is a convolution, and the (gptq|own) format holds/);
    }
    expect(refusals?.safetensors).toBeUndefined();
  });

  it.each(ROWS.slice(0, 2))('plans the memory that a run of %o takes', async (...steps) => {
    const plain = await prepareRun(checkpoint, recipeOf([steps]), { gpu, rate: 1e9 });
    gpu.buffers.resetPeak();
    await runToEnd(plain, { gpu });
    const ratio = plain.plan.gpuBytes / (gpu.buffers.peakBytes - before);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });
});

describe('bits of its own for each convolution', async () => {
  const checkpoint = await resnetCheckpoint('small');

  it.each(['weight', 'hessian', 'gradient', 'kl'])('by %s', async (measure) => {
    const options = { measure, candidates: '2,4', budget: 3, windows: 4 };
    const recipe = recipeOf([[{ step: 'allocate', options }, { step: 'rtn' }]]);
    const before = gpu.buffers.bytesInUse;
    const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
    const result = await runToEnd(prepared, { gpu });
    expect(result.rows.every(({ kl }) => Number.isFinite(kl))).toBe(true);
    const allotted = prepared.rows.findIndex(({ steps }) => steps.some(({ step }) => step === 'allocate'));
    const bits = result.layers.filter(({ row }) => row === allotted).map(({ bitsPerWeight }) => bitsPerWeight);
    expect(new Set(bits.map(Math.floor)).size).toBeGreaterThan(1);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('what convolutions refuse', async () => {
  const checkpoint = await resnetCheckpoint('small');
  const prepare = (...steps: object[]) => prepareRun(checkpoint, recipeOf([steps]), { gpu, rate: 1e9 });

  it.each([
    ['rotate', 'a ReLU stands behind every addition'],
    ['affine', 'this network has convolutions'],
    ['smooth', ''],
    ['equalize', ''],
    ['scale_search', ''],
    ['smooth_keys', 'attention'],
    ['norm_tweak', 'batch norms are folded'],
  ])('%s', async (step, words) => {
    const steps = [{ step }, { step: 'rtn' }];
    await expect(prepare(...(step === 'norm_tweak' ? steps.reverse() : steps))).rejects.toMatchObject({
      code: 'QS-RECIPE-01',
      message: expect.stringContaining(words) as string,
    });
  });
});
