import { describe, expect, it } from 'vitest';
import { LIMIT_CHOICES, testGpu } from '../gpu/testing/gpus';
import { matmul, type Form } from './matmul';
import * as reference from './reference/matrix';
import { expectClose, randomMatrix, SHAPES, upload } from './testing';

const FORMS: Form[] = ['nn', 'nt', 'tn'];

describe.each(LIMIT_CHOICES)('matmul at %s limits', async (limits) => {
  const gpu = await testGpu({ limits });
  const cases = FORMS.flatMap((form) => SHAPES.flatMap(([m, n]) => [1, 12, 77].map((k) => ({ form, m, n, k }))));

  it.each(cases)('$form $m × $n over $k equals its twin', async ({ form, m, n, k }) => {
    const a = form === 'tn' ? randomMatrix(k, m, 1) : randomMatrix(m, k, 1);
    const b = form === 'nt' ? randomMatrix(n, k, 2) : randomMatrix(k, n, 2);
    await expectClose(matmul(form, upload(gpu, a), upload(gpu, b)), reference.matmul(form, a, b), 2e-6);
  });

  it('adds to what the result held, scaled', async () => {
    const [a, b, c] = [randomMatrix(9, 20, 1), randomMatrix(20, 11, 2), randomMatrix(9, 11, 3)];
    const into = upload(gpu, c);
    matmul('nn', upload(gpu, a), upload(gpu, b), { into, alpha: -2, beta: 0.5 });
    const expected = reference.matmul('nn', a, b);
    expected.data.forEach((value, i) => (expected.data[i] = 0.5 * c.data[i] - 2 * value));
    await expectClose(into, expected, 2e-6);
  });

  it('gives the same result however small the work budget cuts it', async () => {
    const [a, b] = [upload(gpu, randomMatrix(70, 40, 1)), upload(gpu, randomMatrix(30, 40, 2))];
    const whole = await matmul('nt', a, b).read();
    const budget = gpu.workBudget;
    gpu.workBudget = 1;
    const panels = await matmul('nt', a, b).read();
    gpu.workBudget = budget;
    expect(panels).toEqual(whole);
  });

  it('refuses shapes that do not fit', () => {
    const [a, b] = [upload(gpu, randomMatrix(3, 4, 1)), upload(gpu, randomMatrix(5, 6, 2))];
    expect(() => matmul('nn', a, b)).toThrow('3 × 4 and 5 × 6');
  });
});
