/**
 * The whole of a diffusion network as a training problem along its own trajectories (Trajectories in src/method/training.ts): what weights and
 * ranges meet as they sample becomes minibatches, of which full precision says what should stand at the output and behind every block.
 */
import { Random } from '../base/random';
import { Parameter } from '../gradient/tape';
import type { StatesWanted, Trajectories, TrainingProblem } from '../method/training';
import { inTurn, type Hooks } from '../model/hooks';
import type { Linear } from '../model/architecture';
import { codeByStep, filled } from '../step/activations/by-step';
import { CallRows, fakeQuantByCall } from '../step/activations/step-ranges';
import type { RunRow } from '../recipe/rows';
import { cellRanges } from '../tensor/fake-quant';
import { Tensor } from '../tensor/tensor';
import { stepOf, quantizerKey } from './row-work';
import type { NetworkOnTape } from './network-on-tape';
import type { RunHost } from './prepared-run';
import type { TrajectorySampler } from './trajectory-sampler';

/** Trajectories that a training is judged by, which it never trains on. */
const HELD_OUT_IMAGES = 8;
/** Added to a training's seed for them; rounds have the numbers from 0 on. */
const HELD_OUT_SEED = 1_000_003;

/** A stage whose inputs are rounded by the call. */
interface Tap {
  readonly block: number;
  readonly stage: number;
  readonly ranges: Parameter;
}

export class TrajectoryTraining implements Trajectories {
  readonly #taps: readonly Tap[];
  readonly #rows: CallRows;
  readonly #quantizers: Hooks | null;
  /** Of full precision, once it has sampled. */
  #heldOut: readonly Float32Array[] | null = null;
  #windows = 1;

  /** `hooks`: what else acts while the network runs, before the quantizers of inputs. */
  constructor(
    private readonly host: RunHost,
    private readonly row: RunRow,
    private readonly network: NetworkOnTape,
    private readonly sampler: TrajectorySampler,
    private readonly hooks: Hooks | null,
  ) {
    const step = stepOf(row, 'activations');
    const byStep = step?.step === 'activations_by_step' ? step : null;
    const { calls } = sampler;
    this.#rows = new CallRows(host.gpu, calls);
    this.#taps = byStep
      ? network.blocks.flatMap(({ index, stages }) =>
          stages.map((_, stage) => {
            const ranges = new Parameter(Tensor.zeros(host.gpu, 2 * calls, 1, 'ranges by step'));
            return { block: index, stage, ranges };
          }),
        )
      : [];
    const places = new Map(this.#taps.map(({ block, stage, ranges }) => [`${block}/${stage}`, ranges]));
    const code = byStep && codeByStep(byStep.options);
    this.#quantizers = code && {
      on: (tape, { place, block, stage }, x, g) => {
        const ranges = place === 'rounded tap' ? places.get(`${block}/${stage}`) : undefined;
        return ranges ? fakeQuantByCall(tape, x, g, code, ranges, this.#rows) : x;
      },
    };
  }

  get ranges(): readonly Parameter[] {
    return this.#taps.map(({ ranges }) => ranges);
  }

  /** With so many states a minibatch. */
  problem(windows: number, sparing: boolean): TrainingProblem {
    this.#windows = windows;
    const features = Number(this.row.options.features);
    return this.network.problem(
      { hooks: inTurn(this.hooks, this.#quantizers), features, sparing },
      {
        trajectories: this,
        judge: (weights) => this.stray(weights),
        judgeName: 'distance of held-out trajectories',
      },
    );
  }

  async begin(): Promise<void> {
    const { host, sampler, network } = this;
    this.#rows.release();
    // What a step that was only tried has left.
    for (const { ranges } of this.#taps) ranges.clearGrad();
    this.#heldOut ??= (await this.#sample(null, HELD_OUT_IMAGES, this.#seedOf(HELD_OUT_SEED))).after;
    if (this.#taps.length === 0) return;
    const { before } = await this.#sample(null, this.#images, this.#seedOf(0));
    const seen = new Map<string, { low: (number | undefined)[]; high: (number | undefined)[] }>();
    for (const noisy of before) {
      host.control.check();
      // All images of one call: the least and the greatest of all of them.
      const [call] = noisy.calls;
      const kept: { readonly key: string; readonly ranges: Tensor }[] = [];
      const watch: Hooks = {
        on: (_, { place, block, stage }, x) => {
          if (place === 'rounded tap') {
            kept.push({ key: `${block}/${stage}`, ranges: cellRanges(x.value, { per: 'tensor' }) });
          }
          return x;
        },
      };
      const geometry = { windows: noisy.calls.length, length: network.length, calls: noisy.calls };
      network.pass(sampler.embed(noisy), geometry, inTurn(this.hooks, watch));
      for (const { key, ranges } of kept) {
        const [low, high] = await ranges.read();
        ranges.release();
        const own = seen.get(key) ?? { low: [], high: [] };
        seen.set(key, own);
        own.low[call] = low;
        own.high[call] = high;
      }
    }
    for (const { block, stage, ranges } of this.#taps) {
      const own = seen.get(`${block}/${stage}`);
      if (!own) throw new Error(`bug: stage ${stage} of block ${block} was not gone through`);
      ranges.assign(Float32Array.from([...filled(own.low), ...filled(own.high)]));
    }
  }

  async collect({ weights, round, order }: StatesWanted): Promise<void> {
    const { host, sampler, network } = this;
    const { before } = await this.#sample(weights, this.#images, this.#seedOf(round));
    const all = before.flatMap(({ calls }, set) => calls.map((_, image) => [set, image] as const));
    // Sets are in turn already, from noise to picture.
    const shuffled = new Random(this.#seedOf(round)).shuffled(all.length).map((i) => all[i]);
    const chosen = order === 'mixed' ? shuffled : all;
    network.forget();
    this.#rows.release();
    for (let first = 0; first < chosen.length; first += this.#windows) {
      host.control.check();
      const noisy = sampler.pick(before, chosen.slice(first, first + this.#windows));
      const geometry = { windows: noisy.calls.length, length: network.length, calls: noisy.calls };
      await network.teach(sampler.embed(noisy), geometry);
    }
  }

  async stray(weights: readonly Tensor[]): Promise<number> {
    if (!this.#heldOut) throw new Error('bug: nothing to be judged by');
    const { after } = await this.#sample(weights, HELD_OUT_IMAGES, this.#seedOf(HELD_OUT_SEED));
    const full = this.#heldOut;
    const squares = after.map((images, step) => {
      return images.reduce((sum, value, i) => sum + (value - full[step][i]) ** 2, 0) / images.length;
    });
    return squares.reduce((sum, square) => sum + square, 0) / squares.length;
  }

  /** Stores the ranges where the march will look for them. */
  async keep(): Promise<void> {
    for (const { block, stage, ranges } of this.#taps) {
      const values = Float32Array.from(await ranges.value.read());
      await this.host.store.saveState(quantizerKey(this.row, block, stage), {
        arrays: { ranges: values },
        numbers: {},
      });
    }
  }

  release(): void {
    for (const { ranges } of this.#taps) {
      ranges.clearGrad();
      ranges.value.release();
    }
    this.#rows.release();
  }

  get #images(): number {
    return Number(this.row.options.images);
  }

  #seedOf(round: number): number {
    return Number(this.row.options.seed) + round;
  }

  /** Full precision, or the network with such weights and the ranges as they are. */
  #sample(weights: readonly Tensor[] | null, images: number, seed: number) {
    const { network, hooks, sampler, host } = this;
    const places = new Map(network.linears.map(({ name }, i) => [name, i]));
    const check = () => host.control.check();
    if (!weights) {
      const full = ({ name }: Linear) => network.weights.get(name) ?? null;
      return sampler.sample({ weights: full, hooks }, images, seed, check);
    }
    const own = ({ name }: Linear) => weights[places.get(name) as number];
    return sampler.sample({ weights: own, hooks: inTurn(hooks, this.#quantizers) }, images, seed, check);
  }
}
