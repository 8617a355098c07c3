/** Runs on tiny U-Nets: what is quantized, measured, resumed, planned, exported and refused; whose skips are part of the error. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { loadLinear, openNetwork } from '../model/architecture';
import { linearsIn } from '../model/linears';
import { decodeQuantized } from '../quantizer/quantized';
import { parseRecipe } from '../recipe/recipe';
import { relativeDifference } from '../tensor/testing';
import { RunControl } from './control';
import type { RunResult } from './events';
import { weightFiles } from './export';
import { prepareRun } from './prepare';
import { rowExportOf } from './row-export';
import { MemoryRunStore } from './run-store';
import { TINY_CAPTIONS, tinyNetwork } from './testing/networks';
import { joined, runToEnd } from './testing/runs';

const gpu = await testGpu();

const ROWS = [
  [{ step: 'rtn', options: { bits: 4 } }],
  [{ step: 'gptq', options: { bits: 4 } }],
  [
    { step: 'activations', options: { bits: 8 } },
    { step: 'rtn', options: { bits: 8 } },
  ],
];

function recipeOf(rows: readonly (readonly object[])[], windows = 4) {
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source: 'generated', file: null, windows, length: 8, seed: 1 },
    heldOut: { file: null, windows: 2 },
    sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 3 },
  });
}

function untimed(result: RunResult) {
  return {
    layers: result.layers.map(({ milliseconds: _, ...layer }) => layer),
    rows: result.rows.map(({ milliseconds: _, ...row }) => row),
    blocks: result.blocks,
  };
}

describe('a run on a tiny U-Net with captions', async () => {
  const checkpoint = await tinyNetwork('unet-text');
  const recipe = recipeOf(ROWS);
  const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
  const store = new MemoryRunStore();
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store });

  it('quantizes every layer to finite, sane errors, and gives every buffer back', () => {
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(result.layers).toHaveLength(prepared.linears.length * prepared.rows.length);
    for (const { status, errors, note, layer, row } of result.layers) {
      const what = `${layer} of row ${row}: ${note ?? ''}`;
      expect(status, what).not.toBe('rounded');
      expect(errors.weight, what).toBeLessThan(1);
      expect(Number.isFinite(errors.output), what).toBe(true);
    }
    const [rtn, , eight] = result.rows;
    expect(eight.images?.trajectory).toBeLessThan(rtn.images?.trajectory ?? 0);
    expect(eight.images?.prediction).toBeLessThan(rtn.images?.prediction ?? 0);
    expect(result.rows.every(({ images }) => images?.samples?.pixels.length === 3 * 8 * 8 * 3)).toBe(true);
  });

  it('asks for the captions of the file, in an order that mixes them', () => {
    const { subject } = prepared;
    expect([...(subject?.classNames ?? [])].sort()).toEqual([...TINY_CAPTIONS].sort());
    expect(subject?.classNames).not.toEqual(TINY_CAPTIONS);
  });

  it('goes on to the same bits after a cut, and with activations in host memory', async () => {
    const again = new MemoryRunStore();
    const control = new RunControl();
    let stored = 0;
    await runToEnd(prepared, { gpu, store: again, control }, ({ type }) => {
      if (type === 'layer-stored' && ++stored === 61) control.cancel();
    });
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(untimed(await runToEnd(prepared, { gpu, store: again, activationBytes: 0 }))).toEqual(untimed(result));
  });

  it('exports an ordinary checkpoint, which opens again and has its weights', async () => {
    const exported = await rowExportOf(checkpoint, recipe, 1, store);
    const { files, verify } = await weightFiles('safetensors', exported);
    const written = memorySource(await joined(files[0].chunks()), 'out/model.safetensors');
    expect(await verify(written)).toBeLessThan(1e-6);
    const config = new TextEncoder().encode(JSON.stringify(checkpoint.config));
    const again = await openCheckpoint([written, memorySource(config, 'out/config.json')]);
    expect([...again.tensors].map(([name, { shape }]) => [name, shape]).sort()).toEqual(
      [...checkpoint.tensors].map(([name, { shape }]) => [name, shape]).sort(),
    );
    for (const linear of linearsIn(openNetwork(again))) {
      const layer = await store.loadLayer(1, linear.index);
      if (!layer?.tensor) throw new Error(`${linear.name} is not stored`);
      expect(relativeDifference(await loadLinear(again, linear), decodeQuantized(layer.tensor))).toBeLessThan(1e-6);
    }
  });

  it('carries a quantized skip into the error of the block that reads it', async () => {
    // Only the first convolution is rounded: the last blocks up read what it gave, and all others are exact.
    const [first] = prepared.linears;
    const only = {
      step: 'rtn',
      options: { bits: 3 },
      layers: [
        { match: first.name, options: { bits: 2 } },
        { match: '*', keep: true },
      ],
    };
    const run = await prepareRun(checkpoint, recipeOf([[only]]), { gpu, rate: 1e9 });
    const { blocks, layers } = await runToEnd(run, { gpu });
    const own = layers.filter(({ row }) => run.rows[row].steps[0].layers?.length);
    expect(own.filter(({ errors }) => errors.weight !== 0)).toHaveLength(1);
    expect(blocks.every(({ mse }) => mse > 0)).toBe(true);
  });

  it.each(ROWS.slice(0, 2))('plans the memory that a run of %o takes', async (...steps) => {
    const plain = await prepareRun(checkpoint, recipeOf([steps]), { gpu, rate: 1e9 });
    gpu.buffers.resetPeak();
    await runToEnd(plain, { gpu });
    const ratio = plain.plan.gpuBytes / (gpu.buffers.peakBytes - before);
    expect(ratio).toBeGreaterThan(0.75);
    expect(ratio).toBeLessThan(1.25);
  });

  it('asks for captions where no file has any', async () => {
    const bare = { ...checkpoint, texts: new Map() };
    await expect(prepareRun(bare, recipe, { gpu, rate: 1e9 })).rejects.toMatchObject({
      code: 'QS-FILE-09',
      message: expect.stringContaining('captions.txt') as string,
    });
  });
});

describe('other runs on tiny U-Nets', () => {
  it.each(['unet-ddpm', 'unet-ldm-plain', 'unet-conditioned-linear'] as const)('%s', async (name) => {
    const checkpoint = await tinyNetwork(name);
    const before = gpu.buffers.bytesInUse;
    const prepared = await prepareRun(checkpoint, recipeOf(ROWS.slice(1, 2), 2), { gpu, rate: 1e9 });
    const { rows, layers } = await runToEnd(prepared, { gpu });
    expect(layers).toHaveLength(2 * prepared.linears.length);
    expect(rows.every(({ images }) => Number.isFinite(images?.trajectory))).toBe(true);
    const drawn = prepared.plan.notes.some((note) => note.includes('no text encoder'));
    expect(drawn).toBe(name === 'unet-conditioned-linear');
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('trains block by block, and measures layers through the whole network', async () => {
    const checkpoint = await tinyNetwork('unet-plain');
    const before = gpu.buffers.bytesInUse;
    const allocate = (measure: string, match: string) => {
      const options = { measure, candidates: '2,4', budget: 3, windows: 1 };
      return [
        { step: 'allocate', options },
        { step: 'rtn', layers: [{ match, options: { bits: 3 } }] },
      ];
    };
    const rows = [
      [{ step: 'ssvq', options: { codewords: 4, dim: 1, steps: 1, batch: 2 } }],
      allocate('gradient', '*resnets*'),
      allocate('kl', '*resnets*'),
    ];
    const prepared = await prepareRun(checkpoint, recipeOf(rows, 2), { gpu, rate: 1e9 });
    const { rows: results } = await runToEnd(prepared, { gpu });
    expect(results.every(({ images }) => Number.isFinite(images?.trajectory))).toBe(true);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('what U-Nets refuse', async () => {
  const checkpoint = await tinyNetwork('unet-text');
  const prepare = (...steps: object[]) => prepareRun(checkpoint, recipeOf([steps]), { gpu, rate: 1e9 });

  it.each([
    ['rotate', 'differs in width from level to level'],
    ['affine', 'this network has convolutions'],
    ['smooth', ''],
    ['equalize', ''],
    ['scale_search', ''],
    ['smooth_keys', 'attention'],
    ['norm_tweak', 'norms are of groups of channels'],
  ])('%s', async (step, words) => {
    const steps = [{ step }, { step: 'rtn' }];
    await expect(prepare(...(step === 'norm_tweak' ? steps.reverse() : steps))).rejects.toMatchObject({
      code: 'QS-RECIPE-01',
      message: expect.stringContaining(words) as string,
    });
  });
});
