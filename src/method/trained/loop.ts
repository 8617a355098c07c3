/**
 * The loop of all methods that train: minibatch after minibatch on the tape, and nothing that waits for the GPU within a step. Every few
 * steps the host looks (one wait): at the loss, at values that are not finite, and at what the method wants to know. When all is well
 * the state may be kept, and is copied, to be gone back to; when not, the training goes back to the last copy, halves its learning rates
 * and says so.
 *
 * Decisions and copies happen after fixed numbers of steps, and what is kept is such a copy, so that an interrupted training that is
 * taken up again ends with the same bits. Where steps are slow the host looks in between as well, for progress alone. A training whose
 * hard weights end worse than they began gives what it began with.
 */
import { StudioError } from '../../base/errors';
import type { ReadRange } from '../../gpu/gpu';
import { scalarsOf } from '../../gradient/loss';
import { Tape, type Variable } from '../../gradient/tape';
import { Scalars } from '../../tensor/reduce';
import { Tensor } from '../../tensor/tensor';
import { untiled } from '../../tensor/weight';
import { joinNotes } from '../codebook-notes';
import type { QuantizedLayer } from '../quantized-layer';
import type { TrainingHost, TrainingProblem, TrainingProgress, TrainingSnapshot } from '../training';
import { Memory, Owner } from './memory';

/** One method at work on one problem. What it has on the GPU belongs to the owner it was given. */
export interface Training {
  /** Steps in all. */
  readonly steps: number;
  /** Numbers of steps after which the host must look besides its usual ones. */
  readonly looks: readonly number[];
  readonly settledName: string;
  /** What must stay finite besides the loss. */
  readonly watched: readonly Tensor[];
  /** Codewords to tell of while they move; absent where none do. */
  readonly pictured?: Pictured;
  /** Effective weights, one a layer. */
  weights(tape: Tape, step: number): Variable[];
  /** What is differentiated, given the problem's loss. */
  objective(tape: Tape, loss: Variable, step: number): Variable;
  /** The step itself, once gradients are there, which it gives back; `factor` multiplies all learning rates. */
  update(step: number, factor: number): void;
  /** Launches what is to be looked at; sums go to `scalars`. */
  look(scalars: Scalars): Look;
  /** What follows from the last look, after `step` steps: after every LOOK_EVERY, after `looks`, and after the last one. */
  decide(step: number): void | Promise<void>;
  /** Hard weights as they stand, one a layer; the caller releases them. */
  hard(): Tensor[];
  finish(): Promise<QuantizedLayer[]>;
}

/** Makes a training: everything that is to be given back goes to `owner`, all that steps depend on is held by `memory`. */
export type StartTraining = (owner: Owner, memory: Memory) => Promise<Training>;

/** A layer by its name, and its codebook: 1 × (codewords · dim). */
export interface Pictured {
  readonly layer: string;
  readonly codebook: Tensor;
  readonly dim: number;
}

export interface Look {
  /** Read together with the loss. */
  readonly ranges: readonly ReadRange[];
  /** `sums`: all that was asked of the scalars, by its place; `bytes`: the ranges. Gives its buffers back. */
  read(sums: readonly number[], bytes: readonly ArrayBuffer[]): Seen;
}

export type Seen = Pick<TrainingProgress, 'settled' | 'usageEntropy' | 'ratios' | 'snapshot'>;

/** Steps between two looks that decide. */
export const LOOK_EVERY = 8;
/** How long the host goes without a look where steps are slow, so that pausing and closing take effect. */
const PATIENCE_MS = 1500;
/** Times that steps may be taken back in one training. */
export const MOST_ROLLBACKS = 6;
/** Codewords in one picture. */
const MOST_PICTURED = 1024;
/** Minibatches that hard weights are judged by. */
const JUDGED = 4;

export async function* train(
  problem: TrainingProblem,
  host: TrainingHost,
  start: StartTraining,
): AsyncGenerator<TrainingProgress, QuantizedLayer[]> {
  const { lossName } = problem;
  const judged = problem.judgeName ?? lossName;
  const owner = new Owner();
  const memory = owner.own(new Memory(problem.gpu, host.from));
  let unclaimed: QuantizedLayer[] = [];
  try {
    const training = await start(owner, memory);
    const { settledName, steps } = training;
    const one = owner.own(Tensor.from(problem.gpu, 1, 1, [1], 'one'));
    let step = host.from?.step ?? 0;
    let [factor, rollbacks] = [memory.numbers.factor ?? 1, memory.numbers.rollbacks ?? 0];
    let kept = { step, at: performance.now() };
    const say = (seen: Seen, loss: number, note: string | null): TrainingProgress => {
      return { step, steps, loss, lossName, settledName, ...seen, note };
    };
    if (!host.from) {
      memory.numbers.startLoss = await judge(problem, training.hard());
      const exact = problem.layers.map(({ weight }) => weight);
      memory.numbers.inherited = await judge(problem, exact, false);
      yield say((await look(problem, training, null)).seen, memory.numbers.startLoss, null);
    }
    Object.assign(memory.numbers, { step, factor, rollbacks });
    memory.take();
    let copied = step;
    let looked = { step, at: performance.now(), patience: 1 };
    while (step < steps) {
      const next = step + 1;
      const decides = next % LOOK_EVERY === 0 || next === steps || training.looks.includes(next);
      const looks = decides || next - looked.step >= looked.patience;
      const loss = oneStep(problem, training, step, { factor, one, looks });
      step = next;
      if (!loss) continue;
      const { seen, value, bad } = await look(problem, training, loss);
      const each = (performance.now() - looked.at) / (step - looked.step);
      const patience = Math.max(1, Math.floor(PATIENCE_MS / each));
      const broken = bad > 0 || !Number.isFinite(value);
      if (broken && !decides) {
        // Taken back where it is sure to be seen, however fast this machine is.
        looked = { step, at: performance.now(), patience };
        continue;
      }
      if (broken) {
        const what = bad > 0 ? `${bad} values became NaN or infinite` : `the loss became ${value}`;
        if (++rollbacks > MOST_ROLLBACKS) {
          throw new StudioError(
            'QS-NUM-02',
            `training failed at step ${step} of ${steps}: ${what}, even with 1/${1 / factor} of the learning rates.`,
            { step, rollbacks },
          );
        }
        const failed = step;
        memory.goBack();
        step = memory.numbers.step;
        factor /= 2;
        yield say(seen, value, `By step ${failed} ${what}: back to step ${step} with half the learning rates.`);
        looked = { step, at: performance.now(), patience };
        continue;
      }
      if (decides) {
        await training.decide(step);
        Object.assign(memory.numbers, { step, factor, rollbacks });
        memory.take();
        copied = step;
      }
      const wanted = host.keepNow?.() || performance.now() - kept.at >= host.keepEvery;
      if (wanted && copied > kept.step) {
        await host.keep(await memory.read(copied));
        kept = { step: copied, at: performance.now() };
      }
      yield say(seen, value, null);
      looked = { step, at: performance.now(), patience };
    }
    unclaimed = await training.finish();
    const { startLoss } = memory.numbers;
    const end = await judge(problem, weightsOf(unclaimed), false);
    const note = worse(startLoss, end, judged);
    if (note !== null) {
      for (const { q } of unclaimed.splice(0)) q.release();
      unclaimed = await (await start(owner, owner.own(new Memory(problem.gpu, null)))).finish();
    }
    yield say((await look(problem, training, null)).seen, note === null ? end : startLoss, null);
    const results = unclaimed.map((layer) => ({ ...layer, note: joinNotes(layer.note, note) }));
    unclaimed = [];
    return results;
  } finally {
    for (const { q } of unclaimed) q.release();
    owner.release();
  }
}

interface StepSettings {
  /** Of all learning rates. */
  readonly factor: number;
  /** 1 × 1: where going back begins. Kept, so that a step uploads nothing. */
  readonly one: Tensor;
  readonly looks: boolean;
}

/** Launches a step. Its loss, which is the caller's, where it is to be looked at. */
function oneStep(
  problem: TrainingProblem,
  training: Training,
  step: number,
  { factor, one, looks }: StepSettings,
): Tensor | null {
  const tape = new Tape(problem.gpu);
  try {
    const loss = problem.loss(tape, step % problem.batches, training.weights(tape, step));
    const objective = training.objective(tape, loss, step);
    if (objective.needsGrad) tape.backward(objective, one);
    training.update(step, factor);
    return looks ? loss.value.clone('loss') : null;
  } finally {
    tape.release();
  }
}

/** One wait: the loss, which is given back, how many watched values are not finite, and what the method looks at. */
async function look(problem: TrainingProblem, training: Training, loss: Tensor | null) {
  const { gpu } = problem;
  const scalars = new Scalars(gpu);
  const places = training.watched.map((tensor) => scalars.nonFiniteCount(tensor));
  const { ranges, read } = training.look(scalars);
  const picture = training.pictured ?? null;
  const first = [
    ...(loss ? [{ buffer: loss.buffer, bytes: 4 }] : []),
    ...(picture ? [{ buffer: picture.codebook.buffer, bytes: 4 * shown(picture) * picture.dim }] : []),
  ];
  const [sums, bytes] = await Promise.all([scalars.read(), gpu.read(...first, ...ranges)]);
  loss?.release();
  return {
    seen: {
      ...read(sums, bytes.slice(first.length)),
      snapshot: picture && snapshotOf(picture, new Float32Array(bytes[first.length - 1])),
    },
    value: loss ? new Float32Array(bytes[0])[0] : Number.NaN,
    bad: places.reduce((count, place) => count + sums[place], 0),
  };
}

function shown({ codebook, dim }: Pictured): number {
  return Math.min(codebook.cols / dim, MOST_PICTURED);
}

/** The first two values of each codeword. */
function snapshotOf(picture: Pictured, codebook: Float32Array): TrainingSnapshot {
  const { layer, dim } = picture;
  const codewords = new Float32Array(2 * shown(picture));
  for (let k = 0; k < shown(picture); k++) codewords.set(codebook.subarray(k * dim, k * dim + Math.min(dim, 2)), 2 * k);
  return { layer, codewords };
}

const weightsOf = (layers: readonly QuantizedLayer[]) => layers.map(({ q }) => untiled(q));

/** The mean loss of hard weights over some minibatches, spread over all; releases the weights unless told otherwise. */
export async function judge(problem: TrainingProblem, weights: readonly Tensor[], release = true): Promise<number> {
  const tape = new Tape(problem.gpu, { recording: false });
  try {
    if (problem.judge) return await problem.judge(weights);
    const count = Math.min(JUDGED, problem.batches);
    const batches = Array.from({ length: count }, (_, i) => Math.floor((i * problem.batches) / count));
    const constants = weights.map((weight) => tape.constant(weight));
    const losses = await scalarsOf(...batches.map((batch) => problem.loss(tape, batch, constants)));
    return losses.reduce((sum, loss) => sum + loss, 0) / losses.length;
  } finally {
    tape.release();
    if (release) for (const weight of weights) weight.release();
  }
}

function worse(start: number, end: number, lossName: string): string | null {
  if (end <= start) return null;
  return `Training did not help (${lossName} ${short(end)} after it, ${short(start)} before): what it began with was kept.`;
}

export function short(value: number): string {
  return String(Number(value.toPrecision(4)));
}
