/**
 * Numbers that must not lie: files with NaN, weights far from 1, layers whose data say nothing, exports that cannot hold what came out.
 * The files of public bug reports are in ../shared/cases; what is like them is made here.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint';
import { encodeFloat32, type WeightDtype } from '../checkpoint/dtype';
import { halfFault } from '../checkpoint/half';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { sourcesOf } from '../cli/folder-source';
import { testGpu } from '../gpu/testing/gpus';
import { accuracyOf } from '../measure/accuracy';
import { ratio } from '../measure/layer-errors';
import { Random } from '../base/random';
import { Tensor } from '../tensor/tensor';
import { quantizeSingleLayer } from './single-layer';
import type { RunEvent, RunResult } from './events';
import { assertFormatFits, weightFiles, type RowExport } from './export';
import { refusal } from './format-fit';
import type { WeightFormat } from './formats';
import type { PreparedRun } from './prepared-run';
import { methodRow } from '../recipe/testing';
import { MemoryRunStore } from './run-store';
import { joined, prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const gpu = await testGpu();

const FOLDER = new URL('../../../shared/cases/', import.meta.url).pathname;
const present = existsSync(FOLDER);
if (!present) console.warn(`\nNOT RUN: ${FOLDER} is absent, so the files of public reports are not tried.\n`);

const caseOf = async (name: string) => openCheckpoint(await sourcesOf(`${FOLDER}${name}`));
const RTN = (options: object) => ({ method: 'rtn', options });
const NORM = 'model.layers.1.input_layernorm.weight';

async function run(checkpoint: Checkpoint, rows: readonly { method: string; options?: object }[]) {
  const prepared = await prepareTiny(gpu, checkpoint, tinyRecipe(rows));
  const store = new MemoryRunStore();
  const notices: string[] = [];
  const result = await runToEnd(prepared, { gpu, store }, (event: RunEvent) => {
    if (event.type === 'notice') notices.push(event.sentence);
  });
  return { prepared, store, result, notices };
}

function exportOf(prepared: PreparedRun, store: MemoryRunStore, r: number, keepUnfit = false): RowExport {
  return {
    checkpoint: prepared.checkpoint,
    linears: prepared.linears,
    method: prepared.rows[r].method,
    options: prepared.rows[r].options,
    keepUnfit,
    async codes(linear) {
      const stored = await store.loadLayer(r, linear.index);
      if (!stored) throw new Error(`${linear.name} is missing`);
      return stored.tensor;
    },
  };
}

/** Writes, re-reads and compares; throws what an export throws. */
async function exported(format: WeightFormat, row: RowExport) {
  const { files, notes, verify } = await weightFiles(format, row);
  const bytes = await joined(files[0].chunks());
  const difference = await verify(memorySource(bytes, files[0].name));
  const config = files.find(({ name }) => name === 'config.json');
  return {
    notes,
    bytes,
    verify,
    difference,
    config: config ? new TextDecoder().decode(await joined(config.chunks())) : '',
  };
}

/** Matrices of an unknown architecture, in a type. */
async function matrices(dtype: WeightDtype, weights: Record<string, [shape: number[], values: Float32Array]>) {
  const tensors = Object.entries(weights).map(([name, [shape, values]]) => {
    return { name, dtype, shape, bytes: encodeFloat32(dtype, values) };
  });
  return openCheckpoint([memorySource(await joined(safetensorsBlobParts(tensors).chunks()), 'm/model.safetensors')]);
}

function noise(count: number, scale: number, seed = 1): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => scale * random.normal());
}

describe('NaN and infinity in a file', () => {
  it.skipIf(!present)('29c: names the norm before the run', async () => {
    await expect(prepareTiny(gpu, await caseOf('29c-nan-norm'), tinyRecipe([RTN({ bits: 4 })]))).rejects.toThrow(NORM);
  });

  it.each([
    ['a norm', NORM, NaN],
    ['the last norm', 'model.norm.weight', Infinity],
    ['an embedding', 'model.embed_tokens.weight', NaN],
    ['a bias', 'model.layers.0.self_attn.q_proj.bias', -Infinity],
    ['the first norm', 'model.layers.0.post_attention_layernorm.weight', NaN],
  ])('%s is a refusal that names the tensor, the place and the value', async (_, name, value) => {
    const checkpoint = await tinyCheckpoint('qwen2', (tensor, values) => {
      if (tensor === name) values[2] = value;
    });
    const preparing = prepareTiny(gpu, checkpoint, tinyRecipe([RTN({ bits: 4 })]));
    await expect(preparing).rejects.toMatchObject({ code: 'QS-NUM-02' });
    await expect(preparing).rejects.toThrow(`"${name}" holds 1`);
    await expect(preparing).rejects.toThrow(`${value}, at [`);
  });

  it('a linear weight goes on as zero, and plan, notice and layer say so', async () => {
    const name = 'model.layers.0.mlp.down_proj';
    const checkpoint = await tinyCheckpoint('qwen2', (tensor, values) => {
      if (tensor === `${name}.weight`) values[5] = NaN;
    });
    const { prepared, notices, result } = await run(checkpoint, [RTN({ bits: 4 })]);
    expect(prepared.plan.notes.join(' ')).toContain(`"${name}.weight" holds 1 NaN`);
    expect(notices.join(' ')).toContain(`"${name}.weight" holds 1 NaN`);
    expect(result.layers.find((layer) => layer.name === name)?.note).toContain('1 NaN');
  });

  it('without an architecture: zeros in matrices with a note, NaN elsewhere a refusal, infinity elsewhere a note', async () => {
    const weight = noise(256, 1);
    const spoilt = Float32Array.from(weight);
    spoilt[17] = NaN;
    const bad = await matrices('F32', { 'a.weight': [[16, 16], spoilt], mask: [[2], Float32Array.of(0, -Infinity)] });
    const { prepared, notices, result } = await run(bad, [RTN({ bits: 4 })]);
    expect(prepared.plan.notes.filter((note) => /"a\.weight"|"mask"/.test(note))).toHaveLength(2);
    expect(notices).toHaveLength(2);
    expect(result.layers[0].note).toContain('NaN');
    const worse = await matrices('F32', { 'a.weight': [[16, 16], weight], norm: [[2], Float32Array.of(NaN, 1)] });
    await expect(prepareTiny(gpu, worse, tinyRecipe([RTN({ bits: 4 })]))).rejects.toThrow('"norm" holds 1 NaN');
  });
});

describe('tiny weights', () => {
  it.skipIf(!present).each([
    [{ bits: 3 }, 0.0354971],
    [{ bits: 3, symmetric: true }, 0.0571707],
    [{ bits: 4, symmetric: true }, 0.0105372],
  ])('15: RTN %j', async (options, expected) => {
    const { result } = await run(await caseOf('15-tiny-weights'), [RTN(options)]);
    const tiny = result.layers.find(({ name }) => name === 'model.layers.0.self_attn.q_proj');
    expect(tiny?.errors.weight).toBeCloseTo(expected, 6);
  });

  const weight = noise(16 * 32, 1);
  const inputs = noise(64 * 32, 1, 2);
  async function errorAt(scale: number, method: string, options: object) {
    const { options: all } = methodRow({ method, options });
    const x = Tensor.from(gpu, 64, 32, inputs);
    const w = Tensor.from(
      gpu,
      16,
      32,
      weight.map((value) => value * scale),
    );
    const done = await quantizeSingleLayer(gpu, { weight: w, inputs: x, referenceInputs: x, method, options: all });
    for (const used of [x, w]) used.release();
    return done;
  }

  it.each([
    ['rtn', { bits: 3 }],
    ['rtn', { bits: 3, symmetric: true, groupSize: 8 }],
    ['rtn', { bits: 4, clip: 'mse' }],
    ['gptq', { bits: 3, variant: 'exact' }],
    ['kmeans', { codewords: 8, dim: 1, codebookBits: '32' }],
    ['kmeans', { codewords: 16, dim: 2, codebookBits: '8', scaleBlock: 8 }],
  ])('%s %j makes the same relative error at any power of two', async (method, options) => {
    const { weightError } = await errorAt(1, method, options);
    for (const scale of [2 ** -16, 2 ** -27]) {
      const tiny = await errorAt(scale, method, options);
      expect((tiny.weightError ?? NaN) / (weightError ?? NaN)).toBeCloseTo(1, 2);
    }
  });

  it('where the published floor swallows everything the layer is rounded and marked; where it binds it is noted', async () => {
    const swallowed = await errorAt(1e-7, 'gptq', { bits: 3, variant: 'released' });
    expect(swallowed.note).toMatch(/Plain rounding/);
    expect(swallowed.weightError).toBeLessThan(0.1);
    const bound = await errorAt(1.5e-6, 'gptq', { bits: 4, variant: 'released' });
    expect(bound.note).toMatch(/least range, 1e-5/);
    expect((await errorAt(1, 'gptq', { bits: 4, variant: 'released' })).note).toBeNull();
  });

  it('16-bit codewords that would all be zero are rounded instead', async () => {
    const done = await errorAt(1e-10, 'kmeans', { codewords: 16, dim: 2, codebookBits: '16' });
    expect(done.note).toMatch(/came out as zero.*Plain rounding/);
    expect(done.weightError).toBeLessThan(0.5);
  });
});

describe('data that say nothing', () => {
  const weight = noise(8 * 16, 1);
  async function withLive(live: number, method: string, options: object = {}) {
    const x = noise(40 * 16, 1, 3).map((value, i) => (i % 16 < live ? value : 0));
    const inputs = Tensor.from(gpu, 40, 16, x);
    const { options: all } = methodRow({ method, options });
    const w = Tensor.from(gpu, 8, 16, weight);
    return quantizeSingleLayer(gpu, { weight: w, inputs, referenceInputs: inputs, method, options: all });
  }

  it.each(['gptq', 'gptaq', 'rescomp', 'gptvq'])(
    '%s on zeros, and on few live inputs, is rounded and marked',
    async (method) => {
      const options = method === 'gptvq' ? { codewords: 8, dim: 2 } : { bits: 4 };
      const none = await withLive(0, method, options);
      expect(none.note).toMatch(/all 16 of its inputs are zero.*Plain rounding/);
      expect(none.relativeOutputError).toBeNull();
      expect(none.weightError).toBeGreaterThan(0);
      expect((await withLive(7, method, options)).note).toMatch(/9 of its 16 inputs/);
      expect((await withLive(12, method, options)).note ?? '').not.toMatch(/Plain rounding/);
    },
  );

  it('0 / 0 is not available, whatever stands around it', async () => {
    expect(ratio(0, 0)).toBeNull();
    expect(ratio(1, 0)).toBe(Infinity);
    expect(ratio(NaN, 1)).toBeNaN();
    const zeros = await matrices('F32', {
      'a.weight': [[8, 8], new Float32Array(64)],
      'b.weight': [[8, 8], noise(64, 1)],
    });
    const { result } = await run(zeros, [RTN({ bits: 4 })]);
    expect(result.layers[0].errors.weight).toBeNull();
    expect(result.layers[0].note).toMatch(/no weight error to speak of/);
    expect(result.rows[0].meanError).toBe(result.layers[1].errors.weight);
  });

  it('NaN logits are no accuracy', () => {
    expect(accuracyOf(Float32Array.of(1, 2, NaN, 0), [1, 0], 2).share).toBeNaN();
  });
});

describe('exports', () => {
  /** A layer whose range F16 cannot hold as a scale. */
  const outlier = (name: string) =>
    tinyCheckpoint('llama-linear-biased', (tensor, values) => {
      if (tensor === name) values[3] = 3e7;
    });
  const GPTQ = { bits: 8, groupSize: 8 };
  const NAME = 'model.layers.0.mlp.up_proj';

  it('32: a scale beyond F16 is said with the layer, refused with a way out, and the way out holds', async () => {
    const { prepared, store, result } = await run(await outlier(`${NAME}.weight`), [RTN({ bits: 8, groupSize: 8 })]);
    const layer = result.layers.find(({ name }) => name === NAME);
    expect(layer?.note).toMatch(/gptq format cannot hold this layer: a scale of .*65504.*--keep-unfit/);
    await expect(exported('gptq', exportOf(prepared, store, 0))).rejects.toMatchObject({ code: 'QS-NUM-02' });
    await expect(exported('gptq', exportOf(prepared, store, 0))).rejects.toThrow(/keep unfit layers/);
    const kept = await exported('gptq', exportOf(prepared, store, 0, true));
    expect(kept.notes.join(' ')).toContain(`"${NAME}"`);
    expect(
      Object.keys(
        (JSON.parse(kept.config) as { quantization_config: { dynamic: object } }).quantization_config.dynamic,
      ),
    ).toEqual([`-:^${NAME.replaceAll('.', '\\.')}$`]);
  });

  it.skipIf(!present)('32: the recorded model', async () => {
    const { prepared, store, result } = await run(await caseOf('32-f32-outlier-gptq'), [RTN({ bits: 4 })]);
    const noted = result.layers.filter(({ note }) => note?.includes('gptq format cannot hold'));
    expect(noted.length).toBeGreaterThan(0);
    await expect(exported('gptq', exportOf(prepared, store, 0))).rejects.toThrow('keep unfit');
    const { notes } = await exported('gptq', exportOf(prepared, store, 0, true));
    expect(notes.length).toBe(noted.length);
    expect((await exported('safetensors', exportOf(prepared, store, 0))).difference).toBe(0);
  });

  it.each([
    ['F16', 65504, 'F16'],
    ['F16', 65520, 'F32'],
    ['BF16', 3.38e38, 'BF16'],
    ['BF16', 3.4e38, 'F32'],
  ] as const)('a dequantized %s with a level of %f is written as %s', async (dtype, level, written) => {
    const source = await matrices(dtype, { 'a.weight': [[8, 8], noise(64, 1)] });
    const { prepared } = await run(source, [RTN({ bits: 2 })]);
    const [rows, cols] = [8, 8];
    const codes = Uint8Array.from({ length: 64 }, (_, i) => i % 3);
    const [scales, zeros, groupOf] = [new Float32Array(8).fill(level / 2), new Uint8Array(8), new Uint32Array(8)];
    const shape = { rows, cols, bits: 2, symmetric: false, groups: 1 };
    const tensor = { kind: 'affine' as const, ...shape, codes, scales, zeros, groupOf };
    const row = { ...exportOf(prepared, new MemoryRunStore(), 0), codes: () => Promise.resolve(tensor) };
    const { notes, difference } = await exported('safetensors', row);
    expect(notes).toHaveLength(written === dtype ? 0 : 1);
    if (written !== dtype) expect(notes[0]).toContain(`"a.weight" is written as F32 and not as ${dtype}`);
    expect(difference).toBeLessThan(level * 2 ** -8);
  });

  it('a level that is no number is never written', async () => {
    const { prepared } = await run(await matrices('F32', { 'a.weight': [[8, 8], noise(64, 1)] }), [RTN({ bits: 2 })]);
    const shape = { rows: 8, cols: 8, bits: 2, symmetric: false, groups: 1, codes: new Uint8Array(64).fill(3) };
    const grid = { scales: new Float32Array(8).fill(3e38), zeros: new Uint8Array(8), groupOf: new Uint32Array(8) };
    const tensor = { kind: 'affine' as const, ...shape, ...grid };
    const row = { ...exportOf(prepared, new MemoryRunStore(), 0), codes: () => Promise.resolve(tensor) };
    await expect(weightFiles('safetensors', row)).rejects.toThrow('came out as Infinity');
  });

  it('a file that does not hold what was written is an error, not a figure', async () => {
    const { prepared, store } = await run(await tinyCheckpoint('llama-linear-biased'), [RTN(GPTQ)]);
    for (const format of ['safetensors', 'gptq'] as const) {
      const { bytes, verify } = await exported(format, exportOf(prepared, store, 0));
      const head = Number(new DataView(bytes.buffer).getBigUint64(0, true)) + 8;
      for (let i = head; i < bytes.length; i += 2) bytes[i] ^= 0x40;
      await expect(verify(memorySource(bytes, 'damaged'))).rejects.toMatchObject({ code: 'QS-FILE-03' });
    }
  });

  it('what a format cannot hold is known from shapes and options', async () => {
    const prepared = await prepareTiny(
      gpu,
      await tinyCheckpoint('llama-linear-biased'),
      tinyRecipe([RTN({ bits: 5 })]),
    );
    const { linears, plan } = prepared;
    expect(plan.rows[0].refusals?.gptq).toMatch(/uses 5 bits/);
    for (const bits of [5, 6, 7]) expect(refusal('gptq', linears, methodRow(RTN({ bits })))).toMatch(/planar/);
    expect(refusal('safetensors', linears, methodRow(RTN({ bits: 5 })))).toBeNull();
    const four = methodRow(RTN({ bits: 4 }));
    expect(refusal('gptq', linears, four)).toMatch(/20 outputs.*whole 32-bit words.*keep unfit layers/);
    expect(() => assertFormatFits('gptq', linears, four, true)).not.toThrow();
    expect(refusal('gptq', linears, methodRow(RTN({ bits: 8 })))).toBeNull();
    const signs = methodRow({ method: 'ssvq', options: { codewords: 8, dim: 2 } });
    expect(refusal('aqlm', linears, signs)).toMatch(/signs/);
    expect(() => assertFormatFits('gptq', linears, signs)).toThrow(/cannot hold what/);
  });

  it('F16 is judged by what it does to all values together', () => {
    expect(halfFault('a scale', Float32Array.of(0.1, 1e-9))).toBeNull();
    expect(halfFault('a scale', Float32Array.of(3e-8, 1e-9))).toMatch(/F16 would change by/);
    expect(halfFault('a scale', Float32Array.of(1, 65520))).toMatch(/beyond the largest F16/);
    expect(halfFault('a scale', Float32Array.of(1, NaN))).toMatch(/NaN/);
    expect(halfFault('a scale', Float32Array.of(65519, 0))).toBeNull();
  });
});

describe('NaN that arises on the way', () => {
  it.each([
    ['model.layers.0.input_layernorm.weight', 3e38],
    ['model.layers.1.post_attention_layernorm.weight', 1e30],
    ['model.layers.0.mlp.up_proj.weight', 3e38],
    ['model.layers.1.self_attn.v_proj.weight', 3e38],
    ['model.norm.weight', 3e38],
  ])('overflow at %s leaves no plausible figure', async (name, value) => {
    const checkpoint = await tinyCheckpoint('qwen2', (tensor, values) => {
      if (tensor === name) values.fill(value);
    });
    const { result } = await run(checkpoint, [{ method: 'gptq', options: { bits: 4 } }]);
    const figures = (of: RunResult) => [
      of.fullPrecision?.perplexity ?? 0,
      ...of.rows.map(({ perplexity }) => perplexity ?? 0),
    ];
    for (const figure of figures(result)) expect(Number.isFinite(figure)).toBe(false);
  });
});
