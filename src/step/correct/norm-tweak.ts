/**
 * Norm tweaking (Li et al. 2024, arXiv:2309.02784, after its abstract): Adam on the gains and biases of a block's norms, all weights as they
 * were quantized, by what the block's outputs ỹ on the row's own stream are off y, those of full precision, channel by channel:
 *
 *   L = Σ_c (|E[ỹ_c] − E[y_c]| + |Var[ỹ_c] − Var[y_c]|) / C      over the tokens of a step's windows
 *
 * or by the mean square of ỹ − y. The rate of block i of n is rate · (1 + growth · i / (n − 1)). After every epoch the loss over all windows is
 * looked at with the norms as the source's type will hold them, and the least one's are kept: where it only rises, those of before.
 */
import { StudioError } from '../../base/errors';
import { meanSquare, scalarsOf, weightedSum } from '../../gradient/loss';
import { measureTape } from '../../gradient/memory';
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { Tape, type Parameter, type Variable } from '../../gradient/tape';
import { addBias } from '../../tensor/bias';
import { scaleBy, scaleColumns } from '../../tensor/elementwise';
import { ColumnObserver } from '../../tensor/observers';
import { Tensor } from '../../tensor/tensor';
import type { CorrectStep, Minibatch, SolvedBlock, StepState } from '../step';

type Vectors = ReadonlyMap<string, Float32Array<ArrayBuffer>>;

export const normTweak: CorrectStep = {
  async mend(solved, options) {
    const epochs = Number(options.epochs);
    if (epochs === 0) return { arrays: {}, numbers: { start: 0, best: 0, last: 0, epoch: 0, epochs } };
    const batches = await batchesOf(solved, Number(options.batch));
    const lossOf = LOSSES[String(options.loss)];
    const whole = () => meanLoss(solved, batches, lossOf);
    const { block, count, norms, gpu } = solved;
    const rate = Number(options.rate) * (1 + (Number(options.growth) * block.index) / Math.max(1, count - 1));
    const before = await valuesOf(norms);
    const start = await whole();
    let best: { readonly loss: number; readonly epoch: number; readonly norms: Vectors } = {
      loss: start,
      epoch: 0,
      norms: before,
    };
    let [last, done] = [start, 0];
    const optimizer = new Optimizer(gpu, adamW({ decay: 0 }), [...norms.values()]);
    try {
      for (let epoch = 1; epoch <= epochs; epoch++) {
        let sound = true;
        for (const batch of batches) {
          solved.check();
          sound &&= await stepped(optimizer, solved, batch, lossOf, rate);
        }
        const moved = await valuesOf(norms);
        const stored = new Map([...moved].map(([name, values]) => [name, solved.stored(name, values)] as const));
        put(norms, stored);
        last = sound ? await whole() : NaN;
        if (!Number.isFinite(last)) break;
        done = epoch;
        if (last < best.loss) best = { loss: last, epoch, norms: stored };
        put(norms, moved);
      }
    } finally {
      optimizer.clearGradients();
      optimizer.release();
    }
    const numbers = {
      start,
      best: best.loss,
      last: Number.isFinite(last) ? last : start,
      epoch: best.epoch,
      epochs: done,
    };
    put(norms, best.norms);
    // Where nothing was better there is nothing to put in their place.
    return { arrays: best.epoch === 0 ? {} : Object.fromEntries(best.norms), numbers };
  },
  told: toldOf,
};

function toldOf({ numbers: { start, best, last, epoch, epochs } }: StepState): string {
  if (epoch === 0) return epochs === 0 ? 'norms stay as they are' : 'the loss only rose: norms stay as they are';
  const moved = `loss ${start.toPrecision(3)} → ${best.toPrecision(3)} in epoch ${epoch} of ${epochs}`;
  return best < last ? `${moved}, ${last.toPrecision(3)} at the end: the best is kept` : moved;
}

/** A block's outputs on some windows, piece by piece, beside those of full precision. */
type Pieces = ReturnType<SolvedBlock['outputs']>;
type Loss = (tape: Tape, pieces: Pieces) => Promise<Variable>;

const LOSSES: Readonly<Record<string, Loss>> = {
  distribution: distributionLoss,
  outputs: (tape, pieces) => Promise.resolve(squares(tape, pieces)),
};

function squares(tape: Tape, pieces: Pieces): Variable {
  const rows = pieces.map(({ own }) => own.value.rows);
  const all = rows.reduce((sum, height) => sum + height, 0);
  return weightedSum(
    tape,
    pieces.map(({ own, full }) => meanSquare(tape, own, full)),
    rows.map((height) => height / all),
  );
}

/** Σ_c (|E[ỹ_c] − E[y_c]| + |Var[ỹ_c] − Var[y_c]|) / C: with ∂L/∂ỹ_tc = (sign ΔE_c + 2·sign ΔVar_c·(ỹ_tc − E[ỹ_c])) / (C·T). */
export async function distributionLoss(tape: Tape, pieces: Pieces): Promise<Variable> {
  const [own, full] = await Promise.all([
    momentsOf(pieces.map((piece) => piece.own.value)),
    momentsOf(pieces.map((piece) => piece.full)),
  ]);
  const { length: channels } = own.mean;
  const share = 1 / (channels * own.rows);
  const off = (of: 'mean' | 'variance') => own[of].map((value, c) => value - full[of][c]);
  const [means, variances] = [off('mean'), off('variance')];
  const slopes = variances.map((value) => 2 * share * Math.sign(value));
  const shifts = means.map((value, c) => share * Math.sign(value) - slopes[c] * own.mean[c]);
  const loss = [...means, ...variances].reduce((sum, value) => sum + Math.abs(value), 0) / channels;
  const row = (values: Float64Array) => tape.keep(Tensor.from(tape.gpu, 1, channels, Float32Array.from(values)));
  const [slope, shift] = [row(slopes), row(shifts)];
  const outputs = pieces.map((piece) => piece.own);
  return tape.record(Tensor.from(tape.gpu, 1, 1, [loss], 'loss'), outputs, (g) =>
    outputs.map(({ value }) => {
      const seed = value.clone('gradient');
      scaleColumns(seed, slope);
      addBias(seed, shift);
      const scaled = scaleBy(g, 1, seed);
      seed.release();
      return scaled;
    }),
  );
}

interface Moments {
  readonly rows: number;
  readonly mean: Float64Array;
  readonly variance: Float64Array;
}

/** By column, over the rows of all. */
async function momentsOf(tensors: readonly Tensor[]): Promise<Moments> {
  const observer = new ColumnObserver();
  try {
    for (const x of tensors) observer.add(x);
    const { rows, mean, meanSquare: square } = await observer.read();
    const means = Float64Array.from(mean);
    return { rows, mean: means, variance: means.map((value, c) => square[c] - value ** 2) };
  } finally {
    observer.release();
  }
}

/** Goes one step; false where the loss is no number, and nothing was changed. */
async function stepped(
  optimizer: Optimizer,
  solved: SolvedBlock,
  batch: Minibatch,
  lossOf: Loss,
  rate: number,
): Promise<boolean> {
  const tape = new Tape(solved.gpu);
  try {
    const loss = await lossOf(tape, solved.outputs(tape, batch));
    const [value] = await scalarsOf(loss);
    if (!Number.isFinite(value)) return false;
    // Nothing is lost, and nothing says where to go.
    if (value === 0) return true;
    tape.backward(loss);
  } finally {
    tape.release();
  }
  optimizer.step(rate);
  optimizer.clearGradients();
  return true;
}

/** The mean over all windows, of each step's. */
async function meanLoss(solved: SolvedBlock, batches: readonly Minibatch[], lossOf: Loss): Promise<number> {
  let [sum, windows] = [0, 0];
  for (const batch of batches) {
    solved.check();
    const tape = new Tape(solved.gpu, { recording: false });
    try {
      const [loss] = await scalarsOf(await lossOf(tape, solved.outputs(tape, batch)));
      const count = batch.reduce((all, piece) => all + piece.windows, 0);
      sum += loss * count;
      windows += count;
    } finally {
      tape.release();
    }
  }
  return sum / windows;
}

/** As many windows a step as are asked for, or half of them, a quarter … where GPU memory does not reach. */
async function batchesOf(solved: SolvedBlock, most: number): Promise<readonly Minibatch[]> {
  const { gpu, norms, block } = solved;
  const parameters = [...norms.values()];
  for (let windows = most; windows >= 1; windows = Math.floor(windows / 2)) {
    const batches = solved.minibatches(windows);
    const fits = await gpu.attempt(() =>
      measureTape(gpu, windows, parameters, (tape) => squares(tape, solved.outputs(tape, batches[0]))),
    );
    if (fits) return batches;
  }
  throw new StudioError(
    'QS-GPU-05',
    `Out of GPU memory: moving the norms of ${block.name} does not fit with one window a step; use shorter windows, or 0 epochs.`,
  );
}

async function valuesOf(norms: ReadonlyMap<string, Parameter>): Promise<Vectors> {
  const entries = [...norms].map(async ([name, { value }]) => [name, Float32Array.from(await value.read())] as const);
  return new Map(await Promise.all(entries));
}

function put(norms: ReadonlyMap<string, Parameter>, vectors: Vectors): void {
  for (const [name, norm] of norms) {
    const values = vectors.get(name);
    if (!values) throw new Error(`bug: ${name} is none of the norms`);
    norm.assign(values);
  }
}
