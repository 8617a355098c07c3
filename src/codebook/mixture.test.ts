/** Candidates, mixtures and split signs against float64 twins, central differences and the released VQ4DiT code. */
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { memorySource } from '../checkpoint/bytes';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import { testGpu } from '../gpu/testing/gpus';
import { subtract } from '../tensor/elementwise';
import { Indices } from '../tensor/indices';
import { matmul } from '../tensor/matmul';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';
import { expectClose, randomMatrix, relativeDifference, upload } from '../tensor/testing';
import { matrix } from '../tensor/reference/matrix';
import { describeShared } from '../testing/shared';
import { nearestCandidates } from './candidates';
import { decode } from './decode';
import {
  freeze,
  frozenCount,
  hardCodes,
  logitGradients,
  mixtureGradients,
  mixtureOf,
  mixtureRatios,
  mixtureWeights,
  nothingFrozen,
  startLogits,
} from './mixture';
import { candidatesReference } from './reference';
import { mixtureReference, signReference } from './reference-mixture';
import { signedWeights, signGradients } from './signs';
import { codebooksOf, example, name, SHAPES } from './testing';
import { subVectors, tilesOf } from './tiles';

describe('on the GPU', async () => {
  const gpu = await testGpu();

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('finds candidates of %s', async (_, shape) => {
    const { plain, transposed, values } = example(gpu, shape);
    const books = codebooksOf(plain, shape.codewords, 7);
    for (const asked of [1, 2, 5, 8]) {
      const n = Math.min(asked, shape.codewords);
      const expected = candidatesReference(plain, values, books.values, n);
      for (const points of [plain, transposed]) {
        const found = nearestCandidates(points, books.tensor, asked);
        expect(found.n).toBe(n);
        await expectClose(found.distances, matrix(plain.rows, plain.subs * n, expected.distances), 1e-5);
        expect(await found.codes.read()).toEqual(expected.codes);
      }
    }
  });

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('mixes %s', async (_, shape) => {
    const { rows, cols, dim, codewords } = shape;
    const tiles = tilesOf(rows, cols, dim, shape);
    const random = new Random(9);
    const gradient = randomMatrix(rows, cols, 4);
    const books = randomMatrix(tiles.books, codewords * dim, 5);
    for (const n of [1, 2, 3, 8]) {
      const codes = Uint32Array.from({ length: rows * tiles.subs * n }, () => random.integer(codewords));
      const logits = randomMatrix(rows, tiles.subs * n, n, 3);
      const choices = Uint32Array.from({ length: rows * tiles.subs }, () => Math.max(0, random.integer(n + 2) - 1));
      const mixture = mixtureOf(tiles, { codes: Indices.from(gpu, codes), n });
      for (const frozen of [null, choices]) {
        const expected = mixtureReference(tiles, books.data, codes, logits.data, frozen, gradient.data);
        const held = frozen && Indices.from(gpu, frozen);
        const ratios = mixtureRatios(mixture, upload(gpu, logits), held);
        const wide = (values: Float64Array) => matrix(rows, tiles.subs * n, values);
        await expectClose(ratios, wide(expected.ratios), 1e-5);
        const codebooks = upload(gpu, books);
        const weights = mixtureWeights(mixture, codebooks, ratios);
        await expectClose(weights, matrix(rows, cols, expected.weights), 1e-5);
        const gradients = mixtureGradients(mixture, codebooks, ratios, upload(gpu, gradient), held);
        // Absolute: where all candidates are the same codeword the gradient is zero.
        const [byLogit, wanted] = [await gradients.logits.read(), expected.logitGradients];
        byLogit.forEach((value, i) => expect(Math.abs(value - wanted[i])).toBeLessThan(2e-5));
        await expectClose(gradients.codebooks, matrix(books.rows, books.cols, expected.codebookGradients), 1e-5);
        const again = mixtureGradients(mixture, codebooks, ratios, upload(gpu, gradient), held);
        expect(await again.codebooks.read()).toEqual(await gradients.codebooks.read());
      }
    }
  });

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('splits signs of %s', async (_, shape) => {
    const { rows, cols, dim, codewords } = shape;
    const tiles = tilesOf(rows, cols, dim, shape);
    const random = new Random(3);
    const codes = Uint32Array.from({ length: rows * tiles.subs }, () => random.integer(codewords));
    const latent = randomMatrix(rows, cols, 6);
    if (cols > 1) latent.data[1] = 0;
    const [gradient, books] = [randomMatrix(rows, cols, 4), randomMatrix(tiles.books, codewords * dim, 5)];
    const expected = signReference(tiles, books.data, codes, latent.data, gradient.data);
    const held = Indices.from(gpu, codes);
    const [codebooks, signs] = [upload(gpu, books), upload(gpu, latent)];
    const weights = signedWeights(tiles, codebooks, held, signs);
    await expectClose(weights, matrix(rows, cols, expected.weights), 1e-7);
    const found = signGradients(tiles, codebooks, held, signs, upload(gpu, gradient));
    await expectClose(found.latent, matrix(rows, cols, expected.latentGradients), 1e-6);
    await expectClose(found.codebooks, matrix(books.rows, books.cols, expected.codebookGradients), 1e-5);
  });
});

describe('by central differences', async () => {
  const gpu = await testGpu();

  it('logits and codebooks of a mixture', async () => {
    const tiles = tilesOf(5, 11, 3, { bookRows: 3, bookCols: 6 });
    const n = 3;
    const random = new Random(1);
    const codes = Uint32Array.from({ length: 5 * tiles.subs * n }, () => random.integer(4));
    const mixture = mixtureOf(tiles, { codes: Indices.from(gpu, codes), n });
    const logits = randomMatrix(5, tiles.subs * n, 2);
    const books = randomMatrix(tiles.books, 12, 3);
    const slope = randomMatrix(5, 11, 4);
    // L = Σ slope · W, whose dL/dW is slope itself.
    const loss = (z: Float64Array, c: Float64Array) =>
      mixtureReference(tiles, c, codes, z, null, slope.data).weights.reduce((sum, w, i) => sum + w * slope.data[i], 0);
    const difference = (change: (by: number) => number) => (change(1e-5) - change(-1e-5)) / 2e-5;
    const found = mixtureGradients(
      mixture,
      upload(gpu, books),
      mixtureRatios(mixture, upload(gpu, logits)),
      upload(gpu, slope),
    );
    const moved = (values: Float64Array, at: number, by: number) => values.map((v, i) => (i === at ? v + by : v));
    const byLogit = logits.data.map((_, at) => difference((by) => loss(moved(logits.data, at, by), books.data)));
    const byWord = books.data.map((_, at) => difference((by) => loss(logits.data, moved(books.data, at, by))));
    expect(relativeDifference(await found.logits.read(), byLogit)).toBeLessThan(1e-5);
    expect(relativeDifference(await found.codebooks.read(), byWord)).toBeLessThan(1e-5);
  });
});

describe('freezing', async () => {
  const gpu = await testGpu();

  it('takes the candidates above the threshold, keeps them, and stops their gradient', async () => {
    const tiles = tilesOf(2, 4, 2);
    const mixture = mixtureOf(tiles, { codes: Indices.from(gpu, Uint32Array.of(0, 1, 1, 2, 2, 0, 0, 2)), n: 2 });
    const codebooks = Tensor.from(gpu, 1, 6, [1, 1, 2, 2, 4, 4]);
    const frozen = nothingFrozen(mixture);
    const sure = Tensor.from(gpu, 2, 4, [6, 0, 0, 6, 1, 0, 0, 0]);
    freeze(mixture, mixtureRatios(mixture, sure, frozen), 0.99, frozen);
    expect([...(await frozen.read())]).toEqual([1, 2, 0, 0]);
    expect(await frozenCount(frozen)).toBe(2);
    const turned = Tensor.from(gpu, 2, 4, [0, 9, 9, 0, 9, 0, 0, 0]);
    const ratios = mixtureRatios(mixture, turned, frozen);
    expect([...(await ratios.read())].slice(0, 4)).toEqual([1, 0, 0, 1]);
    freeze(mixture, ratios, 0.99, frozen);
    expect([...(await frozen.read())]).toEqual([1, 2, 1, 0]);
    const held = mixtureRatios(mixture, turned, frozen);
    expect([...(await mixtureWeights(mixture, codebooks, held).read())]).toEqual([1, 1, 4, 4, 4, 4, 2.5, 2.5]);
    expect([...(await hardCodes(mixture, held).read())]).toEqual([0, 2, 2, 0]);
    const gradient = Tensor.from(gpu, 2, 4, new Float32Array(8).fill(1));
    const byLogit = await logitGradients(mixture, codebooks, held, gradient, frozen).read();
    expect([...byLogit].slice(0, 6)).toEqual([0, 0, 0, 0, 0, 0]);
    expect(byLogit[7]).toBeGreaterThan(0);
  });
});

const fixture = (name: string) => new URL(`./fixtures/${name}.safetensors`, import.meta.url).pathname;

describe.each(['vq4dit', 'vq4dit-last'])('the released VQ4DiT code, twelve rows of %s', (name) =>
  compareWithReleased(fixture(name), false),
);
describeShared('golden', 'the released VQ4DiT code, all rows', (folder) =>
  compareWithReleased(`${folder}vq4dit.safetensors`, true),
);

/** `whole` files hold all rows with their inputs X, others some rows with H. */
async function compareWithReleased(path: string, whole: boolean) {
  const gpu = await testGpu();
  const file = await openSafetensors(memorySource(readFileSync(path), path));
  const load = async (tensor: string) => {
    const info = file.tensors.get(tensor);
    if (!info) throw new Error(`no tensor ${tensor}`);
    return matrix(info.shape[0], info.shape[1] ?? 1, await readTensor(info));
  };
  const w = await load('W');
  const subs = w.cols / 4;
  const golden = async (tensor: string) => {
    const m = await load(tensor);
    return m.rows === w.rows ? m : matrix(w.rows, subs * 2, m.data);
  };

  it('agrees in every recorded tensor', async () => {
    const weight = upload(gpu, w);
    const book = await load('codebook');
    const codebooks = Tensor.from(gpu, 1, book.data.length, book.data);
    const points = subVectors(weight, 4);
    const found = nearestCandidates(points, codebooks, 2);
    expect([...(await found.codes.read())]).toEqual([...(await load('candidates')).data]);
    const mixture = mixtureOf(points, found);
    let logits = startLogits(found);
    await expectClose(logits, await golden('logits0'), 1e-4);
    // H = XᵀX / (tokens · rows), so that the loss, a mean over both, is tr(Δ H Δᵀ), Δ = Ŵ − W.
    const x = whole ? upload(gpu, await load('X')) : null;
    const h = x ? matmul('tn', x, x, { alpha: 1 / (x.rows * w.rows) }) : upload(gpu, await load('H'));
    const lossOf = async (mixed: Tensor) => {
      const scalars = new Scalars(gpu);
      const delta = subtract(mixed, weight);
      scalars.innerProduct(matmul('nn', delta, h), delta);
      return (await scalars.read())[0];
    };
    const squares = new Float64Array(w.rows * subs * 2);
    for (let step = 0; ; step++) {
      const ratios = mixtureRatios(mixture, logits);
      const mixed = mixtureWeights(mixture, codebooks, ratios);
      if (step === 0) {
        await expectClose(mixed, await golden('W_soft0'), 1e-4);
        if (whole) {
          const r = await ratios.read();
          const ratioLoss = (2 * r.reduce((sum, value) => sum + value * (1 - value), 0)) / r.length;
          expect(Math.abs(ratioLoss / (await load('ratio_loss0')).data[0] - 1)).toBeLessThan(1e-4);
        }
      }
      if (whole && (step === 0 || step === 5)) {
        expect(Math.abs((await lossOf(mixed)) / (await load(`loss${step}`)).data[0] - 1)).toBeLessThan(1e-4);
      }
      if (step === 5) {
        await expectClose(logits, await golden('logits5'), 1e-4);
        await expectClose(mixed, await golden('W_soft5'), 1e-4);
        const hard = decode(points, codebooks, hardCodes(mixture, ratios));
        await expectClose(hard, await golden('W_hard5'), 1e-4);
        const frozen = nothingFrozen(mixture);
        freeze(mixture, ratios, 0.99, frozen);
        expect(await frozenCount(frozen)).toBe(0);
        return;
      }
      const gradient = matmul('nn', subtract(mixed, weight), h, { alpha: 2 });
      const slopes = logitGradients(mixture, codebooks, ratios, gradient);
      if (step === 0) await expectClose(slopes, await golden('grad_logits0'), 1e-4);
      // RMSprop: rate 0.05, α 0.9, ε 1e-8.
      const [z, g] = [await logits.read(), await slopes.read()];
      squares.forEach((s, i) => (squares[i] = 0.9 * s + 0.1 * g[i] ** 2));
      logits = upload(
        gpu,
        matrix(
          w.rows,
          subs * 2,
          z.map((value, i) => value - (0.05 * g[i]) / (Math.sqrt(squares[i]) + 1e-8)),
        ),
      );
    }
  });
}
