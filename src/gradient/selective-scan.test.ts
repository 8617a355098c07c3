import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import * as reference from '../tensor/reference/scan';
import type { ScanInputs, ScanOptions } from '../tensor/selective-scan';
import { randomMatrix, upload } from '../tensor/testing';
import { selectiveScan } from './selective-scan';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

interface Case extends ScanOptions {
  readonly windows: number;
  readonly channels: number;
  readonly states: number;
}

const CASES: Case[] = [
  { windows: 1, length: 1, channels: 1, states: 1 },
  { windows: 3, length: 1, channels: 5, states: 3 },
  { windows: 2, length: 5, channels: 9, states: 8 },
  { windows: 2, length: 11, channels: 13, states: 11, span: 1 },
  { windows: 1, length: 9, channels: 21, states: 16, span: 2 },
  { windows: 2, length: 4, channels: 6, states: 19 },
  // In segments of four tokens, the last of them shorter or whole.
  { windows: 2, length: 11, channels: 9, states: 5, mostStates: 4 },
  { windows: 1, length: 16, channels: 6, states: 2, mostStates: 15 },
];

/** In the order of the operation's inputs: u, delta, A, B, C, skip. */
function inputsOf({ windows, length, channels, states }: Case): Matrix[] {
  const tokens = windows * length;
  const map = (x: Matrix, f: (v: number) => number) => matrix(x.rows, x.cols, Float32Array.from(x.data, f));
  return [
    randomMatrix(tokens, channels, 1),
    map(randomMatrix(tokens, channels, 2), (v) => Math.log1p(Math.exp(v))),
    map(randomMatrix(channels, states, 3), (v) => -Math.exp(v)),
    randomMatrix(tokens, states, 4),
    randomMatrix(tokens, states, 5),
    randomMatrix(1, channels, 6),
  ];
}

const named = <T>([u, delta, a, b, c, skip]: readonly T[]): ScanInputs<T> => ({ u, delta, a, b, c, skip });

describe('selectiveScan', async () => {
  const gpu = await testGpu();

  it.each(CASES)(
    '$windows windows of $length tokens, $channels channels of $states states, span $span',
    async (options) => {
      await expectGradients(gpu, {
        inputs: inputsOf(options),
        operation: (tape, inputs) => selectiveScan(tape, named(inputs), options),
        twin: (inputs) => reference.selectiveScan(named(inputs), options.length),
      });
    },
  );

  it('gives the same bits cut into launches of a few windows, or of a few channels of one', async () => {
    const usual = gpu.workBudget;
    const options = { windows: 5, length: 6, channels: 24, states: 19, span: 2 };
    const matrices = inputsOf(options);
    const inputs = matrices.map((input) => new Parameter(upload(gpu, input)));
    const seed = upload(gpu, randomMatrix(30, 24, 7));
    const run = async (workBytes?: number) => {
      const tape = new Tape(gpu);
      const y = selectiveScan(tape, named(inputs), { ...options, workBytes });
      tape.backward(y, seed);
      const read = await Promise.all(
        [y.value, ...inputs.map(({ grad }) => grad)].map(async (tensor) => tensor?.read()),
      );
      tape.release();
      inputs.forEach((input) => input.clearGrad());
      return read;
    };
    const whole = await run();
    // Of a window 3 chunks of about 13 kB each, and 10 kB of its own.
    for (const workBytes of [110_000, 50_000, 36_000, 1]) expect(await run(workBytes)).toEqual(whole);
    for (const windows of [2, 1, 1 / 2, 1 / 100]) {
      gpu.workBudget = 6 * 24 * 24 * 64 * windows;
      expect(await run()).toEqual(whole);
    }
    gpu.workBudget = usual;
  });
});
