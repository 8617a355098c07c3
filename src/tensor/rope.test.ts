import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { matrix } from './reference/matrix';
import * as reference from './reference/model';
import { ropeFrequencies, ropeTable, rotate, type RopeScaling } from './rope';
import { expectClose, randomMatrix, upload } from './testing';

const LLAMA3: RopeScaling = { type: 'llama3', factor: 8, lowFactor: 1, highFactor: 4, originalLength: 8192 };

describe('ropeFrequencies', () => {
  it('falls geometrically from 1', () => {
    const frequencies = ropeFrequencies({ dim: 8, theta: 10000, scaling: { type: 'none' } });
    [1, 0.1, 0.01, 0.001].forEach((expected, j) => expect(frequencies[j]).toBeCloseTo(expected, 15));
  });

  it('divides all by a linear factor', () => {
    const plain = ropeFrequencies({ dim: 10, theta: 500, scaling: { type: 'none' } });
    const scaled = ropeFrequencies({ dim: 10, theta: 500, scaling: { type: 'linear', factor: 4 } });
    scaled.forEach((frequency, j) => expect(frequency).toBeCloseTo(plain[j] / 4, 15));
  });

  it('keeps short waves, slows long ones and blends between, as Llama 3.1 does', () => {
    const settings = { dim: 128, theta: 500000 } as const;
    const plain = ropeFrequencies({ ...settings, scaling: { type: 'none' } });
    const ratio = ropeFrequencies({ ...settings, scaling: LLAMA3 }).map((frequency, j) => frequency / plain[j]);
    const wavelength = (j: number) => (2 * Math.PI) / plain[j];
    const blended: number[] = [];
    ratio.forEach((r, j) => {
      if (wavelength(j) <= 8192 / 4) expect(r).toBeCloseTo(1, 12);
      else if (wavelength(j) >= 8192) expect(r).toBeCloseTo(1 / 8, 12);
      else blended.push(r);
    });
    expect(blended.length).toBeGreaterThan(2);
    expect(blended).toEqual(blended.toSorted((a, b) => b - a));
  });
});

describe('rotate', async () => {
  const gpu = await testGpu();
  const shapes = [
    { blocks: 1, length: 1, dim: 2 },
    { blocks: 3, length: 7, dim: 6 },
    { blocks: 2, length: 8, dim: 10 },
    { blocks: 4, length: 33, dim: 64 },
    // Heads that are rotated in part.
    { blocks: 2, length: 9, dim: 8, cols: 16 },
    { blocks: 3, length: 5, dim: 2, cols: 3 },
    { blocks: 1, length: 12, dim: 6, cols: 25 },
  ];

  it.each(shapes)('$blocks blocks of $length × $dim equal their twin', async ({ blocks, length, dim, cols = dim }) => {
    const settings = { dim, theta: 10000, scaling: LLAMA3 };
    const x = randomMatrix(blocks * Math.ceil(length / 8) * 8, cols, 1);
    const table = ropeTable(gpu, settings, length + 2);
    const expectedTable = reference.ropeTable(ropeFrequencies(settings), length + 2);
    await expectClose(table, expectedTable, 1e-7);
    const y = rotate(upload(gpu, x), table, { windows: 1, length });
    const expected = reference.rotate(x, expectedTable, length);
    await expectClose(y, expected, 1e-6);
    // Back by the same angles.
    const back = reference.rotate(
      x,
      matrix(
        table.rows,
        dim,
        Float64Array.from(expectedTable.data, (value, at) => (at % dim < dim / 2 ? value : -value)),
      ),
      length,
    );
    await expectClose(rotate(upload(gpu, x), table, { windows: 1, length }, -1), back, 1e-6);
  });
});
