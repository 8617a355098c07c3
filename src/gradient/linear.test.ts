import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { columnSums } from '../tensor/column-sums';
import { addRows } from '../tensor/reference/model';
import { matmul, matrix } from '../tensor/reference/matrix';
import { expectClose, randomMatrix, SHAPES, upload } from '../tensor/testing';
import { linear } from './linear';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

describe('linear', async () => {
  const gpu = await testGpu();

  it.each(SHAPES)('goes back through x·Wᵀ + b of %i tokens and %i inputs', async (tokens, inputs) => {
    const [x, w, b] = [randomMatrix(tokens, inputs, 1), randomMatrix(5, inputs, 2), randomMatrix(1, 5, 3)];
    await expectGradients(gpu, {
      inputs: [x, w, b],
      operation: (tape, [x, w, b]) => linear(tape, x, w, b),
      twin: ([x, w, b]) => addRows(matmul('nt', x, w), b, 1),
    });
  });

  it('gives no gradient where none is asked for', () => {
    const [x, w] = [upload(gpu, randomMatrix(3, 4, 1)), new Parameter(upload(gpu, randomMatrix(2, 4, 2)))];
    const tape = new Tape(gpu);
    const input = tape.constant(x);
    const y = linear(tape, input, w, null);
    tape.backward(y, upload(gpu, randomMatrix(3, 2, 3)));
    expect(input.grad).toBeNull();
    expect(w.grad).not.toBeNull();
    tape.release();
    const forward = new Tape(gpu, { recording: false });
    const z = linear(forward, input, w, null);
    expect(z.needsGrad).toBe(false);
    expect(() => forward.backward(z)).toThrow('no gradient flows');
    forward.release();
  });

  it('adds up what two uses of a parameter send back', async () => {
    const w = new Parameter(upload(gpu, randomMatrix(4, 4, 2)));
    const [x, seed] = [randomMatrix(3, 4, 1), randomMatrix(3, 4, 3)];
    for (let time = 0; time < 2; time++) {
      const tape = new Tape(gpu);
      tape.backward(linear(tape, tape.constant(upload(gpu, x)), w, null), upload(gpu, seed));
      tape.release();
    }
    const once = matmul('tn', seed, x);
    if (w.grad)
      await expectClose(
        w.grad,
        matrix(
          4,
          4,
          once.data.map((value) => 2 * value),
        ),
        1e-5,
      );
    w.clearGrad();
    expect(w.grad).toBeNull();
  });

  it.each([1, 7, 64, 65, 300, 5000])('adds up the columns of %i rows', async (rows) => {
    const x = randomMatrix(rows, 13, 5);
    const sums = Float64Array.from({ length: 13 }, (_, c) => {
      let sum = 0;
      for (let r = 0; r < rows; r++) sum += x.data[r * 13 + c];
      return sum;
    });
    await expectClose(columnSums(upload(gpu, x)), matrix(1, 13, sums), 1e-5);
  });
});
