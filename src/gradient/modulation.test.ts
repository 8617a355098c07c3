import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import * as twin from '../tensor/reference/gradient';
import { matrix } from '../tensor/reference/matrix';
import { randomMatrix, upload } from '../tensor/testing';
import { gateRows, meanRows, modulate, shiftRows } from './modulation';
import { Tape } from './tape';
import { expectGradients } from './testing';

/** Windows, tokens of one, columns. */
const SHAPES = [
  [1, 1, 1],
  [1, 7, 5],
  [5, 1, 8],
  [3, 5, 13],
  [2, 16, 33],
  [9, 9, 4],
] as const;

describe('modulation', async () => {
  const gpu = await testGpu();

  it.each(SHAPES)('of %i windows of %i tokens and %i columns', async (windows, length, cols) => {
    const x = randomMatrix(windows * length, cols, 1);
    const [shift, scale] = [randomMatrix(windows, cols, 2), randomMatrix(windows, cols, 3)];
    await expectGradients(gpu, {
      inputs: [x, shift, scale],
      operation: (tape, [x, shift, scale]) => modulate(tape, x, shift, scale, length),
      twin: ([x, shift, scale]) => twin.modulate(x, shift, scale, length),
    });
    await expectGradients(gpu, {
      inputs: [x, scale],
      operation: (tape, [x, gate]) => gateRows(tape, x, gate, length),
      twin: ([x, gate]) => twin.gateRows(x, gate, length),
    });
    await expectGradients(gpu, {
      inputs: [x, shift],
      operation: (tape, [x, shift]) => shiftRows(tape, x, shift, length),
      twin: ([x, shift]) => twin.modulate(x, shift, matrix(windows, cols), length),
    });
    await expectGradients(gpu, {
      inputs: [x],
      operation: (tape, [x]) => meanRows(tape, x, length),
      twin: ([x]) => twin.meanRows(x, length),
    });
  });

  it('refuses half a window', () => {
    const tape = new Tape(gpu);
    const [x, gate] = [upload(gpu, randomMatrix(7, 4, 1)), upload(gpu, randomMatrix(2, 4, 2))];
    expect(() => gateRows(tape, tape.constant(x), tape.constant(gate), 3)).toThrow('7 rows in windows of 3');
    expect(() => modulate(tape, tape.constant(x), tape.constant(gate), tape.constant(gate), 7)).toThrow(
      '1 windows of 4 columns modulated by 2 × 4',
    );
  });
});
