import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { readTogether, type Readable } from '../gpu/readback';
import { NO_TARGET } from './loss';
import { matrix, type Matrix } from './reference/matrix';
import * as reference from './reference/model';
import { joinCrossEntropy, joinKl } from './reference/streamed';
import { klOfState, StreamedCrossEntropy, StreamedKl } from './streamed-loss';
import { randomMatrix, relativeDifference, upload } from './testing';

/** Columns first … first + count − 1. */
function columns({ rows, cols, data }: Matrix, first: number, count: number): Matrix {
  return matrix(
    rows,
    count,
    Array.from({ length: rows }, (_, r) => [...data.subarray(r * cols + first, r * cols + first + count)]).flat(),
  );
}

/** [first, count] of all tiles. */
const tilesOf = (cols: number, width: number) =>
  Array.from({ length: Math.ceil(cols / width) }, (_, i) => [i * width, Math.min(width, cols - i * width)]);

const one = async <T>(gpu: Awaited<ReturnType<typeof testGpu>>, state: Readable<T>) =>
  (await readTogether<[Readable<T>]>(gpu, state))[0];

describe('figures of logits that come in tiles', async () => {
  const gpu = await testGpu();
  const cases = [
    { rows: 1, cols: 1, width: 8 },
    { rows: 3, cols: 40, width: 8 },
    { rows: 13, cols: 101, width: 16 },
    { rows: 9, cols: 333, width: 64 },
    { rows: 5, cols: 24, width: 24 },
  ].flatMap((shape) => [1, 8, 32].map((lanes) => ({ ...shape, lanes })));

  it.each(cases)(
    'cross-entropy and argmax of $rows × $cols in tiles of $width, $lanes lanes a row',
    async ({ rows, cols, width, lanes }) => {
      const logits = randomMatrix(rows, cols, 1, 4);
      const targets = Uint32Array.from({ length: rows }, (_, r) => (r % 5 === 3 ? NO_TARGET : (r * 37) % cols));
      const streamed = new StreamedCrossEntropy(gpu, targets, cols);
      const twin: (number[] | null)[] = Array.from({ length: rows }, () => null);
      for (const [first, count] of tilesOf(cols, width)) {
        const tile = columns(logits, first, count);
        streamed.add(upload(gpu, tile), first, { lanes });
        twin.forEach((state, r) => (twin[r] = joinCrossEntropy(state, tile, r, first, targets[r])));
      }
      const measured = await one(gpu, streamed);
      const losses = twin.map((state, r) => {
        const [top, sum, wanted] = state ?? [];
        return targets[r] < cols ? Math.log(sum) + top - wanted : 0;
      });
      expect(
        relativeDifference(
          measured.map(({ loss }) => loss),
          losses,
        ),
      ).toBeLessThan(2e-6);
      expect(relativeDifference(losses, reference.crossEntropy(logits, targets).data)).toBeLessThan(1e-12);
      expect(measured.map(({ best }) => best)).toEqual([...reference.argmaxRows(logits).data]);
      expect(twin.map((state) => state?.[3])).toEqual([...reference.argmaxRows(logits).data]);
    },
  );

  it.each(cases)(
    'KL divergence of $rows × $cols in tiles of $width, $lanes lanes a row',
    async ({ rows, cols, width, lanes }) => {
      const [p, q] = [randomMatrix(rows, cols, 1, 2), randomMatrix(rows, cols, 2, 2)];
      const streamed = new StreamedKl(gpu, rows);
      const twin: (number[] | null)[] = Array.from({ length: rows }, () => null);
      for (const [first, count] of tilesOf(cols, width)) {
        const [a, b] = [columns(p, first, count), columns(q, first, count)];
        streamed.add(upload(gpu, a), upload(gpu, b), { lanes });
        twin.forEach((state, r) => (twin[r] = joinKl(state, a, b, r)));
      }
      const expected = reference.klDivergence(p, q).data;
      expect(
        relativeDifference(
          twin.map((state) => klOfState(state ?? [])),
          expected,
        ),
      ).toBeLessThan(1e-11);
      expect(relativeDifference(await one(gpu, streamed), expected)).toBeLessThan(1e-5);
    },
  );

  it.each([1e-1, 1e-2, 1e-3])('keeps digits of a KL divergence between logits %f apart', async (apart) => {
    const [p, noise] = [randomMatrix(5, 200, 1, 2), randomMatrix(5, 200, 2, apart)];
    const q = matrix(5, 200, Float32Array.from(p.data.map((value, i) => value + noise.data[i])));
    const streamed = new StreamedKl(gpu, 5);
    for (const [first, count] of tilesOf(200, 24)) {
      streamed.add(upload(gpu, columns(p, first, count)), upload(gpu, columns(q, first, count)));
    }
    const kl = await one(gpu, streamed);
    expect(relativeDifference(kl, reference.klDivergence(p, q).data)).toBeLessThan(2e-3);
    expect(Math.min(...kl)).toBeGreaterThan(0);
  });

  it('is stable where logits are far apart, and where the largest comes last, and finds none between equals', async () => {
    const p = matrix(
      3,
      16,
      Array.from({ length: 48 }, (_, i) => (i % 16 === 15 ? 400 : -20 * (i % 7))),
    );
    const q = matrix(
      3,
      16,
      Array.from({ length: 48 }, (_, i) => (i % 16 === 0 ? 400 : -30 * (i % 5))),
    );
    const [apart, same] = [new StreamedKl(gpu, 3), new StreamedKl(gpu, 3)];
    for (const [first, count] of tilesOf(16, 8)) {
      const [a, b] = [upload(gpu, columns(p, first, count)), upload(gpu, columns(q, first, count))];
      apart.add(a, b);
      same.add(a, a);
    }
    expect(relativeDifference(await one(gpu, apart), reference.klDivergence(p, q).data)).toBeLessThan(1e-5);
    expect(await one(gpu, same)).toEqual([0, 0, 0]);
  });

  it.each([NaN, Infinity])('gives NaN for a row with %f in any tile, and for no other', async (bad) => {
    const p = randomMatrix(3, 24, 1);
    const q = matrix(3, 24, [...p.data]);
    q.data[24 + 20] = bad;
    const loss = new StreamedCrossEntropy(gpu, Uint32Array.of(0, 1, 2), 24);
    const kl = new StreamedKl(gpu, 3);
    for (const [first, count] of tilesOf(24, 8)) {
      const tile = upload(gpu, columns(q, first, count));
      loss.add(tile, first);
      kl.add(upload(gpu, columns(p, first, count)), tile);
    }
    expect((await one(gpu, loss)).map((row) => Number.isNaN(row.loss))).toEqual([false, true, false]);
    expect((await one(gpu, kl)).map(Number.isNaN)).toEqual([false, true, false]);
  });
});
