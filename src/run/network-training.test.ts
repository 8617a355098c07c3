/** Methods that train the whole network at once: on tiny networks of every task, with the bits of a run that nobody touched. */
import { afterAll, describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { Parameter, Tape } from '../gradient/tape';
import { scalarsOf } from '../gradient/loss';
import { Tensor } from '../tensor/tensor';
import { chunksOf } from './chunks';
import { RunControl } from './control';
import type { RunEvent, RunResult } from './events';
import { NetworkOnTape } from './network-on-tape';
import { prepareRun } from './prepare';
import type { ActivationRun } from './prepared-run';
import { MemoryRunStore } from './run-store';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';
import { WHOLE_NETWORK } from './training-curve';

const gpu = await testGpu();
const OPTIONS = { codewords: 8, dim: 2, steps: 10, batch: 4, wholeNetwork: true, features: 0.5 };
const TRAINED = ['vq4dit', 'vimvq', 'ssvq', 'vq4all'].map((method) => ({ method, options: OPTIONS }));
const SAMPLING = { steps: 3, guidance: 2, sampler: 'ddim', images: 2 };

const figures = ({ layers, blocks, rows }: RunResult) => ({
  layers: layers.map(({ errors }) => errors),
  blocks,
  images: rows.map(({ images }) => images),
});

describe('a tiny diffusion network trained as a whole', async () => {
  const checkpoint = await tinyNetwork('dit');
  const prepared = await prepareRun(checkpoint, imageRecipe(TRAINED, 'generated', { sampling: SAMPLING }), {
    gpu,
    rate: 1e9,
  });
  const events: RunEvent[] = [];
  const before = gpu.buffers.bytesInUse;
  const result = await runToEnd(prepared, { gpu }, (event) => events.push(event));
  const after = gpu.buffers.bytesInUse;

  it.each(TRAINED.map(({ method }) => method))('trains all layers of %s in one training', (method) => {
    const row = prepared.rows.findIndex((one) => one.method === method);
    const told = events.flatMap((event) => (event.type === 'training' && event.row === row ? [event] : []));
    expect(new Set(told.map(({ block }) => block))).toEqual(new Set([WHOLE_NETWORK]));
    expect(told.at(-1)?.progress).toMatchObject({ lossName: 'prediction and features' });
    expect(told.at(-1)?.progress.step).toBe(told.at(-1)?.progress.steps);
    const own = result.layers.filter((layer) => layer.row === row);
    expect(own).toHaveLength(prepared.linears.length);
    expect(own.every(({ status, errors }) => status === 'done' && Number.isFinite(errors.output))).toBe(true);
  });

  it('gives back every buffer', () => {
    expect(after).toBe(before);
  });

  it('goes on in the middle to the same bits', async () => {
    const store = new MemoryRunStore();
    const control = new RunControl();
    let told = 0;
    await runToEnd(prepared, { gpu, store, control, keepTrainingEvery: 0 }, ({ type }) => {
      if (type === 'training' && ++told === 3) control.cancel();
    });
    const resumed = await runToEnd(prepared, { gpu, store });
    expect(figures(resumed)).toEqual(figures(result));
  });
});

describe('a network on one tape', async () => {
  const checkpoint = await tinyNetwork('dit');
  const recipe = imageRecipe([TRAINED[0]], 'generated', { sampling: SAMPLING });
  const run = (await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 })) as ActivationRun;
  const host = { gpu, store: new MemoryRunStore(), control: new RunControl() };
  const network = await NetworkOnTape.load(run.subject, run.views[0].current, host);
  const { calibration, heldOut } = run.subject;
  const [chunk] = chunksOf({ calibration, heldOut: { ...heldOut, windows: 0 } }, 4 * calibration.length);
  const open = await run.subject.open(gpu, run.views[0].current);
  await network.teach(await open.embed(chunk), chunk.geometry);
  open.release();
  afterAll(() => network.release());

  async function step(sparing: boolean, factor: number) {
    const made = network.linears.map(({ name, rows, cols }) => {
      const weight = network.weights.get(name) as Tensor;
      return { name, weight, rows, cols };
    });
    const leaves = new Map<string, Parameter>();
    for (const { name, weight, rows, cols } of made) {
      const values = (await weight.read()).map((value) => value * factor);
      leaves.set(name, new Parameter(Tensor.from(gpu, rows, cols, values)));
    }
    const tape = new Tape(gpu);
    const bindings = { weight: ({ name }: { readonly name: string }) => leaves.get(name) as Parameter };
    const loss = network.loss(tape, 0, bindings, { features: 0.5, sparing });
    tape.backward(loss);
    const [value] = await scalarsOf(loss);
    const grads: Float32Array[] = [];
    for (const leaf of leaves.values()) grads.push(await (leaf.grad as Tensor).read());
    const { peakBytes } = tape;
    tape.release();
    for (const leaf of leaves.values()) {
      leaf.clearGrad();
      leaf.value.release();
    }
    return { value, grads, peakBytes };
  }

  it('gives the same gradients in segments, to the bit, and holds less', async () => {
    const plain = await step(false, 0.9);
    const sparing = await step(true, 0.9);
    expect(sparing.value).toBe(plain.value);
    expect(sparing.grads).toEqual(plain.grads);
    expect(sparing.peakBytes).toBeLessThan(plain.peakBytes);
    expect(plain.grads.every((grad) => grad.some((value) => value !== 0))).toBe(true);
  });

  it('loses nothing with the weights of full precision', async () => {
    const { value, grads } = await step(false, 1);
    expect(value).toBe(0);
    expect(grads.every((grad) => grad.every((one) => one === 0))).toBe(true);
  });
});

describe('other tasks', () => {
  it('trains a classifier on KL and features', async () => {
    const checkpoint = await tinyNetwork('vit');
    const prepared = await prepareRun(checkpoint, imageRecipe([TRAINED[2]], 'file'), { gpu, rate: 1e9 });
    const losses: number[] = [];
    const result = await runToEnd(prepared, { gpu }, (event) => {
      if (event.type === 'training') losses.push(event.progress.loss);
    });
    expect(result.layers.every(({ status }) => status === 'done')).toBe(true);
    expect(losses.at(-1)).toBeLessThanOrEqual(losses[0]);
  });

  it('trains a language model on KL alone', async () => {
    const row = { method: 'ssvq', options: { ...OPTIONS, features: 0, batch: 2 } };
    const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), tinyRecipe([row]));
    const names = new Set<string>();
    const result = await runToEnd(prepared, { gpu }, (event) => {
      if (event.type === 'training') names.add(event.progress.lossName);
    });
    expect([...names]).toEqual(['KL']);
    expect(result.layers.every(({ status }) => status === 'done')).toBe(true);
  });

  it('trains what is on grids too', async () => {
    const row = { method: 'lsq', options: { bits: 3, steps: 8, batch: 2, wholeNetwork: true, features: 0 } };
    const prepared = await prepareTiny(gpu, await tinyCheckpoint('qwen2'), tinyRecipe([row]));
    const told = new Set<number>();
    const result = await runToEnd(prepared, { gpu }, (event) => {
      if (event.type === 'training') told.add(event.block);
    });
    expect([...told]).toEqual([WHOLE_NETWORK]);
    expect(result.layers.every(({ status }) => status === 'done')).toBe(true);
  });

  it('refuses the layer proxy beside it', async () => {
    const row = { method: 'ssvq', options: { ...OPTIONS, proxy: true } };
    await expect(tinyCheckpoint('qwen2').then((one) => prepareTiny(gpu, one, tinyRecipe([row])))).rejects.toThrow(
      /choose one of both/,
    );
  });
});
