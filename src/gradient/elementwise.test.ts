import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import * as twin from '../tensor/reference/gradient';
import { matrix } from '../tensor/reference/matrix';
import * as model from '../tensor/reference/model';
import { combine } from '../tensor/reference/rearrange';
import { randomMatrix, upload } from '../tensor/testing';
import { activate, exp, gelu, relu, silu, siluGate, softplus } from './activation';
import { add, addRows, multiply, negative, scale, subtract } from './elementwise';
import { Parameter, Tape } from './tape';
import { expectGradients, ODD_SHAPES } from './testing';

describe('elementwise operations', async () => {
  const gpu = await testGpu();

  describe.each(ODD_SHAPES)('of %i × %i', (rows, cols) => {
    const [a, b] = [randomMatrix(rows, cols, 1), randomMatrix(rows, cols, 2)];

    it('sums, products and multiples', async () => {
      const inputs = [a, b];
      await expectGradients(gpu, {
        inputs,
        operation: (tape, [a, b]) => add(tape, a, b),
        twin: ([a, b]) => combine(1, a, 1, b),
      });
      await expectGradients(gpu, {
        inputs,
        operation: (tape, [a, b]) => subtract(tape, a, b),
        twin: ([a, b]) => combine(1, a, -1, b),
      });
      await expectGradients(gpu, {
        inputs,
        operation: (tape, [a, b]) => multiply(tape, a, b),
        twin: ([a, b]) => twin.multiply(a, b),
      });
      await expectGradients(gpu, {
        inputs: [a],
        operation: (tape, [a]) => scale(tape, negative(tape, multiply(tape, a, a)), 1.5),
        twin: ([a]) => twin.scale(twin.multiply(a, a), -1.5),
      });
    });

    it('rows added again and again', async () => {
      const period = Math.ceil(rows / 3);
      for (const [tableRows, every] of [
        [1, 1],
        [period, period],
        [period + 2, period],
        [rows, rows],
      ]) {
        await expectGradients(gpu, {
          inputs: [a, randomMatrix(tableRows, cols, 3)],
          operation: (tape, [x, v]) => addRows(tape, x, v, every),
          twin: ([x, v]) => model.addRows(x, v, every),
        });
      }
    });

    it.each(['gelu_tanh', 'gelu_erf', 'relu', 'silu', 'softplus', 'exp'] as const)('%s', async (kind) => {
      await expectGradients(gpu, {
        inputs: [randomMatrix(rows, cols, 4, 2)],
        operation: (tape, [x]) => activate(tape, kind, x),
        twin: ([x]) => model.activate(kind, x),
      });
    });

    it('silu(gate) · up', async () => {
      await expectGradients(gpu, {
        inputs: [randomMatrix(rows, cols, 4, 2), b],
        operation: (tape, [gate, up]) => siluGate(tape, gate, up),
        twin: ([gate, up]) => model.siluGate(gate, up),
      });
    });
  });

  it('names the common activations', async () => {
    const x = randomMatrix(3, 5, 1);
    const names = { relu, silu, softplus, exp } as const;
    for (const kind of ['relu', 'silu', 'softplus', 'exp'] as const) {
      await expectGradients(gpu, {
        inputs: [x],
        operation: (tape, [x]) => names[kind](tape, x),
        twin: ([x]) => model.activate(kind, x),
      });
    }
    await expectGradients(gpu, {
      inputs: [x],
      operation: (tape, [x]) => gelu(tape, 'gelu_erf', x),
      twin: ([x]) => model.activate('gelu_erf', x),
    });
  });

  it.each(['gelu_tanh', 'gelu_erf', 'relu', 'silu', 'softplus'] as const)(
    '%s has slopes 0 and 1 far out',
    async (kind) => {
      const far = [-1e4, -100, -50, 50, 100, 1e4];
      const [x, seed] = [upload(gpu, matrix(1, 6, far)), upload(gpu, matrix(1, 6, [1, 1, 1, 1, 1, 1]))];
      const parameter = new Parameter(x);
      const tape = new Tape(gpu);
      tape.backward(activate(tape, kind, parameter), seed);
      const slopes = (await parameter.grad?.read()) ?? [];
      far.forEach((value, i) => expect(slopes[i]).toBeCloseTo(value > 0 ? 1 : 0, 6));
      tape.release();
      parameter.clearGrad();
    },
  );
});
