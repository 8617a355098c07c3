/**
 * Affine transforms learned on a block (affine.face.ts; affine-parameters.ts): AdamW on the mean square of what the block's outputs are off
 * with the row's rounded weights and inputs, straight through, each step's loss divided by its own value as released. After every epoch the
 * loss over all windows is looked at, and the least one's matrices are what is kept: where it only rises, that is the start.
 */
import { StudioError } from '../../base/errors';
import { scalarsOf } from '../../gradient/loss';
import { measureTape } from '../../gradient/memory';
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { cosineRate } from '../../gradient/optimizer/schedule';
import { Tape, type Variable } from '../../gradient/tape';
import type { Options } from '../../method/parameters';
import type { Linear } from '../../model/model';
import { inTurn, type Hooks } from '../../model/hooks';
import { Tensor } from '../../tensor/tensor';
import type { Lesson, Minibatch, Rehearsal, TransformStep } from '../step';
import { LearnedTap } from './affine-parameters';
import { startsOf } from './affine-start';
import { fittedView, stateOf, type Learned } from './affine-state';

/** The learning rate's end, of its height. */
const LAST_RATE = 1e-3;

export const affine: TransformStep = {
  async fit(rehearsal, options) {
    const taps = (await startsOf(rehearsal, options)).map((start) => new LearnedTap(rehearsal.gpu, start));
    try {
      const lesson = options.epochs === 0 ? null : await rehearsal.lesson();
      try {
        return stateOf(lesson?.quantizes ? await learned(rehearsal, lesson, taps, options) : await unlearned(taps));
      } finally {
        lesson?.release();
      }
    } finally {
      for (const tap of taps) tap.release();
    }
  },
  fitted: fittedView,
  told: ({ numbers: { start, best, last, epoch, epochs } }) => {
    if (epochs === 0) return 'as it starts';
    const moved = `loss ${start.toPrecision(3)} → ${best.toPrecision(3)} in epoch ${epoch} of ${epochs}`;
    return best < last ? `${moved}, ${last.toPrecision(3)} at the end: the best is kept` : moved;
  },
};

async function unlearned(taps: readonly LearnedTap[]): Promise<Learned> {
  const values = await valuesOf(taps);
  return { taps: values, start: 0, best: 0, last: 0, epoch: 0, epochs: 0 };
}

function valuesOf(taps: readonly LearnedTap[]) {
  return Promise.all(taps.map((tap) => tap.values()));
}

async function learned(
  rehearsal: Rehearsal,
  lesson: Lesson,
  taps: readonly LearnedTap[],
  options: Options,
): Promise<Learned> {
  const { gpu } = rehearsal;
  const lossOf = (tape: Tape, minibatch: Minibatch) => blockLoss(tape, lesson, taps, minibatch);
  const parameters = taps.flatMap((tap) => tap.parameters);
  const epochs = Number(options.epochs);
  const batches = await batchesOf(rehearsal, lesson, taps, Number(options.batch), lossOf);
  const whole = () => meanLoss(gpu, batches, lossOf);
  const start = await whole();
  let kept: Learned = { taps: await valuesOf(taps), start, best: start, last: start, epoch: 0, epochs: 0 };
  const rate = cosineRate({
    peak: Number(options.rate),
    steps: epochs * batches.length,
    floor: Number(options.rate) * LAST_RATE,
  });
  const optimizer = new Optimizer(gpu, adamW(), parameters);
  try {
    for (let epoch = 1; epoch <= epochs; epoch++) {
      let sound = true;
      for (const [b, batch] of batches.entries()) {
        rehearsal.check();
        sound &&= await stepped(optimizer, (tape) => lossOf(tape, batch), rate((epoch - 1) * batches.length + b));
      }
      for (const tap of taps) await tap.bound(Number(options.condition));
      const last = sound ? await whole() : NaN;
      if (!Number.isFinite(last)) break;
      kept = { ...kept, last, epochs: epoch };
      if (last < kept.best) kept = { ...kept, best: last, epoch, taps: await valuesOf(taps) };
    }
  } finally {
    optimizer.clearGradients();
    optimizer.release();
  }
  return kept;
}

/** Goes one step; false where the loss is no number, and nothing was changed. */
async function stepped(optimizer: Optimizer, lossOf: (tape: Tape) => Variable, rate: number): Promise<boolean> {
  const { gpu } = optimizer;
  const tape = new Tape(gpu);
  try {
    const loss = lossOf(tape);
    const [value] = await scalarsOf(loss);
    if (!Number.isFinite(value)) return false;
    // Nothing is lost, and nothing says where to go.
    if (value === 0) return true;
    const seed = Tensor.from(gpu, 1, 1, [1 / value], 'seed');
    tape.backward(loss, seed);
    seed.release();
  } finally {
    tape.release();
  }
  optimizer.step(rate);
  optimizer.clearGradients();
  return true;
}

function blockLoss(tape: Tape, lesson: Lesson, taps: readonly LearnedTap[], minibatch: Minibatch): Variable {
  const made = new Map(taps.map((tap) => [tap.stage, tap.on(tape)]));
  const stored = new Map<string, Variable>();
  for (const { linear, stage } of linearsOf(lesson)) {
    const own = tape.constant(lesson.weight(linear));
    stored.set(linear.name, lesson.storedWeight(tape, linear, made.get(stage)?.weight(own) ?? own));
  }
  const turned: Hooks = { on: (_, { place, stage }, x) => (place === 'tap' && made.get(stage)?.inputs(x)) || x };
  return lesson.loss(tape, minibatch, {
    weight: ({ name }) => stored.get(name) as Variable,
    hooks: inTurn(turned, lesson.taps),
  });
}

function linearsOf({ block }: Lesson): { readonly linear: Linear; readonly stage: number }[] {
  return block.stages.flatMap(({ linears }, stage) => linears.map((linear) => ({ linear, stage })));
}

/** The mean over all windows. */
async function meanLoss(
  gpu: Rehearsal['gpu'],
  batches: readonly Minibatch[],
  lossOf: (tape: Tape, minibatch: Minibatch) => Variable,
): Promise<number> {
  let [sum, windows] = [0, 0];
  for (const batch of batches) {
    const tape = new Tape(gpu, { recording: false });
    const [loss] = await scalarsOf(lossOf(tape, batch));
    tape.release();
    const count = batch.reduce((all, piece) => all + piece.windows, 0);
    sum += loss * count;
    windows += count;
  }
  return sum / windows;
}

/** As many windows a step as are asked for, or half of them, a quarter … where GPU memory does not reach. */
async function batchesOf(
  { gpu, block }: Rehearsal,
  lesson: Lesson,
  taps: readonly LearnedTap[],
  most: number,
  lossOf: (tape: Tape, minibatch: Minibatch) => Variable,
): Promise<readonly Minibatch[]> {
  const parameters = taps.flatMap((tap) => tap.parameters);
  for (let windows = most; windows >= 1; windows = Math.floor(windows / 2)) {
    const batches = lesson.minibatches(windows);
    const fits = await gpu.attempt(() => measureTape(gpu, windows, parameters, (tape) => lossOf(tape, batches[0])));
    if (fits) return batches;
  }
  throw new StudioError(
    'QS-GPU-05',
    `Out of GPU memory: learning on ${block.name} does not fit with one window a step; use shorter windows, or 0 epochs.`,
  );
}
