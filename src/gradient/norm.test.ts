import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import * as model from '../tensor/reference/model';
import { randomMatrix, upload } from '../tensor/testing';
import { layerNorm, rmsNorm } from './norm';
import { Parameter, Tape } from './tape';
import { expectGradients, ODD_SHAPES } from './testing';

const EPS = 1e-3;
const ones = (cols: number) => matrix(1, cols, new Float64Array(cols).fill(1));

describe('norms', async () => {
  const gpu = await testGpu();
  const cases = ODD_SHAPES.flatMap(([rows, cols]) => [1, 8].map((lanes) => ({ rows, cols, lanes })));

  it.each(cases)('RMSNorm of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const [x, weight] = [randomMatrix(rows, cols, 1), randomMatrix(1, cols, 2)];
    await expectGradients(gpu, {
      inputs: [x, weight],
      operation: (tape, [x, w]) => rmsNorm(tape, x, w, EPS, { lanes }),
      twin: ([x, w]) => model.rmsNorm(x, w, EPS),
    });
    await expectGradients(gpu, {
      inputs: [x],
      operation: (tape, [x]) => rmsNorm(tape, x, null, EPS, { lanes }),
      twin: ([x]) => model.rmsNorm(x, ones(cols), EPS),
    });
  });

  it.each(cases)('LayerNorm of $rows × $cols with $lanes lanes a row', async ({ rows, cols, lanes }) => {
    const [x, weight, bias] = [randomMatrix(rows, cols, 1), randomMatrix(1, cols, 2), randomMatrix(1, cols, 3)];
    await expectGradients(gpu, {
      inputs: [x, weight, bias],
      operation: (tape, [x, w, b]) => layerNorm(tape, x, w, b, EPS, { lanes }),
      twin: ([x, w, b]) => model.layerNorm(x, w, b, EPS),
    });
    const none = matrix(1, cols);
    await expectGradients(gpu, {
      inputs: [x, weight],
      operation: (tape, [x, w]) => layerNorm(tape, x, w, null, EPS, { lanes }),
      twin: ([x, w]) => model.layerNorm(x, w, none, EPS),
    });
    await expectGradients(gpu, {
      inputs: [x],
      operation: (tape, [x]) => layerNorm(tape, x, null, null, EPS, { lanes }),
      twin: ([x]) => model.layerNorm(x, ones(cols), none, EPS),
    });
  });

  it('adds up a weight over more rows than a panel has', async () => {
    const [x, weight]: Matrix[] = [randomMatrix(200, 6, 1), randomMatrix(1, 6, 2)];
    await expectGradients(gpu, {
      inputs: [x, weight],
      wanted: [1],
      operation: (tape, [x, w]) => layerNorm(tape, x, w, null, EPS),
      twin: ([x, w]) => model.layerNorm(x, w, matrix(1, 6), EPS),
    });
  });

  it('gives only what is asked for', () => {
    const tape = new Tape(gpu);
    const weight = tape.constant(upload(gpu, randomMatrix(1, 4, 2)));
    const x = new Parameter(upload(gpu, randomMatrix(3, 4, 1)));
    tape.backward(layerNorm(tape, x, weight, weight, EPS), upload(gpu, randomMatrix(3, 4, 3)));
    expect(weight.grad).toBeNull();
    expect(x.grad).not.toBeNull();
    tape.release();
  });
});
