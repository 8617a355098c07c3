/**
 * Serial-to-Parallel ("Efficiency Meets Fidelity", arXiv:2412.06661), as its abstract and its group's quantizers are read here:
 *
 *   weights  ŵ = s(clamp(round(w/s) + z, 0, 2^b − 1) − z) by the ends m ≤ 0 ≤ M of each row: s = (M − m)/(2^b − 1), z = round(−m/s)
 *   round    serial: the quantized network samples with all parameters fixed, and keeps every state that it meets;
 *            parallel: w, m and M, and the ranges of inputs by call, are trained on those states in any order (Trajectories)
 *
 * A weight whose code keeps turning is frozen at its mean level (oscillation.ts), which stands in for the paper's selective freezing.
 *
 * What a round ends with is looked at on held-out trajectories, and the best of all rounds is what comes out. AdamW without decay; rates fall by a
 * cosine within a round. The pipelines `parallel` and `serial` train on full precision's own states, in any order or from noise to picture.
 * Weights rows × cols; their ranges 2 · rows × 1, lows and then highs.
 */
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { Oscillation } from '../../gradient/optimizer/oscillation';
import { cosineRate } from '../../gradient/optimizer/schedule';
import { fakeQuant } from '../../gradient/fake-quant';
import { Parameter, type Tape, type Variable } from '../../gradient/tape';
import type { AffineTensor } from '../../quantizer/affine';
import type { ActivationFormat } from '../../tensor/activation-format';
import { fakeQuantize } from '../../tensor/fake-quant';
import type { Scalars } from '../../tensor/reduce';
import { Tensor } from '../../tensor/tensor';
import { decodeOnGpu } from '../finish';
import { rtn } from '../rtn';
import type { QuantizedLayer } from '../quantized-layer';
import type { TrainedLayer, Trainer, TrainingProblem, Trajectories } from '../training';
import { train, type Look, type Training } from './loop';
import type { Memory, Owner } from './memory';
import { serialToParallelOptions, type SerialToParallelOptions } from './serial-to-parallel-parameters';

export const trainSerialToParallel: Trainer = (problem, options, host) => {
  const { trajectories } = problem;
  if (!trajectories) throw new Error('bug: Serial-to-Parallel without trajectories');
  const own = serialToParallelOptions(options);
  return train(problem, host, (owner, memory) => SerialToParallel.start(problem, trajectories, own, owner, memory));
};

/** What is trained of a layer. */
interface LearntLayer {
  readonly name: string;
  readonly weight: Parameter;
  readonly ends: Parameter;
  /** What it moves by at first: shares of the mean step of its grid, and of the mean range. */
  readonly rates: { readonly weight: number; readonly ends: number };
  /** Which of its weights are frozen; null where none ever is. */
  readonly oscillation: Oscillation | null;
}

/** Turns a step, on a moving average of a hundred, above which a weight is frozen; of weights that turn every fourth step after fifteen. */
const FREEZE_ABOVE = 0.02;
const MOMENTUM = 0.99;

/** Everything that is trained, as it was at some step. */
type Copies = readonly Tensor[];

class SerialToParallel implements Training {
  readonly settledName = 'frozen';
  readonly steps: number;
  readonly looks: readonly number[];
  readonly #format: ActivationFormat;
  readonly #rate: (step: number) => number;

  private constructor(
    private readonly trajectories: Trajectories,
    private readonly options: SerialToParallelOptions,
    private readonly layers: readonly LearntLayer[],
    private readonly optimizer: Optimizer,
    private readonly memory: Memory,
    /** As they are sampled with in this round. */
    private readonly sampled: Copies,
    private readonly best: Copies,
  ) {
    const { rounds, steps, bits } = options;
    this.steps = rounds * steps;
    this.looks = Array.from({ length: rounds }, (_, i) => (i + 1) * steps);
    this.#format = formatOf(bits);
    this.#rate = cosineRate({ peak: 1, steps });
  }

  static async start(
    problem: TrainingProblem,
    trajectories: Trajectories,
    options: SerialToParallelOptions,
    owner: Owner,
    memory: Memory,
  ): Promise<SerialToParallel> {
    const { gpu } = problem;
    await trajectories.begin();
    const layers: LearntLayer[] = [];
    for (const layer of problem.layers) layers.push(await learntLayer(layer, options, owner));
    const ranges: { parameter: Parameter; rate: number }[] = [];
    for (const parameter of trajectories.ranges) {
      ranges.push({ parameter, rate: options.rangeRate * meanWidth(await parameter.value.read()) });
    }
    const trained = [
      ...layers.flatMap(({ weight, ends, rates, oscillation }) => [
        { parameter: weight, rate: rates.weight, mask: oscillation?.free },
        { parameter: ends, rate: rates.ends },
      ]),
      ...ranges,
    ];
    const optimizer = owner.own(new Optimizer(gpu, adamW({ decay: 0 }), trained));
    const values = trained.map(({ parameter }) => parameter.value);
    const copies = (what: string) => values.map((value) => owner.own(value.clone(what)));
    const [sampled, best] = [copies('as sampled'), copies('best')];
    for (const [what, tensors] of Object.entries({ values, sampled, best })) {
      tensors.forEach((tensor, i) => memory.hold(`${what}.${i}`, tensor));
    }
    layers.forEach(({ oscillation }, i) => {
      const kept = Object.entries(oscillation?.memory ?? {});
      for (const [what, tensor] of kept) memory.hold(`oscillation.${i}.${what}`, tensor);
    });
    memory.holdOptimizer('adamw', optimizer);
    const training = new SerialToParallel(trajectories, options, layers, optimizer, memory, sampled, best);
    await training.#collect();
    return training;
  }

  get watched(): readonly Tensor[] {
    return [...this.#values, ...this.optimizer.memory.tensors];
  }

  weights(tape: Tape): Variable[] {
    return this.layers.map(({ weight, ends }) => fakeQuant(tape, weight, this.#format, { ranges: ends }));
  }

  objective(_tape: Tape, loss: Variable): Variable {
    return loss;
  }

  update(step: number, factor: number): void {
    this.optimizer.step(factor * this.#rate(step % this.options.steps));
    this.optimizer.clearGradients();
    for (const { oscillation } of this.layers) oscillation?.observe();
  }

  /** How many weights are frozen. */
  look(scalars: Scalars): Look {
    const free = this.layers.flatMap(({ oscillation }) => (oscillation ? [oscillation.free] : []));
    const places = free.map((mask) => scalars.sumOfSquares(mask));
    const all = this.layers.reduce((sum, { weight: { value } }) => sum + value.rows * value.cols, 0);
    return {
      ranges: [],
      read(sums) {
        const trained = places.reduce((sum, place) => sum + sums[place], 0);
        return { settled: places.length === 0 ? 0 : 1 - trained / all, usageEntropy: null, ratios: null };
      },
    };
  }

  /** Behind a round: whether it is the best so far, and what the next one is trained on. */
  async decide(step: number): Promise<void> {
    const { steps, pipeline } = this.options;
    if (step === 0 || step % steps !== 0) return;
    const { numbers } = this.memory;
    const hard = this.hard();
    const stray = await this.trajectories.stray(hard);
    for (const weight of hard) weight.release();
    numbers.least ??= numbers.startLoss;
    if (stray < numbers.least) {
      numbers.least = stray;
      copyAll(this.#values, this.best);
    }
    if (step === this.steps || pipeline !== 'serial-to-parallel') return;
    numbers.round = step / steps;
    copyAll(this.#values, this.sampled);
    await this.#collect();
  }

  hard(): Tensor[] {
    return this.layers.map(({ weight, ends }) => this.#hard(weight.value, ends.value));
  }

  async finish(): Promise<QuantizedLayer[]> {
    copyAll(this.best, this.#values);
    const made: QuantizedLayer[] = [];
    for (const { weight, ends } of this.layers) {
      const q = this.#hard(weight.value, ends.value);
      const tensor = affineOf(await q.read(), await ends.value.read(), weight.value, this.options.bits);
      q.release();
      const { gpu } = weight.value;
      made.push({ tensor, q: decodeOnGpu(gpu, tensor), damping: null, retries: 0, note: null });
    }
    return made;
  }

  get #values(): Tensor[] {
    return this.optimizer.parameters.map(({ value }) => value);
  }

  #hard(weight: Tensor, ends: Tensor): Tensor {
    return fakeQuantize(weight, this.#format, { ranges: ends });
  }

  /** The minibatches of the round in work: with what it is sampled by, which need not be what is trained by now. */
  async #collect(): Promise<void> {
    const { pipeline } = this.options;
    const order = pipeline === 'serial' ? 'in turn' : 'mixed';
    if (pipeline !== 'serial-to-parallel') {
      await this.trajectories.collect({ weights: null, round: 0, order });
      return;
    }
    const now = this.#values.map((value) => value.clone('while sampling'));
    copyAll(this.sampled, this.#values);
    const hard = this.hard();
    try {
      await this.trajectories.collect({ weights: hard, round: this.memory.numbers.round ?? 0, order });
    } finally {
      copyAll(now, this.#values);
      for (const used of [...now, ...hard]) used.release();
    }
  }
}

function formatOf(bits: number): ActivationFormat {
  return { code: { kind: 'asymmetric', bits }, cells: { per: 'token' } };
}

/** Its weights, and the ends of their rows' ranges as plain rounding has them. */
async function learntLayer(
  { name, weight }: TrainedLayer,
  { bits, clip, weightRate, rangeRate, freezing }: SerialToParallelOptions,
  owner: Owner,
): Promise<LearntLayer> {
  const grid = { bits, clip, symmetric: false, groupSize: null, progressive: false };
  const { tensor, q } = await rtn.quantize({ weight, statistics: null }, grid);
  q.release();
  const { scales, zeros, codes, cols } = tensor as AffineTensor;
  const top = 2 ** bits - 1;
  const lows = scales.map((scale, r) => -scale * zeros[r]);
  const highs = scales.map((scale, r) => scale * (top - zeros[r]));
  const ends = Float32Array.from([...lows, ...highs]);
  const width = meanWidth(ends);
  const value = owner.own(weight.clone('trained weight'));
  const range = owner.own(Tensor.from(weight.gpu, ends.length, 1, ends, 'ends of ranges'));
  const levels = Float32Array.from(codes, (code, i) => code - zeros[Math.floor(i / cols)]);
  const limits = { bits, momentum: MOMENTUM, threshold: FREEZE_ABOVE };
  return {
    name,
    weight: new Parameter(value),
    ends: new Parameter(range),
    rates: { weight: (weightRate * width) / top, ends: rangeRate * width },
    oscillation: freezing === 'none' ? null : owner.own(new Oscillation(value, range, limits, levels)),
  };
}

/** Of ranges, lows and then highs; zero lies within each. */
function meanWidth(ends: Float32Array): number {
  const count = ends.length / 2;
  let sum = 0;
  for (let i = 0; i < count; i++) sum += Math.max(0, ends[count + i]) - Math.min(0, ends[i]);
  return sum / count;
}

/** Codes, scales and zero points of rounded weights, by the ends that they were rounded by. */
function affineOf(q: Float32Array, ends: Float32Array, { rows, cols }: Tensor, bits: number): AffineTensor {
  const top = 2 ** bits - 1;
  const scales = new Float32Array(rows);
  const zeros = new Uint8Array(rows);
  const codes = new Uint8Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    const [low, high] = [Math.min(0, ends[r]), Math.max(0, ends[rows + r])];
    // As the kernel has it where a row has no range at all.
    const [from, to] = low === 0 && high === 0 ? [-1, 1] : [low, high];
    scales[r] = Math.fround(Math.fround(to - from) / top);
    zeros[r] = Math.round(-from / scales[r]);
    for (let c = 0; c < cols; c++) {
      const code = Math.round(q[r * cols + c] / scales[r]) + zeros[r];
      codes[r * cols + c] = Math.min(Math.max(code, 0), top);
    }
  }
  const groupOf = new Uint32Array(cols);
  return { kind: 'affine', rows, cols, bits, symmetric: false, groups: 1, codes, scales, zeros, groupOf };
}

function copyAll(from: readonly Tensor[], to: readonly Tensor[]): void {
  from.forEach(({ gpu, buffer, bytes }, i) => gpu.copy(buffer, 0, to[i].buffer, 0, bytes));
}
