/**
 * How a backward kernel is checked: against central differences of the float64 twin of the forward pass.
 *
 * The scalar is L = Σ R ⊙ f(inputs) with a fixed random R, so that every entry of the output counts. The tape's ∂L/∂input is compared
 * with (L(x + h) − L(x − h)) / 2h relative to the largest entry of that gradient: at every entry of a small input, and at ENTRIES
 * entries of a large one, chosen by a fixed seed.
 */
import { expect } from 'vitest';
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import type { Tensor } from '../tensor/tensor';
import { expectClose, expectZeroPadding, randomMatrix, upload } from '../tensor/testing';
import { Parameter, Tape, type Variable } from './tape';

/** Shapes that elementwise and row operations are tried on: 1, odd ones, a whole tile and one past several. */
export const ODD_SHAPES = [
  [1, 1],
  [1, 7],
  [5, 1],
  [8, 8],
  [9, 17],
  [65, 33],
] as const;

/** Most entries of one input that are compared. */
const ENTRIES = 64;

export interface GradientCheck {
  /** Inputs in the order of both functions. */
  readonly inputs: readonly Matrix[];
  /** The operation on the tape. */
  readonly operation: (tape: Tape, inputs: readonly Variable[]) => Variable;
  /** Its float64 twin. */
  readonly twin: (inputs: readonly Matrix[]) => Matrix;
  /** Which inputs are differentiated; default all. */
  readonly wanted?: readonly number[];
  /** Of the forward pass, default 1e-5. */
  readonly tolerance?: number;
  /** Of the gradients, default 1e-4. */
  readonly gradientTolerance?: number;
  /** h, default 1e-4: truncation h² and float64 rounding 1e-16/h are both far below the f32 kernel's error. */
  readonly step?: number;
}

/** Asserts that forward pass and gradients agree with the twin, that paddings are zero, and that all buffers are given back. */
export async function expectGradients(gpu: Gpu, check: GradientCheck): Promise<void> {
  const { inputs, operation, twin, tolerance = 1e-5, gradientTolerance = 1e-4, step = 1e-4 } = check;
  const wanted = check.wanted ?? inputs.map((_, i) => i);
  const before = gpu.buffers.bytesInUse;
  const tensors = inputs.map((input) => upload(gpu, input));
  const variables = tensors.map((tensor, i) =>
    wanted.includes(i) ? new Parameter(tensor) : new Tape(gpu).constant(tensor),
  );
  const tape = new Tape(gpu);
  const output = operation(tape, variables);
  const expected = twin(inputs);
  await expectClose(output.value, expected, tolerance);

  const weights = randomMatrix(expected.rows, expected.cols, 4711);
  const seed = upload(gpu, weights);
  tape.backward(output, seed);
  for (const i of wanted) {
    const { grad } = variables[i];
    if (!grad) throw new Error(`no gradient reached input ${i}`);
    await expectDerivatives(grad, gradientTolerance, (entries) =>
      centralDifferences(twin, inputs, i, weights, step, entries),
    );
    grad.release();
  }
  tape.release();
  for (const tensor of [...tensors, seed]) tensor.release();
  expect(gpu.buffers.bytesInUse, 'bytes left behind').toBe(before);
}

/** Asserts that a gradient's entries are `derivatives` of those chosen, and that its padding is zero. */
async function expectDerivatives(
  grad: Tensor,
  tolerance: number,
  derivatives: (entries: readonly number[]) => number[],
): Promise<void> {
  const [bytes] = await grad.gpu.read({ buffer: grad.buffer, bytes: grad.bytes });
  const host = new Float32Array(bytes);
  expectZeroPadding(grad, host);
  const values = grad.unpad(host);
  const entries = chosenEntries(values.length);
  const expected = derivatives(entries);
  const largest = Math.max(...values.map(Math.abs), ...expected.map(Math.abs)) || 1;
  const differences = entries.map((entry, at) => Math.abs(values[entry] - expected[at]) / largest);
  // NaN is not below any tolerance.
  differences.forEach((difference, at) => {
    expect(difference, `entry ${entries[at]}: ${values[entries[at]]}, expected ${expected[at]}`).toBeLessThan(
      tolerance,
    );
  });
}

function chosenEntries(length: number): number[] {
  if (length <= ENTRIES) return Array.from({ length }, (_, i) => i);
  const random = new Random(length);
  return Array.from({ length: ENTRIES }, () => random.integer(length));
}

/** ∂(Σ R ⊙ twin)/∂(entry of input i) by central differences. */
function centralDifferences(
  twin: GradientCheck['twin'],
  inputs: readonly Matrix[],
  i: number,
  weights: Matrix,
  step: number,
  entries: readonly number[],
): number[] {
  const moved = inputs.map((input) => matrix(input.rows, input.cols, input.data));
  const { data } = moved[i];
  const scalar = () => twin(moved).data.reduce((sum, value, at) => sum + value * weights.data[at], 0);
  return entries.map((entry) => {
    const value = data[entry];
    data[entry] = value + step;
    const above = scalar();
    data[entry] = value - step;
    const below = scalar();
    data[entry] = value;
    return (above - below) / (2 * step);
  });
}
