/** The driver on tiny models: what it tells, and that no interruption changes a bit of what it computes. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { Gpu } from '../gpu/gpu';
import { testGpu } from '../gpu/testing/gpus';
import { openModel } from '../model/architecture';
import { LanguageModel } from '../model/forward';
import { RunControl } from './control';
import type { LayerResult, RunEvent, RunResult } from './events';
import { assertSame, fingerprintRun } from './fingerprint';
import { weightFiles, type RowExport } from './export';
import { MemoryRunStore } from './run-store';
import { joined, prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const ROWS = ['gptq', 'gptaq', 'gptq_r', 'rescomp', 'shift'].map((method) => ({ method, options: { bits: 3 } }));
const gpu = await testGpu();

/** A result without what differs from run to run. */
function figures(result: RunResult) {
  const untimed = ({ milliseconds: _, ...layer }: LayerResult) => layer;
  const rows = result.rows.map(({ milliseconds: _, ...row }) => row);
  return { layers: result.layers.map(untimed), blocks: result.blocks, rows, full: result.fullPrecision };
}

describe.each(['qwen2', 'qwen3', 'gpt2'] as const)('a run of all methods on a tiny %s', async (name) => {
  const checkpoint = await tinyCheckpoint(name);
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe(ROWS));
  const { subject } = prepared;
  if (!subject) throw new Error('the tiny model was not recognized');
  const model = openModel(checkpoint);
  const { heldOut } = subject;
  const before = gpu.buffers.bytesInUse;
  const events: RunEvent[] = [];
  const store = new MemoryRunStore();
  const readbacksBefore = gpu.readbacks;
  const result = await runToEnd(prepared, { gpu, store }, (event) => events.push(event));
  const readbacks = gpu.readbacks - readbacksBefore;

  it('tells plan, layers and blocks in order, and everything once', () => {
    expect(events[0].type).toBe('plan');
    expect(events.at(-1)).toMatchObject({ type: 'end', outcome: 'finished' });
    const told = events.flatMap((event) =>
      event.type === 'layer-done' ? [`${event.result.row}/${event.result.layer}`] : [],
    );
    expect(new Set(told).size).toBe(told.length);
    expect(told.length).toBe(prepared.linears.length * 6);
    expect(result.blocks.length).toBe(model.blocks.length * 6);
  });

  it('waits for the GPU once a layer, once a stage and a block for their errors, and once for the perplexities', () => {
    const stages = model.blocks.reduce((sum, block) => sum + block.stages.length, 0);
    expect(readbacks).toBe(result.layers.length + stages + model.blocks.length + 1);
  });

  it('adds the RTN baseline and measures every error of every row', () => {
    expect(prepared.plan.rows[0]).toMatchObject({ method: 'rtn', baseline: true });
    for (const { errors, status } of result.layers) {
      expect(status).toBe('done');
      for (const error of Object.values(errors)) expect(error).toBeGreaterThan(0);
    }
    for (const row of result.rows) expect(row.kl).toBeGreaterThan(0);
  });

  it('compensates: GPTQ’s Hessian-weighted error is under RTN’s in the first stage, where both see the same inputs', () => {
    const stage = model.blocks[0].stages[0].linears.length;
    const error = (row: number) =>
      result.layers
        .filter((layer) => layer.row === row && layer.layer < stage)
        .reduce((sum, l) => sum + (l.errors.hessian ?? 0), 0);
    expect(error(1)).toBeLessThan(error(0));
  });

  it('finds the perplexity that the whole model has', async () => {
    const language = await LanguageModel.load(gpu, checkpoint, model);
    const { windows, length } = heldOut;
    const ids = new Uint32Array(subject.inputs[1].slice().buffer);
    const losses = await language.negativeLogLikelihood(ids, { windows, length });
    language.release();
    const mean = losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
    expect(result.fullPrecision?.perplexity).toBeCloseTo(Math.exp(mean), 4);
  });

  it('keeps the loss of each held-out window, of which the perplexity is the exponential', () => {
    for (const { windows, perplexity } of result.rows) {
      expect(windows?.of).toBe('nll');
      expect(windows?.values).toHaveLength(heldOut.windows);
      const mean = (windows?.values ?? []).reduce<number>((sum, loss) => sum + (loss ?? NaN), 0) / heldOut.windows;
      expect(Math.exp(mean)).toBeCloseTo(perplexity ?? NaN, 8);
    }
  });

  it('leaves no GPU memory behind', () => {
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('gives the same after a cancel and a resume, whatever layer it was cancelled at', async () => {
    const count = prepared.linears.length * 6;
    for (const stopAt of [1, Math.floor(count / 2), count - 1]) {
      const kept = new MemoryRunStore();
      const control = new RunControl();
      let done = 0;
      const first = await runToEnd(prepared, { gpu, store: kept, control }, (event) => {
        if (event.type === 'layer-done' && ++done === stopAt) control.cancel();
      });
      expect(first.rows).toEqual([]);
      const told: RunEvent[] = [];
      const second = await runToEnd(prepared, { gpu, store: kept }, (event) => told.push(event));
      expect(figures(second)).toEqual(figures(result));
      expect(told.some((event) => event.type === 'restored')).toBe(true);
    }
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('leaves no GPU memory behind when it is cancelled in the middle of anything', async () => {
    for (const type of ['layer-started', 'stage', 'block-done'] as const) {
      for (const skip of [0, 3, 11]) {
        const control = new RunControl();
        let seen = 0;
        await runToEnd(prepared, { gpu, control }, (event) => {
          if (event.type === type && seen++ === skip) control.cancel();
        });
        expect(gpu.buffers.bytesInUse, `${type} ${skip}`).toBe(before);
      }
    }
  });

  it('exports drop-in weights that re-read exactly', async () => {
    const row: RowExport = {
      checkpoint,
      linears: prepared.linears,
      method: 'rescomp',
      options: prepared.rows[4].options,
      async codes(linear) {
        const stored = await store.loadLayer(4, linear.index);
        return stored?.tensor ?? Promise.reject(new Error(`${linear.name} is missing`));
      },
    };
    const { files, verify } = await weightFiles('safetensors', row);
    expect(await verify(memorySource(await joined(files[0].chunks()), 'model.safetensors'))).toBe(0);
  });

  // What is the driver’s alone is the same whatever the network.
  if (name !== 'qwen2') return;

  it('gives the same when its activations rest in host memory', async () => {
    expect(figures(await runToEnd(prepared, { gpu, activationBytes: 0 }))).toEqual(figures(result));
  });

  it('pauses at the end of the layer in work, in the middle of a stage, and goes on', async () => {
    const control = new RunControl();
    const order: string[] = [];
    const paused = await runToEnd(prepared, { gpu, control }, ({ type }) => {
      order.push(type);
      // While the second layer is in work.
      if (type === 'layer-started' && order.filter((told) => told === 'layer-started').length === 2) control.pause();
      if (type === 'paused') control.unpause();
    });
    const until = order.slice(0, order.indexOf('paused'));
    expect(until.filter((type) => type === 'layer-stored')).toHaveLength(2);
    expect(until).not.toContain('layer-done');
    expect(until.at(-1)).toBe('layer-stored');
    expect(order[order.indexOf('paused') + 1]).toBe('continued');
    expect(figures(paused)).toEqual(figures(result));
  });

  it('loses no finished layer of a stage that is cut off, and goes on to the same bits', async () => {
    const control = new RunControl();
    const partly = new MemoryRunStore();
    let stored = 0;
    const cut = await runToEnd(prepared, { gpu, control, store: partly }, ({ type }) => {
      if (type === 'layer-stored' && ++stored === 3) control.cancel();
    });
    expect(cut.layers).toEqual([]);
    let again = 0;
    const resumed = await runToEnd(prepared, { gpu, store: partly }, ({ type }) => {
      if (type === 'layer-stored') again++;
    });
    expect(again).toBe(prepared.linears.length * prepared.rows.length - 3);
    expect(figures(resumed)).toEqual(figures(result));
  });
});

describe('trouble', () => {
  it('a device lost in mid-run is said by its code, and the run resumes on another device to the same bits', async () => {
    const checkpoint = await tinyCheckpoint('qwen2');
    const recipe = tinyRecipe(ROWS.slice(0, 2));
    const prepared = await prepareTiny(gpu, checkpoint, recipe);
    const whole = figures(await runToEnd(prepared, { gpu }));
    const doomed = await Gpu.open((globalThis as { dawn?: GPU }).dawn);
    const store = new MemoryRunStore();
    let layers = 0;
    const interrupted = runToEnd(prepared, { gpu: doomed, store }, (event) => {
      if (event.type === 'layer-done' && ++layers === 9) doomed.destroy();
    });
    await expect(interrupted).rejects.toMatchObject({ code: 'QS-GPU-04' });
    expect((await doomed.lost).facts.reason).toBe('destroyed');
    expect(figures(await runToEnd(prepared, { gpu, store }))).toEqual(whole);
  });

  it('a layer whose inputs overflow is rounded, marked, and the run goes on', async () => {
    const checkpoint = await tinyCheckpoint('qwen2', (name, values) => {
      if (name === 'model.layers.1.input_layernorm.weight') values.fill(3e38);
    });
    const told: RunEvent[] = [];
    const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe(ROWS.slice(0, 1)));
    const result = await runToEnd(prepared, { gpu }, (event) => told.push(event));
    const rounded = result.layers.filter(({ status }) => status === 'rounded');
    expect(rounded.length).toBeGreaterThan(0);
    expect(rounded[0].note).toMatch(/Plain rounding was used/);
    expect(result.layers.length).toBe(2 * result.plan.layers.length);
    // The file is damaged, and nothing pretends that it is not.
    expect(told.some((event) => event.type === 'notice' && event.code === 'QS-NUM-02')).toBe(true);
    expect(result.rows.every(({ perplexity, kl }) => Number.isNaN(perplexity) && Number.isNaN(kl))).toBe(true);
  });

  it('NaN weights count as zero and say so', async () => {
    const checkpoint = await tinyCheckpoint('qwen2', (name, values) => {
      if (name === 'model.layers.0.mlp.up_proj.weight') values[3] = NaN;
    });
    const result = await runToEnd(await prepareTiny(gpu, checkpoint, tinyRecipe(ROWS.slice(0, 1))), { gpu });
    const layer = result.layers.find(({ name }) => name === 'model.layers.0.mlp.up_proj');
    expect(layer?.note).toMatch(/holds 1 NaN/);
    expect(result.rows.every(({ perplexity }) => Number.isFinite(perplexity))).toBe(true);
  });

  it('fewer tokens than columns is a note of the plan, not a failure', async () => {
    const recipe = { ...tinyRecipe(ROWS.slice(3, 4)), heldOut: { file: null, windows: 1 } };
    const few = { ...recipe, calibration: { ...recipe.calibration, windows: 1, length: 8 } };
    const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), few);
    expect(prepared.plan.notes.join(' ')).toMatch(/fewer than the 20 inputs/);
    expect((await runToEnd(prepared, { gpu })).rows.length).toBe(2);
  });

  it('an unknown architecture takes RTN and refuses what needs inputs', async () => {
    const checkpoint = await tinyCheckpoint('qwen2', undefined, {
      architectures: ['MambaForCausalLM'],
      model_type: 'mamba',
    });
    await expect(prepareTiny(gpu, checkpoint, tinyRecipe(ROWS))).rejects.toMatchObject({ code: 'QS-FILE-02' });
    const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe([{ method: 'rtn', options: { bits: 4 } }]));
    const readbacks = gpu.readbacks;
    const result = await runToEnd(prepared, { gpu });
    // Codes and error of a layer come in one piece.
    expect(gpu.readbacks - readbacks).toBe(result.layers.length);
    expect(result.layers.length).toBe(prepared.linears.length);
    expect(result.layers[0].errors).toMatchObject({ hessian: null, output: null });
    expect(result.rows[0].perplexity).toBeNull();
  });

  it('names what changed when a run cannot be resumed', async () => {
    const recipe = tinyRecipe(ROWS);
    const stored = await fingerprintRun('a', recipe, [Uint8Array.of(1, 2)]);
    expect(() => assertSame(stored, stored)).not.toThrow();
    const changes = [
      [await fingerprintRun('b', recipe, [Uint8Array.of(1, 2)]), 'files'],
      [await fingerprintRun('a', tinyRecipe(ROWS.slice(1)), [Uint8Array.of(1, 2)]), 'recipe'],
      [await fingerprintRun('a', recipe, [Uint8Array.of(1, 3)]), 'data'],
      [{ ...stored, version: '0' }, 'engine'],
    ] as const;
    for (const [now, what] of changes) expect(() => assertSame(stored, now)).toThrow(what);
  });
});

it('calibrates on text the model writes itself, the same for the same seed', async () => {
  const checkpoint = await tinyCheckpoint('qwen2');
  const recipe = tinyRecipe(ROWS.slice(0, 1));
  const generated = { ...recipe, calibration: { ...recipe.calibration, source: 'generated' as const } };
  const [a, b] = [await prepareTiny(gpu, checkpoint, generated), await prepareTiny(gpu, checkpoint, generated)];
  expect(a.subject?.inputs).toEqual(b.subject?.inputs);
  expect(a.plan.calibrationLabel).toMatch(/the model wrote itself/);
});

it('exports GPTQ layers that re-read within the rounding of their scales', async () => {
  const checkpoint = await tinyCheckpoint('llama-linear-biased');
  const recipe = tinyRecipe([{ method: 'gptq', options: { bits: 8, groupSize: 8, symmetric: true } }]);
  const prepared = await prepareTiny(gpu, checkpoint, recipe);
  const store = new MemoryRunStore();
  await runToEnd(prepared, { gpu, store });
  const row: RowExport = {
    checkpoint,
    linears: prepared.linears,
    method: 'gptq',
    options: prepared.rows[1].options,
    codes: async (linear) => {
      const stored = await store.loadLayer(1, linear.index);
      return stored?.tensor ?? Promise.reject(new Error(`${linear.name} is missing`));
    },
  };
  const { files, verify } = await weightFiles('gptq', row);
  expect(files.map(({ name }) => name)).toEqual(['model.safetensors', 'quantize_config.json', 'config.json']);
  const written = memorySource(await joined(files[0].chunks()), 'model.safetensors');
  const difference = await verify(written);
  expect(difference).toBeGreaterThan(0);
  expect(difference).toBeLessThan(1e-3);
});
