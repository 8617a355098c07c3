import { expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { silu } from '../gradient/activation';
import { linear } from '../gradient/linear';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import { Tensor } from '../tensor/tensor';
import { randomMatrix, upload } from '../tensor/testing';
import { backToEntry, backToExit, enterBlock, enterOn, keptBefore, leaveBlock, leaveOn } from './skips';

/** Two levels down and up again: the second and third outputs are read by the last two blocks, in turn. */
const BLOCKS = [
  { name: 'in', skip: { reads: 0, keeps: true }, rows: 5, cols: 3 },
  { name: 'down', skip: { reads: 0, keeps: true }, rows: 6, cols: 5 },
  { name: 'middle', rows: 4, cols: 6 },
  { name: 'up', skip: { reads: 6, keeps: false }, rows: 7, cols: 10 },
  { name: 'out', skip: { reads: 5, keeps: false }, rows: 2, cols: 12 },
];

const gpu = await testGpu();

it('goes back with a stack of gradients to what one tape gives, and gives every buffer back', async () => {
  const before = gpu.buffers.bytesInUse;
  const weights = BLOCKS.map(({ rows, cols }, i) => upload(gpu, randomMatrix(rows, cols, i)));
  const input = upload(gpu, randomMatrix(8, 3, 20));
  const seed = upload(gpu, randomMatrix(8, 2, 21));
  const run = (tape: Tape, i: number, x: Variable) => silu(tape, linear(tape, x, tape.constant(weights[i]), null));

  const whole = new Tape(gpu);
  const leaf = new Parameter(input);
  const waiting: Variable[] = [];
  let flow: Variable = leaf;
  BLOCKS.forEach((block, i) => {
    flow = run(whole, i, enterOn(whole, block, flow, waiting));
    leaveOn(block, flow, waiting);
  });
  const expected = await flow.value.read();
  whole.backward(flow, seed);
  const gradient = await (leaf.grad as Tensor).read();
  leaf.clearGrad();
  whole.release();

  const kept: Tensor[] = [];
  const inputs: Tensor[] = [];
  let hidden = input.clone();
  BLOCKS.forEach((block, i) => {
    expect(kept).toHaveLength(keptBefore(BLOCKS, i).length);
    const own = enterBlock(block, hidden, kept);
    inputs.push(own);
    const tape = new Tape(gpu, { recording: false });
    hidden = tape.take(run(tape, i, tape.constant(own)));
    tape.release();
    leaveBlock(block, hidden, kept);
  });
  expect(await hidden.read()).toEqual(expected);
  hidden.release();
  const gradients: Tensor[] = [];
  let back = seed.clone();
  for (const [i, block] of [...BLOCKS.entries()].reverse()) {
    back = backToExit(block, back, gradients);
    const tape = new Tape(gpu);
    const own = new Parameter(inputs[i]);
    tape.backward(run(tape, i, own), back);
    tape.release();
    back.release();
    back = backToEntry(block, own.grad as Tensor, gradients);
  }
  expect(kept).toEqual([]);
  expect(gradients).toEqual([]);
  expect(await back.read()).toEqual(gradient);
  for (const tensor of [back, input, seed, ...weights, ...inputs]) tensor.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
});

it('knows whose outputs wait, the last first to be read', () => {
  expect(BLOCKS.map((_, place) => keptBefore(BLOCKS, place))).toEqual([[], [0], [0, 1], [0, 1], [0]]);
});

it('says which block reads what does not wait', () => {
  const x = Tensor.zeros(gpu, 8, 4);
  expect(() => enterBlock(BLOCKS[3], x, [])).toThrow('bug: up reads a skip of 6 columns, and nothing waits');
  x.release();
});
