/** Mixtures, split signs and the ratio loss on the tape, against central differences and the estimator's definition. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { mixtureOf, mixtureRatios } from '../codebook/mixture';
import { mixtureReference, signReference } from '../codebook/reference-mixture';
import { tilesOf } from '../codebook/tiles';
import { testGpu } from '../gpu/testing/gpus';
import { Indices } from '../tensor/indices';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import { Tensor } from '../tensor/tensor';
import { expectClose, randomMatrix, upload } from '../tensor/testing';
import { mixture, scaleRows, signSplit } from './codebook';
import { scalarsOf } from './loss';
import { ratioLoss } from './ratio-loss';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

/** rows, cols, dim, codewords, candidates. */
const SHAPES = [
  [1, 1, 1, 2, 2],
  [5, 9, 2, 5, 2],
  [9, 17, 4, 16, 3],
  [6, 16, 8, 3, 1],
  [13, 40, 4, 64, 8],
] as const;

describe('weights out of codebooks', async () => {
  const gpu = await testGpu();

  function example(rows: number, cols: number, dim: number, codewords: number, n: number, freezing: boolean) {
    const tiles = tilesOf(rows, cols, dim);
    const random = new Random(rows + cols + n);
    const points = rows * tiles.subs;
    // Different candidates of a sub-vector, as nearestCandidates gives them.
    const candidates = Uint32Array.from(
      { length: points * n },
      (_, i) => (Math.floor(i / n) * 7 + (i % n)) % codewords,
    );
    const choices = Uint32Array.from({ length: points }, () =>
      freezing ? Math.max(0, random.integer(2 * n) - n + 1) : 0,
    );
    const codes = Indices.from(gpu, candidates);
    return {
      tiles,
      candidates,
      choices,
      of: mixtureOf(tiles, { codes, n }),
      frozen: Indices.from(gpu, choices),
      logits: randomMatrix(rows, tiles.subs * n, 3),
      codebooks: randomMatrix(1, codewords * dim, 4),
    };
  }

  it.each(SHAPES)('mixes %i × %i, d %i, K %i, n %i', async (rows, cols, dim, codewords, n) => {
    for (const freezing of [false, true]) {
      const { tiles, candidates, choices, of, frozen, logits, codebooks } = example(
        rows,
        cols,
        dim,
        codewords,
        n,
        freezing,
      );
      const gradient = new Float64Array(rows * cols);
      await expectGradients(gpu, {
        inputs: [logits, codebooks],
        operation: (tape, [z, c]) => mixture(tape, z, c, of, { frozen: freezing ? frozen : null }).weights,
        twin: ([z, c]) =>
          matrix(
            rows,
            cols,
            mixtureReference(tiles, c.data, candidates, z.data, freezing ? choices : null, gradient).weights,
          ),
      });
    }
  });

  it('gives no gradient to codebooks that are not trained, and tells that of the weights', async () => {
    const { of, logits, codebooks } = example(5, 9, 2, 5, 2, false);
    const [z, c] = [new Parameter(upload(gpu, logits)), upload(gpu, codebooks)];
    const tape = new Tape(gpu);
    const told: Promise<Float32Array>[] = [];
    const { weights } = mixture(tape, z, tape.constant(c), of, { onGradient: (g) => told.push(g.read()) });
    const seed = randomMatrix(5, 9, 5);
    tape.backward(weights, upload(gpu, seed));
    tape.release();
    expect(z.grad).not.toBeNull();
    expect(await told[0]).toEqual(Float32Array.from(seed.data));
  });

  it.each(SHAPES)('splits the signs of %i × %i, d %i, K %i', async (rows, cols, dim, codewords) => {
    const tiles = tilesOf(rows, cols, dim);
    const codes = Uint32Array.from({ length: rows * tiles.subs }, (_, i) => (i * 5) % codewords);
    const latent = randomMatrix(rows, cols, 6);
    latent.data[0] = 0;
    const codebooks = matrix(1, codewords * dim, randomMatrix(1, codewords * dim, 7).data.map(Math.abs));
    const onGpu = Indices.from(gpu, codes);
    const twinOf = (c: Matrix, l: Matrix, g: Matrix) => signReference(tiles, c.data, codes, l.data, g.data);
    const none = matrix(rows, cols);
    await expectGradients(gpu, {
      inputs: [codebooks, latent],
      wanted: [0],
      operation: (tape, [c, l]) => signSplit(tape, c, l, tiles, onGpu),
      twin: ([c, l]) => matrix(rows, cols, twinOf(c, l, none).weights),
    });
    // The sign has no derivative: what is passed through is g ⊙ c[A] by definition.
    const g = randomMatrix(rows, cols, 8);
    const tape = new Tape(gpu);
    const [c, l] = [new Parameter(upload(gpu, codebooks)), new Parameter(upload(gpu, latent))];
    tape.backward(signSplit(tape, c, l, tiles, onGpu), upload(gpu, g));
    const expected = twinOf(codebooks, latent, g);
    await expectClose(l.grad as Tensor, matrix(rows, cols, expected.latentGradients), 1e-6);
    await expectClose(c.grad as Tensor, matrix(1, codewords * dim, expected.codebookGradients), 1e-5);
    tape.release();
  });

  it('scales rows', async () => {
    const [x, s] = [randomMatrix(5, 9, 1), randomMatrix(1, 5, 2)];
    const scales = upload(gpu, s);
    await expectGradients(gpu, {
      inputs: [x],
      operation: (tape, [x]) => scaleRows(tape, x, scales),
      twin: ([x]) =>
        matrix(
          5,
          9,
          x.data.map((value, i) => value * s.data[Math.floor(i / 9)]),
        ),
    });
  });

  describe('the ratio loss', () => {
    const f = {
      sharp: (r: number) => 1 - Math.abs(2 * r - 1),
      product: (r: number) => r * (1 - r),
    };
    const layers = [example(9, 17, 4, 16, 3, true), example(33, 100, 4, 16, 2, true)];
    const twin = (form: keyof typeof f) => (logits: readonly Matrix[]) => {
      let [sum, free, points] = [0, 0, 0];
      layers.forEach(({ tiles, candidates, choices, codebooks, of: { n } }, layer) => {
        const none = new Float64Array(tiles.rows * tiles.cols);
        const { ratios } = mixtureReference(tiles, codebooks.data, candidates, logits[layer].data, choices, none);
        ratios.forEach((r, at) => (sum += choices[Math.floor(at / n)] > 0 ? 0 : f[form](r)));
        points += choices.length;
        free += choices.filter((choice) => choice === 0).length;
      });
      return matrix(1, 1, [sum / (form === 'sharp' ? points : free)]);
    };
    const parts = (tape: Tape, logits: readonly Parameter[]) =>
      layers.map(({ of, frozen }, i) => {
        return { of, frozen, logits: logits[i], ratios: tape.keep(mixtureRatios(of, logits[i].value, frozen)) };
      });

    it.each(['sharp', 'product'] as const)('in its %s form', async (form) => {
      await expectGradients(gpu, {
        inputs: layers.map(({ logits }) => logits),
        operation: (tape, logits) => ratioLoss(tape, parts(tape, logits as Parameter[]), { form }),
        twin: twin(form),
      });
    });

    it('counts only where it exceeds the smallest it has been since a restart', async () => {
      const least = Tensor.zeros(gpu, 1, 1);
      const plain = twin('product');
      const [base] = plain(layers.map(({ logits }) => logits)).data;
      // Sharper logits make the loss smaller: factors of the logits, step by step.
      const factors = [1, 2, 1.5, 3, 3, 1, 1];
      const restarts = [true, false, false, false, false, true, false];
      let smallest = Infinity;
      for (const [step, factor] of factors.entries()) {
        const scaled = layers.map(({ logits }) =>
          matrix(
            logits.rows,
            logits.cols,
            logits.data.map((z) => factor * z),
          ),
        );
        const [value] = plain(scaled).data;
        if (restarts[step]) smallest = Infinity;
        // Rounding decides between equals.
        const counts = value > smallest * (1 + 1e-5);
        smallest = Math.min(smallest, value);
        const variables = scaled.map((logits) => new Parameter(upload(gpu, logits)));
        const tape = new Tape(gpu);
        const gate = { least, restart: restarts[step] };
        const loss = ratioLoss(tape, parts(tape, variables), { form: 'product', gate });
        tape.backward(loss);
        const [seen, kept] = await scalarsOf(loss, least);
        expect(Math.abs(kept - smallest)).toBeLessThan(1e-5 * base);
        const slopes = await Promise.all(variables.map(({ grad }) => (grad as Tensor).read()));
        const moved = slopes.some((values) => values.some((slope) => slope !== 0));
        if (Math.abs(value - smallest) > 1e-5 * base || restarts[step]) {
          expect(moved).toBe(counts);
          expect(Math.abs(seen - (counts ? value : 0))).toBeLessThan(1e-5 * base);
        }
        tape.release();
      }
    });
  });
});
