/** Problems, hosts and whole trainings for the tests of this room. */
import type { Gpu } from '../../gpu/gpu';
import { multiply, matrix, transpose, type Matrix } from '../../tensor/reference/matrix';
import { Tensor } from '../../tensor/tensor';
import { randomMatrix, upload } from '../../tensor/testing';
import type { QuantizedLayer } from '../quantized-layer';
import { defaultOptions, type Options, type Parameters } from '../parameters';
import { InputStatistics } from '../statistics';
import type { Trainer, TrainingHost, TrainingProblem, TrainingProgress, TrainingState } from '../training';
import { LOOK_EVERY } from './loop';
import { proxyProblem } from './proxy';
import { trainSsvq } from './ssvq';
import { SSVQ_PARAMETERS, VIMVQ_PARAMETERS, VQ4ALL_PARAMETERS, VQ4DIT_PARAMETERS } from './trained-parameters';
import { trainVimvq } from './vimvq';
import { trainVq4all } from './vq4all';
import { trainVq4dit } from './vq4dit';

/** Each method with options that finish soon. */
export const TRAINERS = {
  vq4dit: { trainer: trainVq4dit, ...quick(VQ4DIT_PARAMETERS, { codebookStep: 5e-3, calibrationSteps: 8 }) },
  vimvq: { trainer: trainVimvq, ...quick(VIMVQ_PARAMETERS, { hullEvery: 5, calibrationSteps: 8 }) },
  vq4all: { trainer: trainVq4all, ...quick(VQ4ALL_PARAMETERS, { candidates: 3 }) },
  ssvq: { trainer: trainSsvq, ...quick(SSVQ_PARAMETERS, { dim: 4, freezeEvery: 6 }) },
} as const;

export const TRAINER_NAMES = Object.keys(TRAINERS) as (keyof typeof TRAINERS)[];

function quick(parameters: Parameters, given: Options): { readonly options: Options } {
  return { options: { ...defaultOptions(parameters), codewords: 12, steps: 24, ...given } };
}

export interface TestLayer {
  readonly w: Matrix;
  readonly h: Matrix;
}

/** A weight and the second moments of correlated inputs. */
export function testLayer(rows: number, cols: number, seed: number): TestLayer {
  const x = multiply(randomMatrix(4 * cols, cols, seed), randomMatrix(cols, cols, seed + 1, cols ** -0.5));
  const h = multiply(transpose(x), x);
  return { w: randomMatrix(rows, cols, seed + 2, 0.1), h: matrix(cols, cols, Float32Array.from(h.data)) };
}

/** tr((W − Q) H (W − Q)ᵀ) / tr(W H Wᵀ) in float64. */
export function hessianError({ w, h }: TestLayer, q: ArrayLike<number>): number {
  const form = (d: Matrix) => {
    const product = multiply(d, h);
    return d.data.reduce((sum, value, i) => sum + value * product.data[i], 0);
  };
  return (
    form(
      matrix(
        w.rows,
        w.cols,
        w.data.map((value, i) => value - q[i]),
      ),
    ) / form(w)
  );
}

/** The layer proxy of a test layer, and what to give back afterwards. */
export async function testProblem(gpu: Gpu, { w, h }: TestLayer, statistics = true) {
  const weight = upload(gpu, w);
  const known = statistics ? InputStatistics.of(upload(gpu, h), null) : null;
  const problem = await proxyProblem({ weight, statistics: known });
  return {
    problem,
    weight,
    release: async () => {
      weight.release();
      await known?.release();
    },
  };
}

/** A host that keeps every state it is given. */
export class TestHost implements TrainingHost {
  /** Those after steps that decide, which do not depend on how fast steps are. */
  readonly states: TrainingState[] = [];
  /** The first one, after a single step. */
  first: TrainingState | null = null;
  readonly keepEvery = 0;

  constructor(readonly from: TrainingState | null = null) {}

  keep(state: TrainingState): Promise<void> {
    // As through a database: a copy that shares nothing.
    this.first ??= structuredClone(state);
    if (state.step % LOOK_EVERY === 0) this.states.push(structuredClone(state));
    return Promise.resolve();
  }
}

export interface Trained {
  /** After steps that decide, which do not depend on how fast steps are, and whatever carries a note. */
  readonly progress: TrainingProgress[];
  readonly layers: QuantizedLayer[];
  /** The layers' decoded weights; their tensors on the GPU have been given back. */
  readonly values: Float32Array[];
}

/** Trains to the end. */
export async function trainToEnd(
  trainer: Trainer,
  problem: TrainingProblem,
  options: Options,
  host: TrainingHost = new TestHost(),
): Promise<Trained> {
  const progress: TrainingProgress[] = [];
  const run = trainer(problem, options, host);
  for (;;) {
    const { done, value } = await run.next();
    if (!done) {
      if (value.step % LOOK_EVERY === 0 || value.step === value.steps || value.note) progress.push(value);
      continue;
    }
    const values: Float32Array[] = [];
    for (const { q } of value) {
      values.push(await q.read());
      q.release();
    }
    return { progress, layers: value, values };
  }
}

/** The codebook tensor of a layer. */
export function tensorOf({ tensor }: QuantizedLayer) {
  if (tensor.kind !== 'codebook') throw new Error(`a ${tensor.kind} tensor`);
  return tensor;
}

/** All of a matrix's entries alike. */
export function filled(gpu: Gpu, rows: number, cols: number, value: number): Tensor {
  return Tensor.from(gpu, rows, cols, new Float32Array(rows * cols).fill(value));
}
