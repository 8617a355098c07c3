/** Levels and spectra of VidKV, by hand and by their float64 sums. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { channelsOf, fewLevels, spectrumCols, spectrumOf } from './few-levels';
import { matrix, type Matrix } from './reference/matrix';
import { expectClose, randomMatrix, upload } from './testing';

/** Two windows of 11 rows, each taking 16. */
const WINDOWS = { length: 11, pitch: 16 };

function live(x: Matrix): Matrix {
  return matrix(
    x.rows,
    x.cols,
    x.data.map((value, i) => (Math.floor(i / x.cols) % 16 < 11 ? value : 0)),
  );
}

describe('few levels', async () => {
  const gpu = await testGpu();

  it('are exact for what has them, and by hand', async () => {
    const windows = { length: 4, pitch: 4 };
    const column = (...values: number[]) => upload(gpu, matrix(values.length, 1, Float64Array.from(values)));
    expect([...(await fewLevels(column(3, -3, 3, 3), 2, windows, 4).read())]).toEqual([3, -3, 3, 3]);
    // {−1, 0, 1}·2 with a mean magnitude of 1: the border is 1/2.
    expect([...(await fewLevels(column(2, 0, -2, 0), 3, windows, 4).read())]).toEqual([1, 0, -1, 0]);
    expect([...(await fewLevels(column(1, 0, -1, 1), 3, windows, 4).read())]).toEqual([0.75, 0, -0.75, 0.75]);
    // Groups of two: 1 and 5 apart.
    expect([...(await fewLevels(column(1, -1, 5, -5), 2, windows, 2).read())]).toEqual([1, -1, 5, -5]);
  });

  it('have a mean of each group, which ends with its window', async () => {
    const x = randomMatrix(32, 5, 3);
    const expected = matrix(32, 5);
    for (let row = 0; row < 32; row++) {
      if (row % 16 >= 11) continue;
      for (let c = 0; c < 5; c++) {
        const first = row - (row % 16) + Math.floor((row % 16) / 4) * 4;
        const end = Math.min(first + 4, row - (row % 16) + 11);
        let sum = 0;
        for (let r = first; r < end; r++) sum += Math.abs(x.data[r * 5 + c]);
        const [value, mean] = [x.data[row * 5 + c], sum / (end - first)];
        expected.data[row * 5 + c] = Math.abs(value) > mean / 2 ? Math.sign(value) * mean : 0;
      }
    }
    await expectClose(fewLevels(upload(gpu, x), 3, WINDOWS, 4), expected, 1e-5);
  });

  it.each([1, 2, 5, 6, 9])('spectra of %i of 9 channels are their sums, and come back', async (chosen) => {
    const x = randomMatrix(32, 9, chosen);
    // Other channels in either window: the first ones, and the last ones.
    const marked = (window: number, c: number) => (window === 0 ? c < chosen : c >= 9 - chosen);
    const marks = matrix(
      2,
      9,
      Float64Array.from({ length: 18 }, (_, i) => (marked(Math.floor(i / 9), i % 9) ? 1 : 0)),
    );
    const cols = spectrumCols(chosen);
    const expected = matrix(32, cols);
    for (let row = 0; row < 32; row++) {
      const first = row < 16 ? 0 : 9 - chosen;
      for (let f = 0; f < cols / 2; f++) {
        for (let p = 0; p < chosen; p++) {
          const angle = (2 * Math.PI * f * p) / chosen;
          expected.data[row * cols + 2 * f] += x.data[row * 9 + first + p] * Math.cos(angle);
          expected.data[row * cols + 2 * f + 1] -= x.data[row * 9 + first + p] * Math.sin(angle);
        }
      }
    }
    const of = { marks: upload(gpu, marks), chosen };
    const made = spectrumOf(upload(gpu, x), of, WINDOWS);
    await expectClose(made, live(expected), 1e-5);
    const others = upload(
      gpu,
      live(
        matrix(
          32,
          9,
          x.data.map((value) => 2 * value),
        ),
      ),
    );
    const back = matrix(
      32,
      9,
      x.data.map((value, i) => value * (marks.data[(i < 16 * 9 ? 0 : 9) + (i % 9)] === 1 ? 1 : 2)),
    );
    await expectClose(channelsOf(made, others, of, WINDOWS), live(back), 1e-5);
    expect(() => spectrumOf(others, { ...of, chosen: 10 }, WINDOWS)).toThrow('10 channels');
  });
});
