/** Affine transforms: exact before and after they learn, gradients through the block that they learn on, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { kronecker } from '../../gradient/kronecker';
import { scalarsOf } from '../../gradient/loss';
import { Parameter, Tape, type Variable } from '../../gradient/tape';
import { testGpu } from '../../gpu/testing/gpus';
import { randomOrthogonal } from '../../numerics/orthogonal';
import { MemoryRunStore } from '../../run/run-store';
import { expectSteady, openTiny, pipelineRecipe, runPipelines, type TinyName } from '../../run/testing/pipelines';
import { prepareTiny, runToEnd } from '../../run/testing/runs';
import { Tensor } from '../../tensor/tensor';
import type { Lesson, Rehearsal, StepState } from '../step';
import { affine } from './affine';
import { LearnedTap } from './affine-parameters';
import { startsOf } from './affine-start';
import { affineFace, factorOrders } from './affine.face';

const gpu = await testGpu();

const ALL: readonly TinyName[] = ['qwen2', 'vit', 'vim', 'dit'];
const SHORT = { epochs: 2, batch: 4, rate: 0.02 };
const W3A4 = (options: object) => [
  { step: 'affine', options },
  { step: 'activations', options: { bits: 4 } },
  { step: 'rtn', options: { bits: 3 } },
];

it('splits a width into the two nearest factors there are', () => {
  const widths = [1, 2, 7, 12, 64, 172, 352, 896, 4864];
  expect(widths.map(factorOrders)).toEqual([
    [1, 1],
    [1, 2],
    [1, 7],
    [3, 4],
    [8, 8],
    [4, 43],
    [16, 22],
    [28, 32],
    [64, 76],
  ]);
});

it('is refused where a width has no small factors, with them', () => {
  const facts = { blocks: ['transformer'], hidden: 64, inner: 2 * 1031, attention: null };
  expect(affineFace.refuses?.(facts as never, {})).toMatch(/2062 channels .* factors of 2 and 1031/);
  expect(affineFace.refuses?.({ ...facts, inner: 128 } as never, {})).toBeNull();
});

it('says what it has learned, and that the best is kept where the loss rises', () => {
  const told = (numbers: Record<string, number>) => affine.told?.({ arrays: {}, numbers });
  expect(told({ start: 0, best: 0, last: 0, epoch: 0, epochs: 0 })).toBe('as it starts');
  expect(told({ start: 0.5, best: 0.25, last: 0.25, epoch: 3, epochs: 3 })).toBe('loss 0.500 → 0.250 in epoch 3 of 3');
  expect(told({ start: 0.5, best: 0.5, last: 0.75, epoch: 0, epochs: 3 })).toBe(
    'loss 0.500 → 0.500 in epoch 0 of 3, 0.750 at the end: the best is kept',
  );
});

/** Distance of each view's full-precision stream from the checkpoint's: KL, or the mean square of what predictions differ by. */
function zerosOf({ result }: Awaited<ReturnType<typeof runPipelines>>): number[] {
  return (result.views ?? []).map(({ kl, prediction }) => {
    const zero = kl ?? prediction;
    if (zero === undefined) throw new Error('a view without a zero');
    return zero;
  });
}

describe.each(ALL)('the function of %s', (name) => {
  it('is kept before anything is learned, whatever it starts from', async () => {
    const starts = [
      { start: 'identity', diagonal: false, epochs: 0 },
      { start: 'orthogonal', diagonal: true, epochs: 0 },
    ];
    const ran = await runPipelines(
      gpu,
      name,
      starts.map((options) => [{ step: 'affine', options }]),
    );
    const zeros = zerosOf(ran);
    expect(zeros).toHaveLength(starts.length);
    for (const zero of zeros) expect(zero).toBeLessThan(1e-9);
  });

  it('is kept after it has learned, with a condition within its bound, and the loss no larger than at the start', async () => {
    const options = { ...SHORT, condition: 20 };
    const ran = await runPipelines(gpu, name, [W3A4(options)]);
    expect(zerosOf(ran)[0]).toBeLessThan(1e-8);
    for (const { index } of ran.prepared.subject?.network.blocks ?? []) {
      const state = (await ran.store.loadState(`view 1, step 0, block ${index}`)) as StepState;
      const { start, best, epochs, condition } = state.numbers;
      expect(best).toBeLessThanOrEqual(start);
      expect(epochs).toBe(2);
      expect(condition).toBeGreaterThanOrEqual(1);
      expect(condition).toBeLessThan(20 * (1 + 1e-6));
    }
  });
});

/** What a fit is given of the first block. */
async function withRehearsal(name: TinyName, body: (rehearsal: Rehearsal) => Promise<void>): Promise<void> {
  const prepared = await prepareTiny(gpu, await openTiny(name), pipelineRecipe([W3A4({})], name));
  const [, view] = (prepared as unknown as { views: { fitted: readonly { step: object; work: object }[] }[] }).views;
  const outcomes: Promise<void>[] = [];
  const work = {
    async fit(rehearsal: Rehearsal): Promise<StepState> {
      outcomes.push(body(rehearsal));
      await Promise.allSettled(outcomes);
      throw new Error('enough');
    },
    fitted: affine.fitted,
  };
  view.fitted = view.fitted.map(({ step }) => ({ step, work }));
  await expect(runToEnd(prepared, { gpu, store: new MemoryRunStore() })).rejects.toThrow('enough');
  expect(outcomes.length).toBe(1);
  await outcomes[0];
}

/** The derivative of a loss along a random direction of a parameter: by its gradient, and by a central difference. */
async function derivatives(parameter: Parameter, lossOf: (tape: Tape) => Variable): Promise<[number, number]> {
  const { rows, cols } = parameter.value;
  const random = new Random(5);
  const direction = Float32Array.from({ length: rows * cols }, () => random.normal() / Math.sqrt(rows * cols));
  const grad = (await parameter.grad?.read()) ?? new Float32Array();
  const values = await parameter.value.read();
  const at = (step: number) => {
    parameter.value.writeRows(
      0,
      values.map((one, i) => one + step * direction[i]),
    );
    return value(lossOf);
  };
  const step = 0.01;
  const difference = ((await at(step)) - (await at(-step))) / (2 * step);
  parameter.value.writeRows(0, values);
  return [grad.reduce((sum, value, i) => sum + value * direction[i], 0), difference];
}

// A decoder, and a block without attention: what a step takes its derivative by has no other parts.
describe.each(['qwen2', 'vim'] as const)('gradients through the first block of %s', (name) => {
  it('are those of its loss, with respect to a factor and to what factors are made of', async () => {
    await withRehearsal(name, async (rehearsal) => {
      const lesson = await rehearsal.lesson();
      const { stages } = rehearsal.block;
      const weights = new Map<string, Tensor>();
      for (const linear of stages.flatMap(({ linears }) => linears)) {
        weights.set(linear.name, (await rehearsal.weight(linear)) as Tensor);
      }
      const [batch] = lesson.minibatches(4);
      const starts = await startsOf(rehearsal, { start: 'orthogonal', diagonal: true, seed: 1 });
      for (const start of starts) {
        const { stage } = start;
        const [a, b] = factorOrders(stages[stage].linears[0].cols);
        const factors = [a, b].map((n) => new Parameter(Tensor.from(gpu, n, n, randomOrthogonal(n, n).data)));
        const along = (tape: Tape) => kroneckerLoss(tape, lesson, weights, stage, factors, batch);
        const tap = new LearnedTap(gpu, start);
        // Without the inverse in the weights, and the other way round, so that there is something to lose.
        const inputs = (tape: Tape) => tapLoss(tape, lesson, weights, tap, 'inputs', batch);
        const weight = (tape: Tape) => tapLoss(tape, lesson, weights, tap, 'weight', batch);
        for (const [lossOf, parameters] of [
          [along, factors],
          [inputs, tap.parameters],
          [weight, tap.parameters],
        ] as const) {
          const noise = (await value(lossOf)) * 1e-4;
          const tape = new Tape(gpu);
          tape.backward(lossOf(tape));
          tape.release();
          for (const parameter of parameters) {
            // A 1 × 1 matrix has no skew part.
            if (parameter.value.rows === 1 && parameter.value.cols === 1) continue;
            const [byTape, byDifference] = await derivatives(parameter, lossOf);
            const size = Math.max(Math.abs(byTape), Math.abs(byDifference));
            expect(Math.abs(byTape - byDifference), `stage ${stage}: ${byTape}, ${byDifference}`).toBeLessThan(
              0.02 * size + noise,
            );
          }
          for (const one of parameters) one.clearGrad();
        }
        tap.release();
        for (const { value } of factors) value.release();
      }
      for (const one of weights.values()) one.release();
      lesson.release();
    });
  });
});

async function value(lossOf: (tape: Tape) => Variable): Promise<number> {
  const tape = new Tape(gpu, { recording: false });
  const [loss] = await scalarsOf(lossOf(tape));
  tape.release();
  return loss;
}

type Weights = ReadonlyMap<string, Tensor>;
type Batch = ReturnType<Lesson['minibatches']>[number];

function kroneckerLoss(tape: Tape, lesson: Lesson, w: Weights, stage: number, [a, b]: Parameter[], batch: Batch) {
  return lesson.loss(tape, batch, {
    weight: ({ name }) => tape.constant(w.get(name) as Tensor),
    hooks: { on: (on, at, x) => (at.place === 'tap' && at.stage === stage ? kronecker(on, x, a, b) : x) },
  });
}

function tapLoss(tape: Tape, lesson: Lesson, w: Weights, tap: LearnedTap, side: 'inputs' | 'weight', batch: Batch) {
  const made = tap.on(tape);
  const own = new Set(lesson.block.stages[tap.stage].linears.map(({ name }) => name));
  return lesson.loss(tape, batch, {
    weight: ({ name }) => {
      const weight = tape.constant(w.get(name) as Tensor);
      return side === 'weight' && own.has(name) ? made.weight(weight) : weight;
    },
    hooks: {
      on: (_, at, x) => (side === 'inputs' && at.place === 'tap' && at.stage === tap.stage ? made.inputs(x) : x),
    },
  });
}

describe('a lesson', () => {
  it('has nothing to lose where weights and inputs are the view’s own, or turned and turned back', async () => {
    await withRehearsal('qwen3', async (rehearsal) => {
      const lesson = await rehearsal.lesson();
      expect(lesson.quantizes).toBe(true);
      const weights = new Map<string, Tensor>();
      for (const linear of rehearsal.block.stages.flatMap(({ linears }) => linears)) {
        weights.set(linear.name, (await rehearsal.weight(linear)) as Tensor);
      }
      const [batch] = lesson.minibatches(6);
      const plain = { weight: ({ name }: { name: string }) => new Tape(gpu).constant(weights.get(name) as Tensor) };
      expect(await value((tape) => lesson.loss(tape, batch, plain))).toBe(0);
      const zeros = [...weights.values()].map((w) => [w, Tensor.zeros(gpu, w.rows, w.cols)] as const);
      const none = { weight: ({ name }: { name: string }) => new Tape(gpu).constant(zeroOfWeight(name)) };
      const zeroOfWeight = (name: string) => zeros.find(([w]) => w === weights.get(name))?.[1] as Tensor;
      const all = await value((tape) => lesson.loss(tape, batch, none));
      const taps = (await startsOf(rehearsal, { start: 'orthogonal', diagonal: true, seed: 1 })).map(
        (start) => new LearnedTap(gpu, start),
      );
      const turned = await value((tape) => {
        const made = taps.map((tap) => tap.on(tape));
        const stageOf = (name: string) =>
          rehearsal.block.stages.findIndex(({ linears }) => linears.some((linear) => linear.name === name));
        return lesson.loss(tape, batch, {
          weight: ({ name }) => made[stageOf(name)].weight(tape.constant(weights.get(name) as Tensor)),
          hooks: { on: (_, at, x) => (at.place === 'tap' ? made[at.stage].inputs(x) : x) },
        });
      });
      expect(Math.sqrt(turned / all)).toBeLessThan(1e-5);
      for (const tap of taps) tap.release();
      for (const [w, zero] of zeros) for (const tensor of [w, zero]) tensor.release();
      lesson.release();
    });
  });
});

describe('a whole run', () => {
  it.each(['qwen2', 'dit'] as const)('of %s comes out the same again, and where it was cancelled', async (name) => {
    await expectSteady(gpu, name, [W3A4({ ...SHORT, epochs: 1, batch: 6 })]);
  });

  it('has a view for each way of rounding that it learns against, behind a rotation too', async () => {
    const rotate = { step: 'rotate', options: { matrix: 'orthogonal', online: 'down' } };
    const own = { step: 'affine', options: { ...SHORT, epochs: 1 } };
    const weights = { step: 'rtn', options: { bits: 4 } };
    const ran = await runPipelines(gpu, 'llama-linear-biased', [
      [rotate, own, weights],
      [rotate, own, { step: 'activations', options: { bits: 4, ranges: 'static' } }, weights],
    ]);
    expect(ran.prepared.rows.map(({ view }) => view)).toEqual([0, 1, 2]);
    for (const view of ran.result.views ?? []) expect(view.kl).toBeLessThan(1e-8);
  });
});
