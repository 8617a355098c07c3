/** Rotations learned on the whole network: what they start as, that they stay rotations, their gradients, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import type { Parameter, Tape } from '../../gradient/tape';
import { testGpu } from '../../gpu/testing/gpus';
import { orthogonalityDefect } from '../../numerics/matrix';
import { RunControl } from '../../run/control';
import { MemoryRunStore } from '../../run/run-store';
import {
  expectSteady,
  figuresOf,
  openTiny,
  pipelineRecipe,
  runPipelines,
  type TestSteps,
  type TinyName,
} from '../../run/testing/pipelines';
import { prepareTiny, runToEnd } from '../../run/testing/runs';
import type { Linear } from '../../model/model';
import { readyToRotate, type RotationOptions } from '../../model/view/rotation';
import type { Course, NetworkLesson, StepState } from '../step';
import { learnedRotation } from './learned-rotation';
import { learnedRotationFace } from './learned-rotation.face';
import { scaledPairs } from './learned-scales';
import { RotatedNetwork } from './rotated-network';
import { squareOf } from './rotation-state';

const gpu = await testGpu();

const SHORT = { matrix: 'orthogonal', steps: 6, batch: 3 };
const A4 = { step: 'activations', options: { bits: 4 } };
const W4 = { step: 'rtn', options: { bits: 4 } };
const learnedRow = (options: object) => [{ step: 'learned_rotation', options: { ...SHORT, ...options } }, A4, W4];

const stateOf = async (store: MemoryRunStore, view = 1) =>
  (await store.loadState(`view ${view}, learned 0`)) as StepState;

it('is refused where nothing could be learned, with the number', () => {
  const facts = { noRotation: null, hidden: 64, attention: null, inner: 64, means: false, head: true, task: 'text' };
  const refuses = (own: object, options = {}) =>
    learnedRotationFace.refuses?.({ ...facts, ...own } as never, { matrix: 'orthogonal', online: 'none', ...options });
  expect(refuses({})).toBeNull();
  expect(refuses({ noRotation: 'It has none.' })).toBe('It has none.');
  expect(refuses({ head: false })).toMatch(/no output head/);
  expect(refuses({ task: 'classification' }, { loss: 'task' })).toMatch(/choose the loss kl/);
  expect(refuses({ hidden: 4096 })).toMatch(/has 4096 channels, and matrices of at most 2048/);
});

it('says what it has learned, and that the best is kept where the loss rises', () => {
  const told = (numbers: Record<string, number>) => learnedRotation.told?.({ arrays: {}, numbers });
  expect(told({ start: 0, best: 0, last: 0, step: 0, steps: 0 })).toBe('as it starts: nothing is learned');
  expect(told({ start: 0.5, best: 0.25, last: 0.25, step: 4, steps: 4 })).toBe('loss 0.500 → 0.250 in step 4 of 4');
  expect(told({ start: 0.5, best: 0.5, last: 3, step: 0, steps: 4 })).toBe(
    'loss 0.500 → 0.500 in step 0 of 4, 3.00 at the end: the best is kept',
  );
});

describe('without a rate, without steps, or with nothing to learn by', () => {
  it('it is the rotation of that seed, to the bit', async () => {
    const rotate = { matrix: 'hadamard', online: 'down', seed: 3 };
    const { result, store, prepared } = await runPipelines(gpu, 'llama3-scaled', [
      [{ step: 'rotate', options: rotate }, A4, W4],
      [{ step: 'learned_rotation', options: { ...rotate, rate: 0, steps: 1, batch: 6 } }, A4, W4],
      [{ step: 'learned_rotation', options: { ...rotate, steps: 0 } }, A4, W4],
    ]);
    expect((await stateOf(store, 2)).numbers.steps).toBe(1);
    const figures = figuresOf(result);
    const of = (row: number) => ({
      row: { ...figures.rows[row], row: 0 },
      layers: figures.layers.filter((layer) => layer.row === row).map((layer) => ({ ...layer, row: 0 })),
    });
    for (const row of [2, 3]) {
      expect(of(row)).toEqual(of(1));
      for (const { index } of prepared.linears) {
        expect((await store.loadLayer(row, index))?.tensor).toEqual((await store.loadLayer(1, index))?.tensor);
      }
    }
  });

  it('it stays as it starts where the row rounds nothing while it learns', async () => {
    const { store } = await runPipelines(gpu, 'qwen2', [[{ step: 'learned_rotation', options: SHORT }]]);
    expect((await stateOf(store)).numbers.steps).toBe(0);
  });
});

/** Rotations that keep the function, and lose less on the windows than those of the start. */
async function expectLearned({ store, result }: Awaited<ReturnType<typeof runPipelines>>): Promise<void> {
  const { arrays, numbers } = await stateOf(store);
  expect(numbers.best).toBeLessThan(numbers.start);
  expect(numbers.steps).toBe(SHORT.steps);
  for (const values of Object.values(arrays)) expect(orthogonalityDefect(squareOf(values))).toBeLessThan(1e-5);
  expect(result.views?.[0].kl).toBeLessThan(1e-9);
}

const WEIGHTS_ALONE: TestSteps = [{ step: 'learned_rotation', options: SHORT }, W4];

/** What a course gives, of a row on a tiny network. */
async function withCourse(name: TinyName, row: TestSteps, body: (course: Course) => Promise<void>): Promise<void> {
  const prepared = await prepareTiny(gpu, await openTiny(name), pipelineRecipe([row], name));
  const [, view] = (prepared as unknown as { views: { learned: { step: object; work: object }[] }[] }).views;
  let outcome: unknown = 'nothing was learned';
  const work = {
    ...learnedRotation,
    async *learn(course: Course) {
      outcome = await body(course).then(
        () => null,
        (error: unknown) => error,
      );
      yield* [];
      throw new Error('enough');
    },
  };
  view.learned = view.learned.map(({ step }) => ({ step, work }));
  await expect(runToEnd(prepared, { gpu, store: new MemoryRunStore() })).rejects.toThrow('enough');
  if (outcome !== null) throw outcome as Error;
}

/** A lesson of the network as it is: nothing is rounded, straight through or otherwise. */
const unrounded = (lesson: NetworkLesson): NetworkLesson => ({
  gpu: lesson.gpu,
  batches: lesson.batches,
  weight: (linear) => lesson.weight(linear),
  storedWeight: (_tape, _linear, weight) => weight,
  roundsInputs: false,
  roundsWeights: true,
  solves: false,
  loss: (...given) => lesson.loss(...given),
  release: () => lesson.release(),
});

describe.each(['qwen2', 'gpt2'] as const)('gradients through the whole of %s', (name) => {
  it('are those of its loss, with respect to each matrix', async () => {
    await withCourse(name, WEIGHTS_ALONE, async ({ lesson: open, view }) => {
      const { view: base, stream } = await readyToRotate(view);
      const whole = await open(base, 3, 'kl');
      const lesson = unrounded(whole);
      const options: RotationOptions = { matrix: 'orthogonal', seed: 1, heads: true };
      const pairs = scaledPairs(base);
      const network = new RotatedNetwork({ gpu, lesson, view: base, stream, options, weights: true, pairs });
      // Off the orthogonal matrices, where the function is another.
      const parameters = network.parameters;
      for (const [i, { value }] of parameters.entries()) {
        const random = new Random(i);
        const values = await value.read();
        value.writeRows(
          0,
          values.map((x) => x + 0.1 * random.normal()),
        );
      }
      // Scales cancel where either side has them.
      const sides: readonly [Parameters<NetworkLesson['loss']>[1], number][] = [
        [network.bindings, parameters.length - pairs.length],
        [(tape, block) => ({ ...network.bindings(tape, block), ...plainWeights(tape, lesson) }), parameters.length],
        [(tape, block) => ({ ...network.bindings(tape, block), hooks: null }), parameters.length],
      ];
      for (const [bindings, count] of sides) {
        await lesson.loss(0, bindings, true);
        const gradients: Float32Array[] = [];
        for (const { grad } of parameters) gradients.push((await grad?.read()) ?? new Float32Array());
        for (const parameter of parameters) parameter.clearGrad();
        for (const [i, parameter] of parameters.slice(0, count).entries()) {
          const [byTape, byDifference] = await slopes(parameter, gradients[i], () => lesson.loss(0, bindings, false));
          const size = Math.max(Math.abs(byTape), Math.abs(byDifference));
          expect(size).toBeGreaterThan(1e-3);
          expect(Math.abs(byTape - byDifference), `${i}: ${byTape}, ${byDifference}`).toBeLessThan(0.02 * size + 1e-3);
        }
      }
      network.release();
      whole.release();
    });
  });
});

const plainWeights = (tape: Tape, lesson: NetworkLesson) => ({
  weight: (linear: Linear) => tape.constant(lesson.weight(linear)),
});

/** The derivative along the gradient, made a unit vector: by the tape, and by a central difference. */
async function slopes(parameter: Parameter, gradient: Float32Array, loss: () => Promise<number>) {
  const length = Math.sqrt(gradient.reduce((sum, value) => sum + value * value, 0));
  const values = await parameter.value.read();
  const at = (step: number) => {
    parameter.value.writeRows(
      0,
      values.map((value, i) => value + (step * gradient[i]) / length),
    );
    return loss();
  };
  const step = 0.002;
  const difference = ((await at(step)) - (await at(-step))) / (2 * step);
  parameter.value.writeRows(0, values);
  return [length, difference];
}

describe('a lesson', () => {
  it('loses nothing where nothing is rounded, whatever the rotation, and something where the row rounds', async () => {
    await withCourse('qwen2', WEIGHTS_ALONE, async ({ lesson: open, view }) => {
      const { view: base, stream } = await readyToRotate(view);
      const rounding = await open(base, 6, 'kl');
      expect([rounding.roundsInputs, rounding.roundsWeights, rounding.solves]).toEqual([false, true, false]);
      const losses: number[] = [];
      for (const lesson of [rounding, unrounded(rounding)]) {
        const options: RotationOptions = { matrix: 'orthogonal', seed: 1, heads: true };
        const network = new RotatedNetwork({ gpu, lesson, view: base, stream, options, weights: true });
        losses.push(await lesson.loss(0, network.bindings, false));
        network.release();
      }
      expect(losses[0]).toBeGreaterThan(1e-4);
      expect(losses[1]).toBeLessThan(1e-9);
      rounding.release();
    });
  });

  it('is of as many windows a step as are asked for, the last of what is left', async () => {
    await withCourse('qwen2', learnedRow({}), async ({ lesson: open, view }) => {
      const lesson = await open(view, 4, 'task');
      expect(lesson.batches).toEqual([4, 2]);
      expect(lesson.roundsInputs).toBe(true);
      lesson.release();
    });
  });
});

describe('a whole run', () => {
  it('learns, comes out the same again, and where it was cancelled', async () => {
    await expectLearned(await expectSteady(gpu, 'qwen2', [learnedRow({})]));
  });

  it('learns scales of channels too, and goes on to the same bits', async () => {
    const rows = [learnedRow({ scales: true, scaleRate: 0.02 })];
    const whole = await runPipelines(gpu, 'llama3-scaled', rows);
    const { arrays, numbers } = await stateOf(whole.store);
    expect(numbers.best).toBeLessThan(numbers.start);
    expect(whole.result.views?.[0].kl).toBeLessThan(1e-9);
    const scaled = Object.keys(arrays).filter((name) => name.startsWith('logarithms'));
    // Behind either norm, of the values, and between up and down, in each block.
    expect(scaled).toHaveLength(4 * (whole.prepared.subject?.network.blocks.length as number));
    for (const name of scaled) expect(arrays[name].some((value) => value !== 0)).toBe(true);
    const store = new MemoryRunStore();
    const control = new RunControl();
    await runToEnd(whole.prepared, { gpu, store, control }, (event) => {
      if (event.type === 'stage' && event.detail.includes(': step 2')) control.cancel();
    });
    expect(await store.loadState('view 1, learned 0')).toBeNull();
    await runToEnd(whole.prepared, { gpu, store });
    expect(await stateOf(store)).toEqual(await stateOf(whole.store));
  });

  it('learns on a network on images, without heads to turn', async () => {
    await expectLearned(await runPipelines(gpu, 'vim', [learnedRow({ batch: 6 })]));
  });

  it('goes on in the middle of learning, to the same bits, and does no step again', async () => {
    const rows = [learnedRow({})];
    const whole = await runPipelines(gpu, 'gpt2', rows);
    await expectLearned(whole);
    const store = new MemoryRunStore();
    const control = new RunControl();
    const steps: string[] = [];
    const listen = (event: { readonly type: string; readonly detail?: string }) => {
      const step = event.type === 'stage' && /: step (\d)/.exec(event.detail ?? '');
      if (step) steps.push(step[1]);
      if (step && step[1] === '3') control.cancel();
    };
    const before = gpu.buffers.bytesInUse;
    await runToEnd(whole.prepared, { gpu, store, control }, listen);
    expect(gpu.buffers.bytesInUse).toBe(before);
    const resumed = await runToEnd(whole.prepared, { gpu, store }, listen);
    expect(steps).toEqual(['1', '2', '3', '4', '5', '6']);
    expect(figuresOf(resumed)).toEqual(figuresOf(whole.result));
    expect(await stateOf(store)).toEqual(await stateOf(whole.store));
  });

  it('stands before other transforms, and behind none that is fitted block by block', async () => {
    const smooth = { step: 'smooth', options: {} };
    const [own, ...rest] = learnedRow({ steps: 1, loss: 'task' });
    const { result } = await runPipelines(gpu, 'qwen2', [[own, smooth, ...rest]]);
    expect(result.views?.[0].kl).toBeLessThan(1e-9);
    const recipe = pipelineRecipe([[smooth, own, ...rest]], 'qwen2');
    await expect(prepareTiny(gpu, await openTiny('qwen2'), recipe)).rejects.toThrow(/Learned rotation stands behind/);
  });
});
