/** Rows that are pipelines: views, hooks and layer rules through a whole run, resume and export. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { Random } from '../base/random';
import { Tape } from '../gradient/tape';
import { scaling } from '../model/view/maps';
import { onlineHooks } from '../model/view/online';
import { diagonalPairs, divided } from '../model/view/pairs';
import { residualOf } from '../model/view/residual';
import { rotateResidual, untied } from '../model/view/rotate';
import { takesMeans } from '../model/view/rotation';
import { changed, type NetworkView } from '../model/view/view';
import { randomSigns } from '../numerics/orthogonal';
import { parseRecipe } from '../recipe/recipe';
import { openSafetensors } from '../checkpoint/safetensors';
import { tokenFigures, tokenSums } from '../tensor/observers';
import { Tensor } from '../tensor/tensor';
import { weightFiles } from './export';
import { ownDescription, ownLayer } from './export-own';
import type { RunResult } from './events';
import { rowExportOf } from './row-export';
import { MemoryRunStore } from './run-store';
import { tinyNetwork } from './testing/networks';
import { viewedCheckpoint } from './viewed-checkpoint';
import { calibrationTaps } from './testing/taps';
import { joined, prepareTiny, runToEnd, tinyCheckpoint } from './testing/runs';

const gpu = await testGpu();

type Steps = readonly { readonly step: string; readonly options?: object; readonly layers?: readonly object[] }[];

function recipeOf(rows: readonly Steps[], images = false) {
  return parseRecipe({
    version: 2,
    rows: rows.map((steps) => ({ steps })),
    calibration: { source: images ? 'file' : 'random', file: null, windows: 6, length: images ? 8 : 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
  });
}

async function run(checkpoint: Checkpoint, rows: readonly Steps[], images = false) {
  const store = new MemoryRunStore();
  const recipe = recipeOf(rows, images);
  const prepared = await prepareTiny(gpu, checkpoint, recipe);
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu, store });
  expect(gpu.buffers.bytesInUse).toBe(before);
  return { result, store, prepared, recipe };
}

const figures = ({ rows, layers, blocks, fullPrecision, views }: RunResult) => ({
  fullPrecision,
  views,
  blocks,
  rows: rows.map(({ milliseconds: _, ...row }) => row),
  layers: layers.map(({ milliseconds: _, ...layer }) => layer),
});

describe('a row that only rotates', () => {
  it.each(['qwen2', 'gpt2', 'llama3-scaled', 'qwen3'] as const)(
    'keeps the function of %s, and its export opens as an ordinary checkpoint with its figures',
    async (name) => {
      const checkpoint = await tinyCheckpoint(name);
      const matrix = { matrix: 'orthogonal' };
      const { result, store, recipe } = await run(checkpoint, [[{ step: 'rotate', options: matrix }]]);
      const [, rotated] = result.rows;
      expect(rotated.kl).toBeLessThan(1e-9);
      expect(result.views).toMatchObject([{ label: 'Rotate orthogonal', rows: [1] }]);
      expect(result.layers.filter(({ row }) => row === 1).every(({ errors }) => errors.weight === 0)).toBe(true);
      const { files, verify } = await weightFiles('safetensors', await rowExportOf(checkpoint, recipe, 1, store));
      const parts = await Promise.all(
        files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
      );
      expect(await verify(parts[0])).toBe(0);
      const again = await run(await openCheckpoint(parts), [[{ step: 'rtn', options: { bits: 8 } }]]);
      const { perplexity } = again.result.fullPrecision as { perplexity: number };
      expect(Math.abs(perplexity / (result.fullPrecision?.perplexity as number) - 1)).toBeLessThan(1e-5);
    },
  );

  it('is refused where the network has none, with the sentence of its step', async () => {
    const checkpoint = await tinyNetwork('dit');
    const recipe = recipeOf([[{ step: 'rotate' }]], true);
    await expect(prepareTiny(gpu, checkpoint, recipe)).rejects.toThrow(/residual stream of a DiT cannot be rotated/);
  });
});

describe('rows of several views', () => {
  const rows: Steps[] = [
    [{ step: 'gptaq', options: { bits: 4 } }],
    [
      { step: 'rotate', options: { matrix: 'orthogonal' } },
      { step: 'gptaq', options: { bits: 4 } },
    ],
    [
      { step: 'rotate', options: { matrix: 'orthogonal' } },
      { step: 'activations', options: { bits: 4 } },
      { step: 'gptq', options: { bits: 4 } },
    ],
    [{ step: 'activations', options: { bits: 8, ranges: 'static', observer: 'mse' } }],
  ];

  it('leave a row without transforms as it is alone, to the bit', async () => {
    const checkpoint = await tinyCheckpoint('qwen2');
    const all = await run(checkpoint, rows);
    const alone = await run(checkpoint, rows.slice(0, 1));
    const of = async ({ result, store }: typeof all, row: number) => ({
      layers: figures(result).layers.filter((layer) => layer.row === row),
      blocks: result.blocks.filter((block) => block.row === row),
      tensor: (await store.loadLayer(row, 3))?.tensor,
    });
    expect(await of(all, 1)).toEqual(await of(alone, 1));
    expect(all.result.fullPrecision).toEqual(alone.result.fullPrecision);
    for (const row of all.result.rows) expect(Number.isFinite(row.kl)).toBe(true);
    // What is kept takes what the source stores it in.
    expect(all.result.rows[4].bitsPerWeight).toBe(32);
  });

  it('give the same again, and where they go on from any stored layer', async () => {
    const checkpoint = await tinyCheckpoint('qwen2');
    const whole = await run(checkpoint, rows);
    const prepared = await prepareTiny(gpu, checkpoint, whole.recipe);
    const store = new MemoryRunStore();
    for (const row of prepared.rows) {
      for (let layer = 0; layer < 9; layer++) {
        const stored = await whole.store.loadLayer(row.row, layer);
        if (stored) await store.saveLayer(row.row, layer, layer < 5 ? stored : { ...stored, measured: false });
      }
    }
    const resumed = await runToEnd(prepared, { gpu, store });
    expect(figures(resumed)).toEqual(figures(whole.result));
  });
});

describe('online transforms', () => {
  it('change nothing but roundings, in a language model and where heads are transformed too', async () => {
    const options = { matrix: 'orthogonal', online: 'all' };
    const { result } = await run(await tinyCheckpoint('llama-linear-biased'), [[{ step: 'rotate', options }]]);
    expect(result.rows[1].kl).toBeLessThan(1e-9);
    expect(result.views?.[0].kl).toBeLessThan(1e-9);
  });

  it('stand behind the scan of a Vision Mamba, before what projects it back', async () => {
    const options = { matrix: 'orthogonal', online: 'down' };
    const { result, prepared } = await run(await tinyNetwork('vim'), [[{ step: 'rotate', options }]], true);
    expect(prepared.views[1].current.online).toHaveLength(prepared.subject?.network.blocks.length as number);
    expect(result.views?.[0].kl).toBeLessThan(1e-9);
  });

  it('bring the kurtosis of a scan’s outputs down, near that of a random direction', async () => {
    const { prepared } = await run(await tinyNetwork('vim'), [[{ step: 'rotate', options: { online: 'down' } }]], true);
    const taps = await calibrationTaps(gpu, prepared, null);
    const { network, online } = prepared.views[1].current;
    const hooks = onlineHooks(gpu, online);
    const kurtosisOf = async (x: Tensor) => {
      const sums = tokenSums(x);
      const figures = tokenFigures(await sums.read(), x.cols);
      sums.release();
      return figures.reduce((sum, { kurtosis }) => sum + (kurtosis ?? NaN), 0) / x.rows;
    };
    for (const { index, stages } of network.blocks) {
      const stage = stages.length - 1;
      const { tap } = taps.get(stages[stage].linears[0].name) ?? {};
      if (!tap) throw new Error('no outputs of a scan');
      const x = Tensor.from(gpu, tap.rows, tap.cols, Float32Array.from(tap.data));
      const tape = new Tape(gpu, { recording: false });
      const geometry = { windows: 1, length: x.rows };
      const y = hooks?.on(tape, { place: 'tap', block: index, stage, heads: 1 }, tape.constant(x), geometry);
      if (!y) throw new Error('nothing stands there');
      const [before, after] = [await kurtosisOf(x), await kurtosisOf(y.value)];
      const random = (3 * x.cols) / (x.cols + 2);
      expect(after).toBeLessThan(before);
      expect(Math.abs(after - random)).toBeLessThan(0.5 * Math.abs(before - random));
      tape.release();
      x.release();
    }
    hooks?.release?.();
  });
});

describe('layer rules', () => {
  it('give some layers other options, and leave others as they are', async () => {
    const steps: Steps = [
      {
        step: 'rtn',
        options: { bits: 3 },
        layers: [
          { match: '*.down_proj', options: { bits: 8 } },
          { match: 'model.layers.0.*', keep: true },
        ],
      },
    ];
    const { result, prepared, store } = await run(await tinyCheckpoint('qwen2'), [steps]);
    for (const { name, bitsPerWeight, errors } of result.layers.filter(({ row }) => row === 1)) {
      const first = name.startsWith('model.layers.0.');
      if (name.endsWith('down_proj')) expect(bitsPerWeight).toBeGreaterThan(8);
      else expect(bitsPerWeight === 32).toBe(first);
      if (first && !name.endsWith('down_proj')) expect(errors.weight).toBe(0);
    }
    const kept = await Promise.all(prepared.linears.map((linear) => store.loadLayer(1, linear.index)));
    expect(kept.filter((layer) => layer?.tensor === null).length).toBeGreaterThan(0);
    expect(prepared.plan.rows[1].bitsPerWeight).toBe(result.rows[1].bitsPerWeight);
  });

  it('that match nothing are refused, with the pattern', async () => {
    const steps: Steps = [{ step: 'rtn', layers: [{ match: '*.nothing', keep: true }] }];
    await expect(prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipeOf([steps]))).rejects.toThrow(
      /rule for "\*\.nothing" matches no layer/,
    );
  });

  it('that never count are refused, with what stands before them', async () => {
    const prepared = async (layers: readonly object[]) =>
      prepareTiny(gpu, await tinyCheckpoint('qwen2'), recipeOf([[{ step: 'rtn', layers }]]));
    const [down, first] = [
      { match: '*.down_proj', options: { bits: 8 } },
      { match: 'model.layers.0.*', keep: true },
    ];
    await expect(prepared([down, first])).resolves.toBeDefined();
    await expect(prepared([{ match: '*_proj', keep: true }, down])).rejects.toThrow(
      /rule for "\*\.down_proj" never counts.* and "\*_proj" before it leaves it no layer: put it before "\*_proj"/,
    );
    // Two that leave it nothing together.
    const second = { match: 'model.layers.1.*', keep: true };
    await expect(prepared([first, second, down])).rejects.toThrow(/"\*\.down_proj" never counts/);
  });
});

describe('a row with what acts while the network runs', () => {
  const steps: Steps = [
    { step: 'rotate', options: { matrix: 'orthogonal', online: 'down' } },
    { step: 'activations', options: { bits: 8, ranges: 'static', observer: 'percentile' } },
    { step: 'gptq', options: { bits: 4 } },
  ];

  it('is refused by formats that do not say so, and the own file holds it bit for bit', async () => {
    const checkpoint = await tinyCheckpoint('qwen2');
    const { store, recipe, prepared } = await run(checkpoint, [steps]);
    const row = await rowExportOf(checkpoint, recipe, 1, store);
    for (const format of ['safetensors', 'gptq'] as const) {
      await expect(weightFiles(format, row)).rejects.toThrow(
        /Rotate orthogonal online down acts while the network runs/,
      );
    }
    expect(prepared.plan.rows[1].refusals?.gptq).toMatch(/acts while the network runs/);
    const { files, verify } = await weightFiles('own', row);
    const written = memorySource(await joined(files[0].chunks()), files[0].name);
    expect(await verify(written)).toBe(0);
    const file = await openSafetensors(written);
    const description = ownDescription(file);
    expect(description.steps).toEqual(recipe.rows[0].steps);
    expect(description.online).toHaveLength(prepared.subject?.network.blocks.length as number);
    const stages = prepared.subject?.network.blocks.reduce((sum, block) => sum + block.stages.length, 0);
    expect(description.quantizers).toHaveLength(stages as number);
    for (const linear of prepared.linears) {
      expect(await ownLayer(file, description, linear.name)).toEqual((await store.loadLayer(1, linear.index))?.tensor);
    }
  });
});

describe('a view that is mirrored: signs and powers of two', () => {
  /** Signs of the residual stream where norms allow it, powers of two on every diagonal pair. */
  function mirrored(view: NetworkView): NetworkView {
    const random = new Random(5);
    const own = untied(view);
    const stream = residualOf(own.network);
    if ('refusal' in stream) throw new Error(stream.refusal);
    const signs = scaling(randomSigns(own.network.hidden, 4));
    const flipped = takesMeans(stream) ? own : changed(own, rotateResidual(stream, signs, 'signs'));
    const pairs = diagonalPairs(flipped.network);
    const scales = new Map(
      pairs.map(({ id, width }) => [id, Float64Array.from({ length: width }, () => 2 ** (random.integer(7) - 3))]),
    );
    return changed(flipped, divided(pairs, scales, 'powers'));
  }

  it.each(['qwen2', 'gpt2', 'qwen3'] as const)(
    'keeps the figures of a %s to the bit, through run, resume and export',
    async (name) => {
      const checkpoint = await tinyCheckpoint(name);
      // The row's own transform gives way to the mirror.
      const prepared = await prepareTiny(
        gpu,
        checkpoint,
        recipeOf([[{ step: 'rotate', options: { matrix: 'orthogonal' } }]]),
      );
      const mirror = mirrored(prepared.views[0].current);
      prepared.views[1].current = mirror;
      const store = new MemoryRunStore();
      const { rows, fullPrecision, views, blocks } = await runToEnd(prepared, { gpu, store });
      expect(rows[1].kl).toBe(0);
      expect(views?.[0]).toMatchObject({ kl: 0, perplexity: fullPrecision?.perplexity });
      expect(rows[1].perplexity).toBe(fullPrecision?.perplexity);
      expect(blocks.filter(({ row }) => row === 1).every(({ mse }) => mse === 0)).toBe(true);
      prepared.views[1].current = mirror;
      const resumed = await runToEnd(prepared, { gpu, store });
      expect(resumed.rows.map(({ perplexity, kl }) => [perplexity, kl])).toEqual(
        rows.map(({ perplexity, kl }) => [perplexity, kl]),
      );
      const source = await viewedCheckpoint(checkpoint, mirror, new Map());
      const own = { checkpoint: source, linears: prepared.linears, method: 'none', options: {} };
      const row = { ...own, ownConfig: true, codes: () => Promise.resolve(null) };
      const { files } = await weightFiles('safetensors', row);
      const parts = await Promise.all(
        files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
      );
      const again = await run(await openCheckpoint(parts), [[{ step: 'rtn', options: { bits: 8 } }]]);
      expect(again.result.fullPrecision?.perplexity).toBe(fullPrecision?.perplexity);
    },
  );
});
