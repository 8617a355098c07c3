/**
 * How much GPU memory a training step will take, said before it runs: a step on one window (or two sizes of it) is measured on the
 * tape, and what grows with the windows is drawn out to their number. Shapes alone would do, but only a run knows what every operation
 * keeps; one window costs little.
 *
 *   const one = measureTape(gpu, 1, parameters, (tape) => lossOf(tape, firstWindow));
 *   planTape({ measured: [one], windows: 32, parameters, slots: rule.slots }).bytes
 */
import type { Gpu } from '../gpu/gpu';
import { Tape, type Parameter, type Variable } from './tape';

/** What a tape held at most, for a number of windows. */
export interface TapeMeasure {
  readonly windows: number;
  /** Tape.peakBytes: intermediates and their gradients, without parameters and theirs. */
  readonly bytes: number;
}

export interface TapeRequest {
  /**
   * One measure is drawn out in proportion, which is never too little; two of different sizes also tell what does not grow with the
   * windows (decoded weights, their gradients).
   */
  readonly measured: readonly TapeMeasure[];
  readonly windows: number;
  readonly parameters: readonly Parameter[];
  /** State tensors a parameter (UpdateRule.slots). */
  readonly slots: number;
  /** Whether a Snapshot is held; default no. */
  readonly snapshot?: boolean;
}

/** Bytes by what they are for. */
export interface TapePlan {
  readonly bytes: number;
  readonly parts: {
    readonly intermediates: number;
    readonly parameters: number;
    readonly gradients: number;
    readonly optimizer: number;
    readonly snapshot: number;
    /** What the buffer pool rounds up to its size classes: a fifth of the rest on average, never more than half. */
    readonly rounding: number;
  };
}

/** The pool's classes are powers of two and their midpoints: over evenly spread sizes they add 18 %. */
const ROUNDING = 0.2;

/** Runs a step's forward and backward pass once and tells what its tape held; the parameters' gradients are cleared. */
export function measureTape(
  gpu: Gpu,
  windows: number,
  parameters: readonly Parameter[],
  lossOf: (tape: Tape) => Variable,
): TapeMeasure {
  const tape = new Tape(gpu);
  try {
    tape.backward(lossOf(tape));
    return { windows, bytes: tape.peakBytes };
  } finally {
    tape.release();
    for (const parameter of parameters) parameter.clearGrad();
  }
}

export function planTape({ measured, windows, parameters, slots, snapshot = false }: TapeRequest): TapePlan {
  const values = parameters.reduce((sum, { value }) => sum + value.bytes, 0);
  const needed = {
    intermediates: Math.round(drawnOut(measured, windows)),
    parameters: values,
    gradients: values,
    optimizer: slots * values,
    snapshot: snapshot ? (1 + slots) * values : 0,
  };
  const sum = Object.values(needed).reduce((a, b) => a + b, 0);
  const rounding = Math.round(ROUNDING * sum);
  return { bytes: sum + rounding, parts: { ...needed, rounding } };
}

/** Bytes at `windows` on the line through two measures, or through one and zero. */
function drawnOut(measured: readonly TapeMeasure[], windows: number): number {
  const [first, second] = measured;
  if (!first || (second && second.windows === first.windows))
    throw new Error('bug: measures of a tape at no two sizes');
  if (!second) return (first.bytes / first.windows) * windows;
  const slope = Math.max(0, (second.bytes - first.bytes) / (second.windows - first.windows));
  return first.bytes + slope * (windows - first.windows);
}
