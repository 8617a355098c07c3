/**
 * Rotations learned on the whole network (learned-rotation.face.ts): R1 of the residual stream and R2 of each block's values, by Cayley SGD
 * (numerics/stiefel.ts), and scales of channels in their bases where those are asked for (learned-scales.ts), on what the network loses by the row's rounding, straight through. After each time through the windows, and at the
 * end, the loss over all of them is looked at, and the least one's matrices are what is kept: where it only rises, those of the start.
 */
import { cosineRate } from '../../gradient/optimizer/schedule';
import type { Options } from '../../method/parameters';
import { withHeadTransforms, withInnerTransforms } from '../../model/view/online';
import { readyToRotate, rotated, type RotationOptions } from '../../model/view/rotation';
import type { NetworkView } from '../../model/view/view';
import type { Learning, NetworkLesson, StepState, TransformStep } from '../step';
import { scaledPairs, withScales } from './learned-scales';
import { RotatedNetwork } from './rotated-network';
import { besideAsBest, bestIn, startState, turnsOf } from './rotation-state';
import { onlinePlaces } from './rotate.face';

export const learnedRotation: TransformStep = {
  async *learn({ gpu, view, lesson: open, from }, options) {
    if (options.steps === 0) return startState();
    const { view: ready, stream } = await readyToRotate(view);
    const base = withOnline(ready, options);
    const lesson = await open(base, Number(options.batch), options.loss as 'kl' | 'task');
    try {
      const weights = roundsWeights(lesson, options);
      if (!weights && !lesson.roundsInputs) return startState();
      const network = new RotatedNetwork({
        ...{ gpu, lesson, view: base, stream, options: rotationOf(options), weights },
        pairs: options.scales === true ? scaledPairs(base) : [],
      });
      try {
        return yield* learned(network, lesson, options, from);
      } finally {
        network.release();
      }
    } finally {
      lesson.release();
    }
  },

  async learned(view, options, state) {
    const turned = await rotated(view, rotationOf(options), turnsOf(state));
    return withOnline(withScales(turned, state), options);
  },

  told: ({ numbers: { start, best, last, step, steps } }) => {
    if (steps === 0) return 'as it starts: nothing is learned';
    const moved = `loss ${start.toPrecision(3)} → ${best.toPrecision(3)} in step ${step} of ${steps}`;
    return best < last ? `${moved}, ${last.toPrecision(3)} at the end: the best is kept` : moved;
  },
};

function rotationOf(options: Options): RotationOptions {
  return options as unknown as RotationOptions;
}

function withOnline(view: NetworkView, options: Options): NetworkView {
  const places = onlinePlaces(options);
  const inner = places.includes('down') ? withInnerTransforms(view) : view;
  return places.includes('head') ? withHeadTransforms(inner) : inner;
}

/** As published, rounding that a method will make up for is not learned against. */
function roundsWeights(lesson: NetworkLesson, { weights }: Options): boolean {
  const wanted = weights === 'auto' ? !(lesson.roundsInputs && lesson.solves) : weights === 'rounded';
  return wanted && lesson.roundsWeights;
}

async function* learned(
  network: RotatedNetwork,
  lesson: NetworkLesson,
  options: Options,
  from: StepState | null,
): AsyncGenerator<Learning, StepState> {
  const steps = Number(options.steps);
  const [rate, scaleRate] = [options.rate, options.scaleRate].map((peak) => cosineRate({ peak: Number(peak), steps }));
  if (from) network.restore(from);
  let numbers = from?.numbers ?? startNumbers(await meanLoss(network, lesson));
  let best = from ? bestIn(from) : await network.arrays();
  for (let done = numbers.steps; done < steps;) {
    const loss = await lesson.loss(done % lesson.batches.length, network.bindings, true);
    const sound = Number.isFinite(loss) && (await network.step(rate(done), scaleRate(done)));
    if (!sound) break;
    done++;
    numbers = { ...numbers, steps: done };
    if (done % lesson.batches.length === 0 || done === steps) {
      const last = await meanLoss(network, lesson);
      if (!Number.isFinite(last)) break;
      numbers = { ...numbers, last };
      if (last < numbers.best) {
        numbers = { ...numbers, best: last, step: done };
        best = await network.arrays();
      }
    }
    const [now, kept] = [numbers, best];
    yield {
      words: `step ${done} of ${steps}, loss ${loss.toPrecision(3)}`,
      state: async () => {
        const [own, moments] = [await network.arrays(), await network.moments()];
        return { arrays: { ...own, ...moments, ...besideAsBest(kept) }, numbers: now };
      },
    };
  }
  return { arrays: best, numbers };
}

function startNumbers(loss: number): StepState['numbers'] {
  return { start: loss, best: loss, last: loss, step: 0, steps: 0 };
}

/** Over all windows. */
async function meanLoss({ bindings }: RotatedNetwork, lesson: NetworkLesson): Promise<number> {
  let sum = 0;
  for (const [batch, windows] of lesson.batches.entries()) sum += windows * (await lesson.loss(batch, bindings, false));
  return sum / lesson.batches.reduce((all, windows) => all + windows, 0);
}
