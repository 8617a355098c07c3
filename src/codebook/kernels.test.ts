/** The E-step, the M-step and the starts against their float64 twins. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { expectZeroPadding, randomMatrix, relativeDifference, upload } from '../tensor/testing';
import { assign, type Measure } from './assign';
import { mahalanobisEntries, randomEntries, startCodebooks } from './init';
import { rtnLevels } from './order';
import {
  assignReference,
  distanceReference,
  metricDistanceReference,
  sumByCodeReference,
  updateReference,
} from './reference';
import { codebooksOf, columnWeights, example, name, SHAPES } from './testing';
import { bookOf, membersOf, readPoints, sizeOf, subVectors } from './tiles';
import { sumByCode, updateCodebooks } from './update';

describe('on the GPU', async () => {
  const gpu = await testGpu();

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('assigns %s', async (_, shape) => {
    const { plain, transposed, values } = example(gpu, shape);
    const { codewords, dim, cols } = shape;
    const books = codebooksOf(plain, codewords, 7);
    const weights = columnWeights(cols, 3);
    const blocks = new Float32Array(8 * plain.subs * 8);
    const random = new Random(5);
    for (let s = 0; s < plain.subs; s++) {
      for (let i = 0; i < dim; i++) for (let j = i; j < dim; j++) blocks[(8 * s + i) * 8 + j] = random.normal();
    }
    const measures: [Measure, (i: number, k: number) => number][] = [
      [null, (i, k) => distanceReference(plain, values, books.values, null, i, k)],
      [
        { kind: 'weights', weights: Tensor.from(gpu, 1, cols, weights) },
        (i, k) => distanceReference(plain, values, books.values, weights, i, k),
      ],
      [
        { kind: 'metric', blocks: Tensor.from(gpu, 8 * plain.subs, 8, blocks) },
        (i, k) => metricDistanceReference(plain, values, books.values, blocks, i, k),
      ],
    ];
    for (const [measure, distance] of measures) {
      const expected = assignReference(plain, codewords, distance);
      for (const points of [plain, transposed]) {
        const found = assign(points, books.tensor, measure);
        const [codes, [bytes]] = [
          await found.codes.read(),
          await gpu.read({ buffer: found.distances.buffer, bytes: found.distances.bytes }),
        ];
        const host = new Float32Array(bytes);
        expect(relativeDifference(found.distances.unpad(host), expected.distances)).toBeLessThan(1e-5);
        expectZeroPadding(found.distances, host);
        // Rounding may tip a sub-vector between codewords that are equally near, and no other.
        codes.forEach((code, i) => {
          if (code === expected.codes[i]) return;
          expect(distance(i, code)).toBeLessThan(expected.distances[i] * (1 + 1e-5) + 1e-12);
        });
      }
    }
  });

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('averages %s', async (_, shape) => {
    const { plain, transposed, values } = example(gpu, shape);
    const { codewords, dim, cols, rows } = shape;
    const random = new Random(11);
    const codes = Uint32Array.from({ length: rows * plain.subs }, () => random.integer(codewords));
    const before = codebooksOf(plain, codewords, 9);
    const weights = columnWeights(cols, 3);
    for (const points of [plain, transposed]) {
      for (const weighted of [false, true]) {
        for (const empty of ['zero', 'keep'] as const) {
          const expected = updateReference(plain, values, codes, weighted ? weights : null, codewords, (at) =>
            empty === 'zero' ? 0 : before.values[at],
          );
          const into = Tensor.zeros(gpu, plain.books, codewords * dim);
          const counts = Indices.empty(gpu, plain.books * codewords);
          updateCodebooks(points, Indices.from(gpu, codes), {
            weights: weighted ? { kind: 'weights', weights: Tensor.from(gpu, 1, cols, weights) } : null,
            empty,
            before: before.tensor,
            into,
            counts,
          });
          const [bytes] = await gpu.read({ buffer: into.buffer, bytes: into.bytes });
          const host = new Float32Array(bytes);
          expect(relativeDifference(into.unpad(host), expected.codebooks)).toBeLessThan(2e-6);
          expectZeroPadding(into, host);
          expect(await counts.read()).toEqual(expected.counts);
        }
      }
      const sums = await sumByCode(points, Indices.from(gpu, codes), codewords).read();
      expect(relativeDifference(sums, sumByCodeReference(plain, values, codes, codewords))).toBeLessThan(2e-6);
    }
  });

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('starts %s', async (_, shape) => {
    const { plain, transposed, values } = example(gpu, shape);
    const { codewords, dim } = shape;
    for (const points of [plain, transposed]) {
      expect(await readPoints(points)).toEqual(Float32Array.from(values));
      for (const init of ['random', 'kmeans++', 'mahalanobis'] as const) {
        const made = await (await startCodebooks(points, { codewords, init, seed: 3 })).read();
        for (let book = 0; book < plain.books; book++) {
          const members = [...membersOf(plain, book)];
          const places = Array.from({ length: codewords }, (_, k) => {
            const word = made.subarray((book * codewords + k) * dim, (book * codewords + k + 1) * dim);
            return members.findIndex((i) => word.every((x, j) => x === Math.fround(values[i * dim + j])));
          });
          // Every codeword is a point of its own book, and they differ as far as there are points.
          expect(Math.min(...places)).toBeGreaterThanOrEqual(0);
          if (codewords <= members.length) expect(new Set(places).size).toBe(codewords);
        }
      }
    }
  });
});

describe('starts', async () => {
  const gpu = await testGpu();

  it('draws k-means++ points as float64 does', async () => {
    const shape = { rows: 30, cols: 24, dim: 2, codewords: 12, bookRows: 15, bookCols: 12 };
    const { plain, values } = example(gpu, shape);
    const made = await (await startCodebooks(plain, { codewords: 12, init: 'kmeans++', seed: 5 })).read();
    const random = new Random(5);
    const uniform = Float32Array.from({ length: plain.books * 12 }, () => random.uniform());
    for (let book = 0; book < plain.books; book++) {
      const members = [...membersOf(plain, book)];
      const nearest = members.map(() => Infinity);
      let chosen = members[Math.floor(uniform[book * 12] * members.length)];
      for (let k = 0; ;) {
        const word = [...made.subarray((book * 12 + k) * 2, (book * 12 + k + 1) * 2)];
        expect(word).toEqual([0, 1].map((j) => Math.fround(values[chosen * 2 + j])));
        if (++k === 12) break;
        members.forEach((i, m) => {
          const d = [0, 1].reduce((sum, j) => sum + (values[i * 2 + j] - word[j]) ** 2, 0);
          nearest[m] = Math.min(nearest[m], d);
        });
        let target = uniform[book * 12 + k] * nearest.reduce((sum, d) => sum + d, 0);
        chosen = members[nearest.findIndex((d) => (target -= d) < 0)];
      }
    }
  });

  it('takes Mahalanobis points at equal steps, half to even, as numpy orders them', () => {
    // Recorded: numpy's argsort of (x − μ) Λ (x − μ)ᵀ at round(linspace(0, 8, 5)).
    const values = Float32Array.from([0, 0, 2, 1, -1, 3, 4, 4, -2, -2, 1, 0, 3, -1, 0, 5, -3, 1]);
    const points = subVectors(Tensor.from(gpu, 9, 2, values), 2);
    const entries = mahalanobisEntries(points, 5, values);
    expect([...entries].filter((_, at) => at % 2 === 1)).toEqual([0, 1, 8, 6, 3]);
  });

  it('places points on a line, all equal ones too', () => {
    for (const spread of [0, 1]) {
      const values = Float32Array.from({ length: 40 }, (_, i) => 1 + spread * (i >> 1));
      const points = subVectors(Tensor.from(gpu, 1, 40, values), 2);
      const chosen = [...mahalanobisEntries(points, 4, values)].filter((_, at) => at % 2 === 1);
      expect(new Set(chosen).size).toBe(4);
    }
  });

  it('repeats random points only where there are too few', () => {
    const points = subVectors(Tensor.from(gpu, 3, 4, new Float32Array(12)), 2, { bookRows: 2 });
    const members = (codewords: number, book: number) =>
      [...randomEntries(points, { codewords, init: 'random', seed: 1 })]
        .filter((_, at) => at % 2 === 1)
        .slice(book * codewords, (book + 1) * codewords);
    expect(new Set(members(4, 0)).size).toBe(4);
    expect(members(4, 1).every((i) => i >= 4)).toBe(true);
  });

  it('has RTN’s levels', () => {
    expect([...rtnLevels(Float32Array.from([-1, 0.5, 2]), [0, 1, 2], 4)]).toEqual([-1, 0, 1, 2]);
    expect([...rtnLevels(Float32Array.from([0, 0]), [0, 1], 2)].every(Number.isFinite)).toBe(true);
  });
});

describe('work and memory stay bounded', async () => {
  const gpu = await testGpu();

  it('gives the same bits when a step is cut into many dispatches', async () => {
    const w = upload(gpu, randomMatrix(40, 60, 2));
    const points = subVectors(w, 4, { bookRows: 10, bookCols: 20 });
    const run = async () => {
      const books = await startCodebooks(points, { codewords: 9, init: 'kmeans++', seed: 1 });
      const { codes, distances } = assign(points, books);
      const sums = sumByCode(points, codes, 9);
      return [await books.read(), await codes.read(), await distances.read(), await sums.read()];
    };
    const whole = await run();
    const budget = gpu.workBudget;
    gpu.workBudget = 1;
    expect(await run()).toEqual(whole);
    gpu.workBudget = budget;
  });

  it('handles 65 536 codewords of eight weights', async () => {
    const points = subVectors(upload(gpu, randomMatrix(2, 64, 4)), 8);
    const codewords = 65536;
    const books = randomMatrix(1, codewords * 8, 5);
    const values = await readPoints(points);
    values.subarray(0, 8).forEach((v, j) => (books.data[(codewords - 1) * 8 + j] = v));
    const { codes } = assign(points, upload(gpu, books));
    const found = await codes.read();
    const expected = assignReference(points, codewords, (i, k) =>
      distanceReference(points, values, books.data, null, i, k),
    );
    expect(found).toEqual(expected.codes);
    expect(found[0]).toBe(codewords - 1);
    const sums = await sumByCode(points, codes, codewords).read();
    expect(relativeDifference(sums, sumByCodeReference(points, values, found, codewords))).toBeLessThan(1e-6);
  });

  it('knows which sub-vectors a book has', () => {
    const points = subVectors(upload(gpu, randomMatrix(7, 26, 1)), 4, { bookRows: 3, bookCols: 12 });
    const seen = new Set<number>();
    for (let book = 0; book < points.books; book++) {
      const members = [...membersOf(points, book)];
      expect(members.length).toBe(sizeOf(points, book));
      for (const i of members) {
        expect(bookOf(points, Math.floor(i / points.subs), i % points.subs)).toBe(book);
        seen.add(i);
      }
    }
    expect(seen.size).toBe(7 * 7);
  });
});
