import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { Indices } from '../tensor/indices';
import { NO_TARGET } from '../tensor/loss';
import * as twin from '../tensor/reference/gradient';
import { matrix, multiply, transpose } from '../tensor/reference/matrix';
import { sumOfSquares } from '../tensor/reference/rearrange';
import { total } from '../tensor/scalar';
import { randomMatrix, upload } from '../tensor/testing';
import { crossEntropy, divergence, meanSquare, quadraticForm, scalarsOf, weightedSum } from './loss';
import { Parameter, Tape } from './tape';
import { expectGradients, ODD_SHAPES } from './testing';

describe('losses', async () => {
  const gpu = await testGpu();

  it.each(ODD_SHAPES)('mean square of %i × %i', async (rows, cols) => {
    const [y, target, weights] = [randomMatrix(rows, cols, 1), randomMatrix(rows, cols, 2), randomMatrix(1, rows, 3)];
    weights.data.forEach((value, i) => (weights.data[i] = Math.abs(value)));
    const [t, w] = [upload(gpu, target), upload(gpu, weights)];
    await expectGradients(gpu, {
      inputs: [y],
      operation: (tape, [y]) => meanSquare(tape, y, t),
      twin: ([y]) => twin.meanSquare(y, target, null),
    });
    await expectGradients(gpu, {
      inputs: [y],
      operation: (tape, [y]) => meanSquare(tape, y, t, w),
      twin: ([y]) => twin.meanSquare(y, target, weights),
    });
  });

  it.each(ODD_SHAPES.flatMap(([rows, cols]) => [1, 8].map((lanes) => ({ rows, cols, lanes }))))(
    'cross-entropy of $rows × $cols with $lanes lanes a row',
    async ({ rows, cols, lanes }) => {
      const targets = Uint32Array.from({ length: rows }, (_, r) => (r % 5 === 3 ? NO_TARGET : (r * 7) % cols));
      const counted = targets.filter((target) => target !== NO_TARGET).length;
      const ids = Indices.from(gpu, targets);
      await expectGradients(gpu, {
        inputs: [randomMatrix(rows, cols, 1, 2)],
        operation: (tape, [logits]) => crossEntropy(tape, logits, ids, { counted, lanes }),
        twin: ([logits]) => twin.crossEntropy(logits, targets, counted),
      });
      ids.release();
    },
  );

  it.each(ODD_SHAPES)('divergence of %i × %i', async (rows, cols) => {
    const full = randomMatrix(rows, cols, 2, 2);
    const f = upload(gpu, full);
    await expectGradients(gpu, {
      inputs: [randomMatrix(rows, cols, 1, 2)],
      operation: (tape, [logits]) => divergence(tape, logits, f),
      twin: ([logits]) => twin.divergence(logits, full),
    });
    f.release();
  });

  it('refuses a mean over no targets', () => {
    const [tape, ids] = [new Tape(gpu), Indices.from(gpu, Uint32Array.of(NO_TARGET))];
    const logits = tape.constant(upload(gpu, randomMatrix(1, 3, 1)));
    expect(() => crossEntropy(tape, logits, ids, { counted: 0 })).toThrow('a mean over 0 targets');
  });

  it.each([
    [1, 1],
    [5, 1],
    [3, 13],
    [9, 40],
  ])('quadratic form of %i × %i', async (rows, cols) => {
    const [w, target, x] = [randomMatrix(rows, cols, 1), randomMatrix(rows, cols, 2), randomMatrix(2 * cols, cols, 3)];
    const h = multiply(transpose(x), x);
    const [t, hessian] = [upload(gpu, target), upload(gpu, h)];
    await expectGradients(gpu, {
      inputs: [w],
      operation: (tape, [w]) => quadraticForm(tape, w, t, hessian, 0.3),
      twin: ([w]) => twin.quadraticForm(w, target, h, 0.3),
    });
  });

  it('adds losses by weights', async () => {
    const [a, b] = [randomMatrix(1, 1, 1), randomMatrix(1, 1, 2)];
    await expectGradients(gpu, {
      inputs: [a, b],
      operation: (tape, [a, b]) => weightedSum(tape, [a, b, a], [0.5, -2, 3]),
      twin: ([a, b]) => matrix(1, 1, [3.5 * a.data[0] - 2 * b.data[0]]),
    });
    await expectGradients(gpu, {
      inputs: [a],
      operation: (tape, [a]) => weightedSum(tape, [a]),
      twin: ([a]) => a,
    });
  });

  it('reads many scalars at once, and none', async () => {
    const tape = new Tape(gpu);
    const values = [3, -1, 0.5].map((value) => tape.constant(upload(gpu, matrix(1, 1, [value]))));
    expect(await scalarsOf(...values, values[1].value)).toEqual([3, -1, 0.5, -1]);
    expect(await scalarsOf()).toEqual([]);
  });

  it('adds up more entries than it has threads, to the same bits each time', async () => {
    const x = randomMatrix(700, 260, 1);
    const [y, zero] = [new Parameter(upload(gpu, x)), upload(gpu, matrix(700, 260))];
    const tape = new Tape(gpu);
    const [once, again] = await scalarsOf(meanSquare(tape, y, zero), meanSquare(tape, y, zero));
    expect(again).toBe(once);
    expect(Math.abs(once / (sumOfSquares(x) / x.data.length) - 1)).toBeLessThan(1e-6);
    const [sum] = await scalarsOf(total(y.value));
    expect(Math.abs(sum - x.data.reduce((a, b) => a + b, 0))).toBeLessThan(0.05);
    tape.release();
  });
});
