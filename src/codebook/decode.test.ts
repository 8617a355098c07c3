/** Decoding against the host's, bit for bit; block scales against float64. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { decodeCodebook, type CodebookTensor } from '../quantizer/codebook';
import { Indices } from '../tensor/indices';
import { Tensor } from '../tensor/tensor';
import { expectZeroPadding, relativeDifference } from '../tensor/testing';
import { decode } from './decode';
import { blockMaxima, divideByScales, logScales } from './scales';
import { columnWeights, example, name, SHAPES } from './testing';
import { tilesOf } from './tiles';

describe('on the GPU', async () => {
  const gpu = await testGpu();

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('decodes %s', async (_, shape) => {
    const { rows, cols, dim, codewords } = shape;
    const tiles = tilesOf(rows, cols, dim, shape);
    const random = new Random(2);
    const block = 2 * dim;
    const blocks = Math.ceil(cols / block);
    for (const [scaled, signed] of [
      [false, false],
      [true, false],
      [true, true],
    ]) {
      const t: CodebookTensor = {
        kind: 'codebook',
        rows,
        cols,
        dim,
        codewords,
        bookRows: tiles.bookRows,
        bookCols: tiles.bookSubs * dim,
        codebooks: random.normals(tiles.books * codewords * dim, 0.02) as Float32Array<ArrayBuffer>,
        codebookBits: 32,
        assignments: Uint16Array.from({ length: rows * tiles.subs }, () => random.integer(codewords)),
        scales: scaled
          ? {
              values: random.normals(rows * blocks).map((x) => 0.1 + x * x),
              block,
              bits: 32,
            }
          : null,
        signs: signed ? Uint8Array.from({ length: Math.ceil((rows * cols) / 8) }, () => random.integer(256)) : null,
        sharedBy: null,
      };
      const words = new Uint32Array(Math.ceil((rows * cols) / 32));
      if (t.signs) new Uint8Array(words.buffer).set(t.signs);
      const out = decode(
        tiles,
        Tensor.from(gpu, tiles.books, codewords * dim, t.codebooks),
        Indices.from(gpu, Uint32Array.from(t.assignments)),
        {
          scales: t.scales ? { values: Tensor.from(gpu, rows, blocks, t.scales.values), block } : null,
          signs: signed ? Indices.from(gpu, words) : null,
        },
      );
      const [bytes] = await gpu.read({ buffer: out.buffer, bytes: out.bytes });
      const host = new Float32Array(bytes);
      expect(out.unpad(host)).toEqual(decodeCodebook(t));
      expectZeroPadding(out, host);
    }
  });

  it.each(SHAPES.map((shape) => [name(shape), shape] as const))('scales blocks of %s', async (_, shape) => {
    const { plain, transposed, values } = example(gpu, shape);
    const { rows, cols, dim } = shape;
    const at = (r: number, c: number) => values[r * plain.subs * dim + c];
    const block = 2 * dim;
    const blocks = Math.ceil(cols / block);
    const columns = columnWeights(cols, 4);
    for (const points of [plain, transposed]) {
      const maxima = blockMaxima(points, block);
      const [bytes] = await gpu.read({ buffer: maxima.buffer, bytes: maxima.bytes });
      const host = new Float32Array(bytes);
      expectZeroPadding(maxima, host);
      const found = maxima.unpad(host);
      found.forEach((largest, i) => {
        const [r, b] = [Math.floor(i / blocks), i % blocks];
        const own = Array.from({ length: Math.min(block, cols - b * block) }, (_, j) => Math.abs(at(r, b * block + j)));
        expect(largest).toBe(Math.max(...own));
      });
      const scales = logScales(found, blocks);
      for (const weights of [null, columns]) {
        const scaled = divideByScales(
          points,
          Tensor.from(gpu, rows, blocks, scales),
          block,
          weights && Tensor.from(gpu, 1, cols, weights),
        );
        const order = (r: number, c: number) => (points.transposed ? c * rows + r : r * cols + c);
        const expected = [new Float64Array(rows * cols), new Float64Array(rows * cols)];
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < cols; c++) {
            const scale = scales[r * blocks + Math.floor(c / block)];
            expected[0][order(r, c)] = at(r, c) / scale;
            expected[1][order(r, c)] = (weights?.[c] ?? 1) * scale ** 2;
          }
        }
        for (const [tensor, wanted] of [
          [scaled.points.matrix, expected[0]],
          [scaled.weights.weights, expected[1]],
        ] as const) {
          const [raw] = await gpu.read({ buffer: tensor.buffer, bytes: tensor.bytes });
          expectZeroPadding(tensor, new Float32Array(raw));
          expect(relativeDifference(tensor.unpad(new Float32Array(raw)), wanted)).toBeLessThan(1e-6);
        }
      }
    }
  });
});

describe('logarithmic scales', () => {
  it('span the least to the greatest of a column block in 15 equal steps', () => {
    const maxima = Float32Array.from({ length: 16 }, (_, i) => 2 ** (i / 3));
    const scales = logScales(maxima, 1);
    scales.forEach((scale, i) => expect(scale).toBeCloseTo(maxima[i], 4));
    const between = logScales(Float32Array.of(1, Math.exp(0.6), Math.exp(1.5)), 1);
    expect(between[1]).toBeCloseTo(Math.exp(0.6), 5);
    expect(logScales(Float32Array.of(1, Math.exp(0.64), Math.exp(1.5)), 1)[1]).toBeCloseTo(Math.exp(0.6), 5);
  });

  it('leave blocks of zeros out', () => {
    expect([...logScales(Float32Array.of(0, 0), 1)]).toEqual([1, 1]);
    expect([...logScales(Float32Array.of(0, 4, 4), 1)]).toEqual([4, 4, 4]);
  });
});
