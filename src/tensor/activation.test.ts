import { describe, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { activate, siluGate } from './activation';
import { addBias, addPositions } from './bias';
import { matrix } from './reference/matrix';
import * as reference from './reference/model';
import { expectClose, randomMatrix, SHAPES, upload } from './testing';

/** From deep in one tail to deep in the other, where exp and tanh overflow if they are let. */
const TAILS = matrix(1, 13, [-1e4, -100, -50, -12, -5, -1, 0, 1, 5, 12, 50, 100, 1e4]);

describe('elementwise kernels', async () => {
  const gpu = await testGpu();
  const shapes = SHAPES.map(([rows, cols]) => ({ rows, cols }));

  describe.each(['gelu_tanh', 'gelu_erf', 'relu', 'silu', 'softplus'] as const)('%s', (kind) => {
    it.each(shapes)('$rows × $cols', async ({ rows, cols }) => {
      const x = randomMatrix(rows, cols, 1, 2);
      await expectClose(activate(kind, upload(gpu, x)), reference.activate(kind, x), 1e-6);
    });

    it('is right far from zero', async () => {
      await expectClose(activate(kind, upload(gpu, TAILS)), reference.activate(kind, TAILS), 1e-6);
    });
  });

  it.each(shapes)('silu(gate) · up of $rows × $cols', async ({ rows, cols }) => {
    const [gate, up] = [randomMatrix(rows, cols, 1, 2), randomMatrix(rows, cols, 2)];
    await expectClose(siluGate(upload(gpu, gate), upload(gpu, up)), reference.siluGate(gate, up), 1e-6);
  });

  it('silu is right far from zero', async () => {
    const ones = matrix(1, 13, new Array<number>(13).fill(1));
    await expectClose(siluGate(upload(gpu, TAILS), upload(gpu, ones)), reference.siluGate(TAILS, ones), 1e-6);
  });

  it.each(shapes)('adds to $rows × $cols a bias and positions', async ({ rows, cols }) => {
    const [x, bias] = [randomMatrix(rows, cols, 1), randomMatrix(1, cols, 2)];
    const period = Math.ceil(rows / 3);
    const positions = randomMatrix(period + 2, cols, 4);
    const y = upload(gpu, x);
    addBias(y, upload(gpu, bias));
    let expected = reference.addRows(x, bias, 1);
    await expectClose(y, expected, 1e-6);
    addPositions(y, upload(gpu, positions), period);
    expected = reference.addRows(expected, positions, period);
    await expectClose(y, expected, 1e-6);
  });
});
