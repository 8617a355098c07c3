/** Segments give the plain tape's gradients to the bit, and hold less. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { Random } from '../base/random';
import { Tensor } from '../tensor/tensor';
import { add, multiply } from './elementwise';
import { gelu } from './activation';
import { linear } from './linear';
import { meanSquare } from './loss';
import { segment } from './segment';
import { Parameter, Tape, type Variable } from './tape';

const gpu = await testGpu();
const ROWS = 13;
const WIDTH = 24;

/** y = x + (gelu(x·W1ᵀ) ∘ x)·W2ᵀ, and gelu(x·W1ᵀ) for who reads it later: x is used three times. */
function block(tape: Tape, [x, first, second]: readonly Variable[]): Variable[] {
  const inner = gelu(tape, 'gelu_erf', linear(tape, x, first, null));
  return [add(tape, x, linear(tape, multiply(tape, inner, x), second, null)), inner];
}

async function gradients(segmented: boolean) {
  const random = new Random(5);
  const made = (rows: number, cols: number) => {
    const values = random.normals(rows * cols).map((value) => 0.3 * value);
    return Tensor.from(gpu, rows, cols, values);
  };
  const x = made(ROWS, WIDTH);
  const target = made(ROWS, WIDTH);
  const input = new Parameter(x);
  const weights = Array.from({ length: 6 }, () => new Parameter(made(WIDTH, WIDTH)));
  const tape = new Tape(gpu);
  let hidden: Variable = input;
  const kept: Variable[] = [];
  for (const b of [0, 1, 2]) {
    const inputs = [hidden, weights[2 * b], weights[2 * b + 1]];
    const [out, skip] = segmented ? segment(tape, inputs, block) : block(tape, inputs);
    hidden = out;
    kept.push(skip);
  }
  // What was kept is read again at the end, as a U-Net's skips are.
  for (const skip of kept) hidden = add(tape, hidden, skip);
  tape.backward(meanSquare(tape, hidden, target));
  const peak = tape.peakBytes;
  const grads: Float32Array[] = [];
  for (const one of [input, ...weights]) grads.push(await (one.grad as Tensor).read());
  tape.release();
  for (const one of [input, ...weights]) {
    one.clearGrad();
    one.value.release();
  }
  target.release();
  return { grads, peak };
}

describe('a tape in segments', () => {
  it('gives the gradients of the plain tape to the bit, holds less, and gives everything back', async () => {
    const before = gpu.buffers.bytesInUse;
    const plain = await gradients(false);
    const cut = await gradients(true);
    expect(cut.grads).toEqual(plain.grads);
    expect(plain.grads.every((grad) => grad.some((value) => value !== 0))).toBe(true);
    expect(cut.peak).toBeLessThan(plain.peak);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('sends back to an input that it gives on, and nothing where nothing came', async () => {
    const x = new Parameter(Tensor.from(gpu, 1, 2, [1, 2]));
    const w = new Parameter(Tensor.from(gpu, 1, 2, [3, 4]));
    const tape = new Tape(gpu);
    const [same, product] = segment(tape, [x, w], (own, [a, b]) => [a, multiply(own, a, b)]);
    const seed = Tensor.from(gpu, 1, 2, [10, 20]);
    tape.backward(same, seed);
    expect(await (x.grad as Tensor).read()).toEqual(Float32Array.from([10, 20]));
    expect(w.grad).toBeNull();
    expect(product.grad).toBeNull();
    tape.release();
    x.clearGrad();
    for (const used of [seed, x.value, w.value]) used.release();
  });
});
