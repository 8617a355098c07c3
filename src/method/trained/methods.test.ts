/** The methods that train as the table has them: one layer by the proxy, and what its options promised of its size. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { ledger, quantizedFault } from '../../quantizer/quantized';
import { randomMatrix, upload } from '../../tensor/testing';
import { CATALOGUE, faceOf } from '../catalogue';
import { FAMILIES, wantsHessian } from '../families';
import { defaultOptions, type Options } from '../parameters';
import { InputStatistics } from '../statistics';
import { METHODS } from '../table';
import { TRAINED_FACES } from './faces';
import { testLayer } from './testing';

const gpu = await testGpu();

const CASES: Options[] = [
  { codewords: 4, dim: 2 },
  { codewords: 8, dim: 1, codebookBits: '8' },
  { codewords: 16, dim: 3, rowScales: false, signs: 'fixed' },
  { codewords: 256, dim: 4, codebookBits: '32' },
];

describe.each(TRAINED_FACES.map(({ id }) => id))('%s', (id) => {
  const { face, train, quantize } = METHODS[id];

  it('is in the catalogue, trains, and asks for its inputs', () => {
    expect(CATALOGUE).toContain(face);
    expect(train).toBeDefined();
    expect(wantsHessian(face, defaultOptions(face.parameters))).toBe(true);
  });

  it('takes on one layer what its options promise', async () => {
    for (const given of CASES) {
      const { parameters } = faceOf(id);
      const wished = { ...given, steps: 2, calibrationSteps: 1, emIterations: 2 };
      const known = Object.fromEntries(Object.entries(wished).filter(([name]) => name in parameters));
      const options = { ...defaultOptions(parameters), ...known };
      for (const [rows, cols] of [
        [3, 5],
        [20, 70],
      ]) {
        const before = gpu.buffers.bytesInUse;
        const weight = upload(gpu, randomMatrix(rows, cols, rows));
        const statistics = cols === 5 ? null : InputStatistics.of(upload(gpu, testLayer(rows, cols, 1).h), null);
        const { tensor, q } = await quantize({ weight, statistics }, options);
        expect(quantizedFault(tensor)).toBeNull();
        expect(ledger(tensor), JSON.stringify(known)).toEqual(FAMILIES.codebook.plannedLedger(options, rows, cols));
        for (const used of [weight, q]) used.release();
        await statistics?.release();
        expect(gpu.buffers.bytesInUse).toBe(before);
      }
    }
  });
});
