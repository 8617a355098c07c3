/** The AQLM writer against its independent reader and the format's own formula, and the layers that it has no place for. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { aqlmConfig, checkAqlmShape, parseAqlmConfig, type AqlmShape } from './aqlm-config';
import { readAqlmLayer } from './aqlm-read';
import { aqlmTensors, type AqlmLayer } from './aqlm-write';
import { memorySource } from './bytes';
import { floatToHalf, halfToFloat } from './dtype';
import { openSafetensors, readTensorRaw, type SafetensorsFile } from './safetensors';
import { safetensorsBlobParts, type TensorToWrite } from './safetensors-write';
import { rejection } from './testing';

const NAME = 'model.layers.0.mlp.up_proj';
const half = (value: number) => halfToFloat(floatToHalf(value));

async function fileOf(tensors: readonly TensorToWrite[]): Promise<SafetensorsFile> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of safetensorsBlobParts(tensors).chunks()) chunks.push(chunk);
  return openSafetensors(memorySource(new Uint8Array(Buffer.concat(chunks)), 'model.safetensors'));
}

/** Codewords and scales that F16 holds exactly. */
function randomLayer(rows: number, cols: number, dim: number, codewords: number, scaled: boolean): AqlmLayer {
  const random = new Random(codewords + dim);
  return {
    ...{ name: NAME, rows, cols, dim },
    codebook: random.normals(codewords * dim).map(half),
    assignments: Uint16Array.from({ length: (rows * cols) / dim }, () => random.integer(codewords)),
    scales: scaled ? random.normals(rows).map((value) => half(Math.abs(value))) : null,
  };
}

describe('a layer there and back', () => {
  it.each([
    { rows: 4, cols: 8, dim: 2, codewords: 2, scaled: false },
    { rows: 3, cols: 6, dim: 3, codewords: 16, scaled: true },
    { rows: 16, cols: 32, dim: 8, codewords: 256, scaled: false },
    { rows: 5, cols: 40, dim: 8, codewords: 512, scaled: true },
    { rows: 8, cols: 16, dim: 1, codewords: 65536, scaled: false },
  ])('$rows × $cols, d = $dim, K = $codewords', async ({ rows, cols, dim, codewords, scaled }) => {
    const layer = randomLayer(rows, cols, dim, codewords, scaled);
    const bits = Math.log2(codewords);
    const file = await fileOf(aqlmTensors(layer, bits));
    expect(file.tensors.get(`${NAME}.codes`)).toMatchObject({
      dtype: bits > 8 ? 'I16' : 'I8',
      shape: [rows, cols / dim, 1],
    });
    expect(file.tensors.get(`${NAME}.codebooks`)).toMatchObject({ dtype: 'F16', shape: [1, codewords, 1, dim] });
    expect(file.tensors.get(`${NAME}.scales`)).toMatchObject({ dtype: 'F16', shape: [rows, 1, 1, 1] });
    const weights = await readAqlmLayer(file, NAME, aqlmConfig({ bits, dim, kept: [] }));
    const expected = Float32Array.from({ length: rows * cols }, (_, i) => {
      const [r, c] = [Math.floor(i / cols), i % cols];
      const code = layer.assignments[(r * cols) / dim + Math.floor(c / dim)];
      return (layer.scales?.[r] ?? 1) * layer.codebook[code * dim + (c % dim)];
    });
    expect(weights).toEqual(expected);
  });

  it('stores the upper half of the codes as negative numbers of B bits, as the published packing does', async () => {
    const assignments = Uint16Array.of(0, 7, 8, 15);
    const layer = { ...randomLayer(1, 4, 1, 16, false), assignments };
    const info = (await fileOf(aqlmTensors(layer, 4))).tensors.get(`${NAME}.codes`);
    expect(info && [...new Int8Array((await readTensorRaw(info)).buffer)]).toEqual([0, 7, -8, -1]);
  });

  it('fills up a book that is smaller than the others of the checkpoint', async () => {
    const layer = randomLayer(2, 4, 2, 4, false);
    const file = await fileOf(aqlmTensors(layer, 6));
    const weights = await readAqlmLayer(file, NAME, aqlmConfig({ bits: 6, dim: 2, kept: [] }));
    expect(weights[0]).toBe(layer.codebook[layer.assignments[0] * 2]);
  });

  it('adds several codebooks and spreads groups of outputs, as others write them', async () => {
    const config = { ...aqlmConfig({ bits: 1, dim: 2, kept: [] }), num_codebooks: 2, out_group_size: 2 };
    const floats = (shape: number[], ...values: number[]): Omit<TensorToWrite, 'name'> => ({
      ...{ dtype: 'F32', shape },
      bytes: new Uint8Array(Float32Array.from(values).buffer),
    });
    const file = await fileOf([
      { name: 'm.codes', dtype: 'I8', shape: [1, 2, 2], bytes: new Uint8Array(Int8Array.of(0, -1, -1, 0).buffer) },
      { name: 'm.codebooks', ...floats([2, 2, 2, 2], 1, 2, 3, 4, 5, 6, 7, 8, 10, 20, 30, 40, 50, 60, 70, 80) },
      { name: 'm.scales', ...floats([1, 1, 1, 1], 2) },
    ]);
    // Group 0: book 0's word 0 and book 1's word 1; group 1: word 1 and word 0.
    expect([...(await readAqlmLayer(file, 'm', config))]).toEqual([102, 124, 30, 52, 146, 168, 74, 96]);
  });
});

describe('what cannot be written', () => {
  const fits: AqlmShape = {
    ...{ name: NAME, cols: 64, dim: 8, codewords: 256, books: 1, scalesPerRow: 0, signs: false, linear: true },
  };

  it('is nothing where all fits', () => {
    expect(() => checkAqlmShape(fits)).not.toThrow();
    expect(() => checkAqlmShape({ ...fits, scalesPerRow: 1 })).not.toThrow();
  });

  it.each([
    [{ codewords: 12 }, 'has 12 codewords, and an AQLM codebook has a power of two'],
    [{ dim: 3 }, 'has 64 inputs, which sub-vectors of 3 do not fill'],
    [{ books: 4 }, 'has 4 codebooks for its parts, and AQLM has one for all of it'],
    [{ scalesPerRow: 2 }, 'has 2 scales an output, and AQLM has one'],
    [{ signs: true }, 'stores its signs apart'],
    [{ linear: false }, 'is stored transposed'],
  ])('is said with its reason: %o', (change, why) => {
    expect(() => checkAqlmShape({ ...fits, ...change })).toThrow(why);
    expect(() => checkAqlmShape({ ...fits, ...change })).toThrow(NAME);
  });

  it('is a codeword beyond F16', () => {
    const layer = { ...randomLayer(1, 4, 1, 2, false), codebook: Float32Array.of(0, 1e6) };
    expect(() => aqlmTensors(layer, 1)).toThrow(/codeword of layer .* beyond the largest F16/);
  });
});

describe('reading', () => {
  it('takes its own config back', () => {
    const config = aqlmConfig({ bits: 8, dim: 4, kept: ['lm_head.weight'] });
    expect(parseAqlmConfig(JSON.parse(JSON.stringify(config)), 'config.json')).toEqual(config);
  });

  it.each([
    [{ quant_method: 'gptq' }, 'quant_method'],
    [{ nbits_per_codebook: 17 }, 'nbits_per_codebook'],
    [{ num_codebooks: 0 }, 'num_codebooks'],
    [{ in_group_size: 1.5 }, 'in_group_size'],
    [{ linear_weights_not_to_quantize: [1] }, 'linear_weights_not_to_quantize'],
  ])('refuses the config with %o', (change, key) => {
    const config = { ...aqlmConfig({ bits: 8, dim: 4, kept: [] }), ...change };
    expect(() => parseAqlmConfig(config, 'config.json')).toThrow(key);
    expect(() => parseAqlmConfig(null, 'config.json')).toThrow('quant_method');
  });

  it('says what is missing, and what does not belong to the config', async () => {
    const layer = randomLayer(4, 8, 2, 4, false);
    const file = await fileOf(aqlmTensors(layer, 2));
    const config = aqlmConfig({ bits: 2, dim: 2, kept: [] });
    expect(await rejection(readAqlmLayer(file, 'other', config))).toMatchObject({ code: 'QS-FILE-07' });
    const wrong = await rejection(readAqlmLayer(file, NAME, { ...config, in_group_size: 4 }));
    expect(wrong.message).toMatch(/codebooks" is F16 \[1, 4, 1, 2\], but floats \[1, 4, 1, 4\]/);
  });
});
