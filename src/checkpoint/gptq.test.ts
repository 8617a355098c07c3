/** The GPTQ writer against its independent reader, the golden words, and the ways a checkpoint can disagree with itself. */
import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { Random } from '../base/random';
import { memorySource } from './bytes';
import { decodeFloat32, floatToHalf, halfToFloat, littleEndianBytes } from './dtype';
import { rejection } from './testing';
import {
  checkpointFormatFor,
  gptqConfig,
  parseGptqConfig,
  type GptqCheckpointFormat,
  type GptqConfig,
} from './gptq-config';
import { readGptqLayer } from './gptq-read';
import { gptqTensors, type GptqLayer } from './gptq-write';
import { openSafetensors, type SafetensorsFile } from './safetensors';
import { safetensorsBlobParts, type TensorToWrite } from './safetensors-write';

interface LayerChoices {
  readonly rows?: number;
  readonly cols?: number;
  readonly bits: number;
  readonly groups?: number;
  readonly symmetric: boolean;
  readonly shuffled?: boolean;
}

/** Random codes, scales that F16 holds exactly, and, on request, groups in no order. */
function randomLayer({ rows = 64, cols = 96, bits, groups = 3, symmetric, shuffled = false }: LayerChoices): GptqLayer {
  const random = new Random(bits * 1000 + rows);
  const middle = 2 ** (bits - 1);
  return {
    name: 'model.layers.0.mlp.up_proj',
    rows,
    cols,
    bits,
    codes: Uint8Array.from({ length: rows * cols }, () => random.integer(2 ** bits)),
    scales: random.normals(rows * groups).map((value) => halfToFloat(floatToHalf(Math.abs(value) + 0.01))),
    zeros: Uint8Array.from({ length: rows * groups }, () => (symmetric ? middle : random.integer(2 ** bits))),
    groupOf: Uint32Array.from({ length: cols }, (_, k) =>
      shuffled ? random.integer(groups) : Math.floor((k * groups) / cols),
    ),
    bias: random.normals(rows),
  };
}

/** W[n][k] = scale · (q − zero), by the formula. */
function dequantized({ rows, cols, codes, scales, zeros, groupOf }: GptqLayer): Float32Array {
  const groups = scales.length / rows;
  return Float32Array.from({ length: rows * cols }, (_, i) => {
    const at = Math.floor(i / cols) * groups + groupOf[i % cols];
    return scales[at] * (codes[i] - zeros[at]);
  });
}

async function fileOf(tensors: readonly TensorToWrite[]): Promise<SafetensorsFile> {
  const chunks: Uint8Array<ArrayBuffer>[] = [];
  for await (const chunk of safetensorsBlobParts(tensors, { format: 'pt' }).chunks())
    chunks.push(new Uint8Array(chunk));
  return openSafetensors(memorySource(new Uint8Array(await new Blob(chunks).arrayBuffer()), 'model.safetensors'));
}

const configOf = (bits: number, symmetric: boolean, changes: Partial<GptqConfig> = {}): GptqConfig => ({
  ...gptqConfig({ bits, groupSize: 32, descAct: false, symmetric, meta: { quantizer: ['test'], damp_percent: 0.01 } }),
  ...changes,
});

const without = (tensors: readonly TensorToWrite[], suffix: string) =>
  tensors.filter(({ name }) => !name.endsWith(suffix));
const bytesOf = (tensors: readonly TensorToWrite[], suffix: string) =>
  tensors.find(({ name }) => name.endsWith(suffix))!.bytes as Uint8Array;

describe('a written layer', () => {
  const cases = [2, 3, 4, 8].flatMap((bits) =>
    [true, false].flatMap((symmetric) => [1, 3].map((groups) => ({ bits, symmetric, groups, shuffled: groups === 3 }))),
  );

  it.each(cases)('reads back exactly: $bits bits, symmetric $symmetric, $groups groups', async (choices) => {
    const layer = randomLayer(choices);
    const config = configOf(choices.bits, choices.symmetric);
    const file = await fileOf(gptqTensors(layer, config.checkpoint_format));
    expect(await readGptqLayer(file, layer.name, config)).toEqual(dequantized(layer));
  });

  it('has the names, dtypes and shapes of the format', () => {
    const tensors = gptqTensors(randomLayer({ bits: 3, symmetric: true }), 'gptq');
    expect(
      tensors.map(({ name, dtype, shape }) => [name.replace('model.layers.0.mlp.up_proj', ''), dtype, shape]),
    ).toEqual([
      ['.qweight', 'I32', [9, 64]],
      ['.qzeros', 'I32', [3, 6]],
      ['.scales', 'F16', [3, 64]],
      ['.g_idx', 'I32', [96]],
      ['.bias', 'F16', [64]],
    ]);
  });

  it('stores the golden words (K = N = 8, q[k][n] = (3k + 5n) mod 16; the AutoAWQ and compressed-tensors packers agree)', () => {
    const golden: GptqLayer = {
      name: 'golden',
      rows: 8,
      cols: 8,
      bits: 4,
      codes: Uint8Array.from({ length: 64 }, (_, i) => (3 * (i % 8) + 5 * Math.floor(i / 8)) % 16),
      scales: new Float32Array(8).fill(1),
      zeros: Uint8Array.of(8, 8, 7, 0, 15, 1, 9, 8),
      groupOf: new Uint32Array(8),
    };
    const words = Uint32Array.of(
      0x52fc9630,
      0xa741eb85,
      0xfc9630da,
      0x41eb852f,
      0x9630da74,
      0xeb852fc9,
      0x30da741e,
      0x852fc963,
    );
    const tensors = gptqTensors(golden, 'gptq_v2');
    expect(bytesOf(tensors, '.qweight')).toEqual(littleEndianBytes(words));
    expect(bytesOf(tensors, '.qzeros')).toEqual(littleEndianBytes(Uint32Array.of(0x891f0788)));
    expect(tensors.some(({ name }) => name.endsWith('.bias'))).toBe(false);
  });

  it.each<{ format: GptqCheckpointFormat; word: number }>([
    { format: 'gptq', word: 0x77777777 },
    { format: 'gptq_v2', word: 0x88888888 },
  ])('stores symmetric 4-bit zeros in $format as $word', ({ format, word }) => {
    const qzeros = bytesOf(gptqTensors(randomLayer({ bits: 4, symmetric: true }), format), '.qzeros');
    expect(new Set(new Uint32Array(qzeros.slice().buffer))).toEqual(new Set([word]));
  });

  it('keeps the bias', () => {
    const layer = randomLayer({ bits: 4, symmetric: true });
    const written = decodeFloat32('F16', bytesOf(gptqTensors(layer, 'gptq'), '.bias'));
    expect([...written]).toEqual(Array.from(layer.bias!, (value) => halfToFloat(floatToHalf(value))));
  });

  it.each([
    {
      what: '5 bits',
      layer: randomLayer({ bits: 5, symmetric: true }),
      code: 'QS-RECIPE-01',
      says: 'uses 5 bits, but',
    },
    {
      what: 'inputs that end inside a word',
      layer: randomLayer({ bits: 3, cols: 100, symmetric: true }),
      code: 'QS-RECIPE-01',
      says: 'has 100 inputs, which at 3 bits',
    },
    {
      what: 'outputs that end inside a word',
      layer: randomLayer({ bits: 4, rows: 12, symmetric: true }),
      code: 'QS-RECIPE-01',
      says: 'has 12 outputs, which at 4 bits',
    },
    {
      what: 'a scale beyond F16',
      layer: { ...randomLayer({ bits: 4, symmetric: true }), scales: new Float32Array(192).fill(65520) },
      code: 'QS-NUM-02',
      says: 'a scale of layer "model.layers.0.mlp.up_proj" is 65520',
    },
    {
      what: 'a bias that is NaN',
      layer: { ...randomLayer({ bits: 4, symmetric: true }), bias: new Float32Array(64).fill(NaN) },
      code: 'QS-NUM-02',
      says: 'a bias',
    },
    {
      what: 'a zero of 0 under v1',
      layer: { ...randomLayer({ bits: 4, symmetric: true }), zeros: new Uint8Array(192) },
      code: 'QS-APP-01',
      says: 'zero point of 0',
    },
    {
      what: 'a group beyond the last',
      layer: { ...randomLayer({ bits: 4, symmetric: true }), groupOf: new Uint32Array(96).fill(3) },
      code: 'QS-APP-01',
      says: 'beyond its 3',
    },
    {
      what: 'too few codes',
      layer: { ...randomLayer({ bits: 4, symmetric: true }), codes: new Uint8Array(5) },
      code: 'QS-APP-01',
      says: '64 × 96',
    },
  ])('refuses $what', ({ layer, code, says }) => {
    let thrown: unknown = null;
    try {
      gptqTensors(layer, 'gptq');
    } catch (error) {
      thrown = error;
    }
    if (!isStudioError(thrown)) throw new Error('a StudioError was expected', { cause: thrown });
    expect([thrown.code, thrown.message]).toEqual([code, expect.stringContaining(says)]);
  });
});

describe('readGptqLayer', () => {
  it.each([2, 3, 4, 8])('believes symmetric %i-bit zeros over a label that lies, both ways', async (bits) => {
    const layer = randomLayer({ bits, symmetric: true });
    const [v1, v2] = [await fileOf(gptqTensors(layer, 'gptq')), await fileOf(gptqTensors(layer, 'gptq_v2'))];
    for (const [file, label] of [
      [v1, 'gptq_v2'],
      [v2, 'gptq'],
    ] as const) {
      const config = configOf(bits, true, { checkpoint_format: label });
      expect(await readGptqLayer(file, layer.name, config)).toEqual(dequantized(layer));
    }
  });

  it('reads asymmetric v1 by its label', async () => {
    const layer = randomLayer({ bits: 4, symmetric: false });
    const shifted = { ...layer, zeros: layer.zeros.map((zero) => Math.max(zero, 1)) };
    const file = await fileOf(gptqTensors(shifted, 'gptq'));
    expect(await readGptqLayer(file, layer.name, configOf(4, false, { checkpoint_format: 'gptq' }))).toEqual(
      dequantized(shifted),
    );
  });

  it('takes the groups in order where g_idx is left out', async () => {
    const layer = randomLayer({ bits: 4, symmetric: true });
    const file = await fileOf(without(gptqTensors(layer, 'gptq'), '.g_idx'));
    expect(await readGptqLayer(file, layer.name, configOf(4, true))).toEqual(dequantized(layer));
    const error = await rejection(readGptqLayer(file, layer.name, configOf(4, true, { group_size: 16 })));
    expect([error.code, error.message]).toEqual(['QS-FILE-03', expect.stringContaining('puts input 48 in group 3')]);
  });

  it.each([
    {
      what: 'a missing tensor',
      change: (tensors: TensorToWrite[]) => without(tensors, '.scales'),
      code: 'QS-FILE-07',
      says: 'up_proj.scales" is missing',
    },
    { what: 'a config of other bits', config: { bits: 8 }, code: 'QS-FILE-07', says: 'I32 [3, 8]' },
    {
      what: 'bits that do not divide the words',
      config: { bits: 3 },
      cols: 64,
      code: 'QS-FILE-07',
      says: 'holds no whole number',
    },
    {
      what: 'qweight without rows',
      change: (tensors: TensorToWrite[]) => [
        ...without(tensors, '.qweight'),
        {
          name: 'model.layers.0.mlp.up_proj.qweight',
          dtype: 'I32' as const,
          shape: [2 ** 40, 0],
          bytes: new Uint8Array(),
        },
      ],
      code: 'QS-FILE-07',
      says: 'holds no whole number',
    },
    {
      what: 'a group that is not there',
      change: (tensors: TensorToWrite[]) =>
        tensors.map((each) =>
          each.name.endsWith('.g_idx') ? { ...each, bytes: littleEndianBytes(new Int32Array(96).fill(-1)) } : each,
        ),
      code: 'QS-FILE-03',
      says: 'puts input 0 in group -1',
    },
    {
      what: 'codes of another dtype',
      change: (tensors: TensorToWrite[]) =>
        tensors.map((each) => (each.name.endsWith('.qweight') ? { ...each, dtype: 'F32' as const } : each)),
      code: 'QS-FILE-07',
      says: 'is F32 [12, 64]',
    },
  ])('refuses $what', async ({ change = (tensors) => tensors, config = {}, cols, code, says }) => {
    const layer = randomLayer({ bits: 4, cols, symmetric: true });
    const file = await fileOf(change(gptqTensors(layer, 'gptq')));
    const error = await rejection(readGptqLayer(file, layer.name, configOf(4, true, config)));
    expect([error.code, error.message]).toEqual([code, expect.stringContaining(says)]);
  });
});

describe('the quantization config', () => {
  it('is what loaders look for, and reads back', () => {
    const config = gptqConfig({
      bits: 4,
      groupSize: 128,
      descAct: true,
      symmetric: true,
      meta: { quantizer: ['quantelier:0.1.0'], damp_percent: 0.01 },
    });
    expect(config).toEqual({
      bits: 4,
      group_size: 128,
      desc_act: true,
      sym: true,
      lm_head: false,
      quant_method: 'gptq',
      checkpoint_format: 'gptq',
      pack_dtype: 'int32',
      meta: { quantizer: ['quantelier:0.1.0'], damp_percent: 0.01 },
    });
    expect(parseGptqConfig(JSON.parse(JSON.stringify(config)), 'quantize_config.json')).toEqual(config);
    expect(checkpointFormatFor(false)).toBe('gptq_v2');
  });

  it('reads the older form, which says less', () => {
    expect(parseGptqConfig({ bits: 4, group_size: -1, quant_method: 'gptq' }, 'config.json')).toMatchObject({
      sym: true,
      desc_act: false,
      checkpoint_format: 'gptq',
      pack_dtype: 'int32',
    });
  });

  it.each([
    { json: null, says: 'bits in the quantization config of "config.json" is missing' },
    { json: { bits: 5, group_size: 128, quant_method: 'gptq' }, says: 'is "5", but must be 2, 3, 4, 8' },
    { json: { bits: 4, group_size: 0, quant_method: 'gptq' }, says: 'group_size' },
    { json: { bits: 4, group_size: 128, quant_method: 'awq' }, says: '"awq"' },
    { json: { bits: 4, group_size: 128, quant_method: 'gptq', checkpoint_format: 'gptq_p' }, says: '"gptq_p"' },
    { json: { bits: 4, group_size: 128, quant_method: 'gptq', pack_dtype: 'int64' }, says: '"int64"' },
  ])('refuses $json', ({ json, says }) => {
    expect(() => parseGptqConfig(json, 'config.json')).toThrow(says);
  });

  it('is not made for 5 bits', () => {
    const choices = { groupSize: 128, descAct: false, symmetric: true, meta: { quantizer: [], damp_percent: 0.01 } };
    expect(() => gptqConfig({ bits: 5, ...choices })).toThrow('choose one of these or another export');
  });
});
