/**
 * A row's second-order statistics of a stage's inputs, over the calibration chunks of its own stream as its layers see them: after a view's
 * online operations and the row's activation quantizer. Shapes as in src/method/statistics.ts.
 */
import type { Gpu } from '../gpu/gpu';
import type { EachInput } from '../measure/layer-errors';
import { faceOf } from '../method/catalogue';
import { scalarOptions } from '../method/parameters';
import { InputStatistics } from '../method/statistics';
import type { Linear } from '../model/architecture';
import type { RunRow } from '../recipe/rows';
import { STEP_FACES } from '../step/faces';
import type { BranchStatistics } from '../step/step';
import { scaleRows, subtract } from '../tensor/elementwise';
import { accumulateGram, mirror } from '../tensor/gram';
import { accumulateSquare } from '../tensor/matmul';
import { buffersOf, emptySquare, type Square } from '../tensor/panels';
import type { Tensor } from '../tensor/tensor';
import type { Chunk } from './chunks';
import { hessianBeyond, hessianLack } from './hessian-limit';
import type { RunHost } from './prepared-run';
import type { StreamStates } from './stream-states';
import type { Streams } from './streams';
import type { TokenWeights } from './token-weights';
import { mayExceed } from './weight-limit';

/** Bytes of a Hessian and a layer from which memory may run out: such layers are tried, on their own, rather than trusted to fit. */
const CAUTIOUS_BYTES = 2 ** 27;

/** Where inputs are read. */
export interface InputStreams {
  readonly states: StreamStates;
  readonly streams: Streams;
  readonly chunks: readonly Chunk[];
  /** Windows of calibration. */
  readonly windows: number;
  /** How much tokens count; left out: all the same. */
  readonly weights?: TokenWeights;
}

export interface FoundStatistics {
  readonly statistics: InputStatistics | null;
  /** Why there are none, though they were wanted. */
  readonly lack: string | null;
  /** Whether the stage's layers are to be tried rather than trusted to fit. */
  readonly cautious: boolean;
}

/** What a row asks of its inputs' statistics. */
export interface WantedStatistics {
  /** The factor of H is launched for all siblings at once; whether it holds is read with the first one's codes. */
  readonly factors: boolean;
  readonly drift: boolean;
}

/** Null statistics where the row's method cannot work on a Hessian this large, or GPU memory does not reach. */
export async function findStatistics(
  host: RunHost,
  inputs: InputStreams,
  row: RunRow,
  linears: readonly Linear[],
  { factors, drift }: WantedStatistics,
): Promise<FoundStatistics> {
  const { gpu, hessianBytes } = host;
  const { cols } = linears[0];
  const lack =
    hessianBytes === undefined ? hessianLack(cols, row, gpu.buffers.panelBytes) : hessianBeyond(cols, hessianBytes);
  const heaviest = Math.max(...linears.map(({ rows }) => rows)) * cols;
  const cautious =
    4 * (cols ** 2 + heaviest) >= (host.cautiousBytes ?? CAUTIOUS_BYTES) ||
    linears.some((linear) => mayExceed(linear, row, gpu.buffers.largest));
  if (lack) return { statistics: null, lack, cautious };
  const collected = () => {
    const statistics = collect(gpu, inputs, row, cols, drift);
    const { damping, actOrder } = scalarOptions(row.options);
    if (factors) statistics.working(damping, actOrder);
    return statistics;
  };
  const statistics = cautious ? await gpu.attempt(collected) : collected();
  return { statistics, lack: statistics ? null : 'GPU memory did not reach for its Hessian.', cautious };
}

/** What a row's Hessian is made of, a chunk at a time. */
export function inputsOf({ states, streams, chunks }: InputStreams, row: RunRow): EachInput {
  return (body) => {
    for (const [c, chunk] of chunks.entries()) {
      if (!chunk.heldOut) states.peekTap(streams.of(row), c, body);
    }
  };
}

/** Whether a row's method, or a step beside it, is given how far its inputs have drifted. */
export function wantsDrift({ method, steps }: Pick<RunRow, 'method' | 'steps'>): boolean {
  return (
    faceOf(method).needs.drift || steps.some(({ step, options }) => STEP_FACES[step].needsDrift?.(options) === true)
  );
}

/**
 * What factors beside a row's codes read of a stage, where the row keeps its inputs as they were before they were rounded; null where GPU
 * memory does not reach.
 */
export async function findBranchStatistics(
  { gpu }: Pick<RunHost, 'gpu'>,
  inputs: InputStreams,
  row: RunRow,
  { cols }: Linear,
  cautious: boolean,
): Promise<BranchStatistics | null> {
  const collected = () => collectBranch(gpu, inputs, row, cols);
  return cautious ? gpu.attempt(collected) : collected();
}

/** As InputStatistics.abandon. */
export function abandonBranch({ inputs, rounding }: BranchStatistics): void {
  inputs.abandon();
  for (const buffer of rounding ? buffersOf(rounding) : []) inputs.hessian.gpu.buffers.releaseHeld(buffer);
}

function collectBranch(gpu: Gpu, inputs: InputStreams, row: RunRow, cols: number): BranchStatistics {
  const { states, streams } = inputs;
  const hessian = emptySquare(gpu, cols, 'Hessian of a branch');
  const drift = wantsDrift(row) ? emptySquare(gpu, cols, 'drift of a branch') : null;
  const rounding = drift && emptySquare(gpu, cols, 'rounding of inputs');
  accumulate(inputs, row, hessian, (c, body) => states.peekKeptTap(streams.of(row), c, body), [
    ...(drift ? [driftInto(drift, inputs, row)] : []),
    ...(rounding
      ? [
          {
            sum: rounding,
            of: (c: number, given: Tensor) => states.peekTap(streams.of(row), c, (seen) => subtract(given, seen)),
          },
        ]
      : []),
  ]);
  return { inputs: InputStatistics.of(hessian, drift), rounding };
}

/** H, and D where it is asked for, over the calibration chunks. */
function collect(gpu: Gpu, inputs: InputStreams, row: RunRow, cols: number, drifted: boolean): InputStatistics {
  const { states, streams } = inputs;
  const hessian = emptySquare(gpu, cols, 'Hessian');
  const drift = drifted ? emptySquare(gpu, cols, 'drift') : null;
  accumulate(
    inputs,
    row,
    hessian,
    (c, body) => states.peekTap(streams.of(row), c, body),
    drift ? [driftInto(drift, inputs, row)] : [],
  );
  return InputStatistics.of(hessian, drift);
}

/** A sum beside H: Δᵀ·X over the calibration chunks, Δ by its chunk and X, the caller's. */
interface CrossMoment {
  readonly sum: Square;
  of(c: number, x: Tensor): Tensor;
}

/** How far the full-precision stream is from X. */
function driftInto(sum: Square, { states, streams }: InputStreams, row: RunRow): CrossMoment {
  return { sum, of: (c, x) => states.peekTap(streams.reference(row), c, (full) => subtract(full, x)) };
}

/** Second moments over the calibration chunks, of the inputs that `peek` shows; n is the number of windows. */
function accumulate(
  { chunks, windows, weights }: InputStreams,
  row: RunRow,
  hessian: Square,
  peek: (c: number, body: (x: Tensor) => void) => void,
  crosses: readonly CrossMoment[],
): void {
  const alpha = 2 / windows;
  let beta = 0;
  for (const [c, chunk] of chunks.entries()) {
    if (chunk.heldOut) continue;
    peek(c, (given) => {
      // What steers a block has one row a window, and no tokens to weigh.
      const roots = weights?.of(row, c) ?? null;
      const own = roots?.cols === given.rows ? weighted(given, roots) : given;
      accumulateGram(hessian, own, alpha, beta);
      for (const { sum, of } of crosses) {
        const deviation = of(c, given);
        if (roots && own !== given) scaleRows(deviation, roots);
        accumulateSquare(deviation, own, sum, { alpha, beta });
        deviation.release();
      }
      if (own !== given) own.release();
    });
    beta = 1;
  }
  mirror(hessian);
}

/** √ρ·x: its Gram matrix is that of tokens that count ρ. */
function weighted(x: Tensor, roots: Tensor): Tensor {
  const scaled = x.clone('weighted inputs');
  scaleRows(scaled, roots);
  return scaled;
}
