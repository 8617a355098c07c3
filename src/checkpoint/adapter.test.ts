import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import type { ByteSource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { encodeFloat32, halfToFloat, type WeightDtype } from './dtype';
import { rejection, safetensorsFile, textSource } from './testing';
import { readRows, readTensorRaw } from './tensors';

interface Entry {
  readonly shape: readonly number[];
  readonly values: readonly number[];
  readonly dtype?: WeightDtype | 'F64';
}

/** A safetensors file of tensors in their own types. */
function weights(path: string, tensors: Readonly<Record<string, Entry>>): ByteSource {
  let at = 0;
  const parts: Uint8Array[] = [];
  const header = Object.entries(tensors).map(([name, { shape, values, dtype = 'F32' }]) => {
    const bytes =
      dtype === 'F64'
        ? new Uint8Array(Float64Array.from(values).buffer)
        : encodeFloat32(dtype, Float32Array.from(values));
    parts.push(bytes);
    const begin = at;
    at += bytes.length;
    return [name, { dtype, shape, data_offsets: [begin, at] }];
  });
  const data = new Uint8Array(at);
  let to = 0;
  for (const part of parts) {
    data.set(part, to);
    to += part.length;
  }
  return safetensorsFile(Object.fromEntries(header), data, path);
}

const random = new Random(3);
/** Values that F16 and BF16 hold, so that every type starts from the same numbers. */
const some = (...shape: number[]): Entry => ({
  shape,
  values: Array.from({ length: shape.reduce((a, b) => a * b, 1) }, () => random.integer(256) / 128 - 1),
});

const [ROWS, COLS, RANK] = [6, 4, 2];
const W = some(ROWS, COLS);
const A = some(RANK, COLS);
const B = some(ROWS, RANK);
const Q = 'model.layers.0.self_attn.q_proj';
const PEFT = `base_model.model.${Q}`;
const base = (q: Entry = W) =>
  weights('m/model.safetensors', {
    [`${Q}.weight`]: q,
    'model.norm.weight': some(4),
    'model.embed_tokens.weight': some(8, 4),
  });
const adapter = (tensors: Record<string, Entry> = { [`${PEFT}.lora_A.weight`]: A, [`${PEFT}.lora_B.weight`]: B }) =>
  weights('m/adapter_model.safetensors', tensors);
const config = (more: object = {}) =>
  textSource(JSON.stringify({ peft_type: 'LORA', r: RANK, lora_alpha: 3, ...more }), 'm/adapter_config.json');

/** W + scale · B · A in float64, by its definition. */
function sum(scale: number, w = W, a = A, b = B): number[] {
  const [rank, inputs] = a.shape;
  return w.values.map((value, i) => {
    const [row, col] = [Math.floor(i / inputs), i % inputs];
    let product = 0;
    for (let k = 0; k < rank; k++) product += b.values[row * rank + k] * a.values[k * inputs + col];
    return value + scale * product;
  });
}

/** rows × cols → cols × rows. */
function turned({ shape: [rows, cols], values }: Entry): Entry {
  return {
    shape: [cols, rows],
    values: Array.from({ length: rows * cols }, (_, i) => values[(i % rows) * cols + Math.floor(i / rows)]),
  };
}

describe('an adapter beside its base', () => {
  it.each([
    { what: 'α/r', more: {}, scale: 3 / 2 },
    { what: 'α/√r of rank-stabilized adapters', more: { use_rslora: true }, scale: 3 / Math.SQRT2 },
    { what: 'an α of its own for a module', more: { alpha_pattern: { q_proj: 5 } }, scale: 5 / 2 },
    { what: 'no α of its own for another module', more: { alpha_pattern: { xq_proj: 5 } }, scale: 3 / 2 },
    {
      what: 'a rank of its own for a module',
      more: { r: 7, rank_pattern: { 'self_attn.q_proj': RANK } },
      scale: 3 / 2,
    },
    { what: "PEFT's α where none is stated", more: { lora_alpha: undefined }, scale: 8 / 2 },
    { what: 'a negative α', more: { lora_alpha: -1 }, scale: -1 / 2 },
  ])('is merged by $what', async ({ more, scale }) => {
    const checkpoint = await openCheckpoint([base(), adapter(), config(more)]);
    const merged = await checkpoint.read(`${Q}.weight`);
    expect([...merged]).toEqual([...Float32Array.from(sum(scale))]);
    expect(checkpoint.notes[0]).toMatch(
      /adapter "adapter_model.safetensors" is merged into 1 tensors .*open the base alone/,
    );
    expect(checkpoint.notes).toHaveLength('lora_alpha' in more && more.lora_alpha === undefined ? 2 : 1);
    expect(checkpoint.metadata.get('adapter.merged')).toBe('adapter_model.safetensors');
    // The adapter belongs to the model, and does not travel with exports.
    expect(checkpoint.sources.map(({ name }) => name)).toContain('adapter_model.safetensors');
    expect(checkpoint.sideFiles).toEqual([]);
    expect(checkpoint.ignored).toEqual([]);
    // Other tensors are the base's, and parts of a merged one are what the whole holds.
    expect(await checkpoint.read('model.norm.weight')).toHaveLength(4);
    const info = checkpoint.tensors.get(`${Q}.weight`)!;
    expect([...(await readRows(info, 2, 5))]).toEqual([...merged.subarray(2 * COLS, 5 * COLS)]);
    const bytes = await readTensorRaw(info);
    expect([...(await info.source.read(info.begin + 5, info.begin + 30))]).toEqual([...bytes.subarray(5, 30)]);
  });

  it('is merged into a transposed weight where fan_in_fan_out says so', async () => {
    const checkpoint = await openCheckpoint([base(turned(W)), adapter(), config({ fan_in_fan_out: true })]);
    const expected = turned({ shape: W.shape, values: sum(3 / 2) });
    expect([...(await checkpoint.read(`${Q}.weight`))]).toEqual([...Float32Array.from(expected.values)]);
  });

  it.each(['F16', 'BF16', 'F64'] as const)('is rounded once to the type of its base, %s', async (dtype) => {
    // The sum lies just above the middle between two values of 16 bits, by less than F32 can tell.
    const one = { shape: [1, 1], values: [1], dtype };
    const step = { F16: 2 ** -11, BF16: 2 ** -8, F64: 2 ** -40 }[dtype];
    const [a, b] = [step * (1 + 2 ** -40), 1].map((value): Entry => ({ shape: [1, 1], values: [value], dtype: 'F64' }));
    const own = adapter({ [`${PEFT}.lora_A.weight`]: a, [`${PEFT}.lora_B.weight`]: b });
    const checkpoint = await openCheckpoint([base(one), own, config({ r: 1, lora_alpha: 1 })]);
    const info = checkpoint.tensors.get(`${Q}.weight`)!;
    expect(info.dtype).toBe(dtype);
    const bytes = new DataView((await readTensorRaw(info)).buffer);
    const value = {
      F16: () => halfToFloat(bytes.getUint16(0, true)),
      BF16: () => new Float32Array(Uint32Array.of(bytes.getUint16(0, true) << 16).buffer)[0],
      F64: () => bytes.getFloat64(0, true),
    }[dtype]();
    expect(value).toBe({ F16: 1 + 2 ** -10, BF16: 1 + 2 ** -7, F64: 1 + step * (1 + 2 ** -40) }[dtype]);
  });

  it('brings biases and other tensors whole, in its own type', async () => {
    const norm: Entry = { ...some(4), dtype: 'F16' };
    const own = adapter({
      [`${PEFT}.lora_A.weight`]: A,
      [`${PEFT}.lora_B.weight`]: B,
      'base_model.model.model.norm.weight': norm,
    });
    const checkpoint = await openCheckpoint([base(), own, config({ modules_to_save: ['norm'] })]);
    expect([...(await checkpoint.read('model.norm.weight'))]).toEqual(norm.values);
    expect(checkpoint.tensors.get('model.norm.weight')?.dtype).toBe('F16');
  });

  it.each([
    { what: "the inner model's names", to: `base_model.model.layers.0.self_attn.q_proj` },
    { what: 'the name of the adapter', to: PEFT, ending: '.default.weight' },
    { what: 'no prefix', to: Q },
  ])('is found by $what', async ({ to, ending = '.weight' }) => {
    const own = adapter({ [`${to}.lora_A${ending}`]: A, [`${to}.lora_B${ending}`]: B });
    const checkpoint = await openCheckpoint([base(), own, config()]);
    expect([...(await checkpoint.read(`${Q}.weight`))]).toEqual([...Float32Array.from(sum(3 / 2))]);
  });

  it('that is only a config changes nothing, and that is said', async () => {
    const checkpoint = await openCheckpoint([base(), config()]);
    expect([...(await checkpoint.read(`${Q}.weight`))]).toEqual(W.values);
    expect(checkpoint.notes).toEqual([
      '"adapter_config.json" stands beside the model without an adapter and is not used.',
    ]);
  });

  const huge: Entry = { shape: [ROWS, RANK], values: B.values.map(() => 3e38) };
  const pair = { [`${PEFT}.lora_A.weight`]: A, [`${PEFT}.lora_B.weight`]: B };
  it.each<{ what: string; files: ByteSource[]; code: string; says: RegExp }>([
    {
      what: 'another kind',
      files: [adapter(), config({ peft_type: 'LOHA' })],
      code: 'QS-FILE-04',
      says: /peft_type "LOHA"/,
    },
    { what: 'DoRA', files: [adapter(), config({ use_dora: true })], code: 'QS-FILE-04', says: /"use_dora" to "true"/ },
    {
      what: "DoRA's tensors",
      files: [adapter({ ...pair, [`${PEFT}.lora_magnitude_vector.weight`]: some(6) }), config()],
      code: 'QS-FILE-04',
      says: /lora_magnitude_vector.* is more than W/,
    },
    {
      what: 'embeddings',
      files: [adapter({ 'base_model.model.model.embed_tokens.lora_embedding_A': some(2, 8) }), config()],
      code: 'QS-FILE-04',
      says: /lora_embedding_A" of the adapter.*more than/,
    },
    {
      what: 'biases of LoRA',
      files: [adapter(), config({ lora_bias: true })],
      code: 'QS-FILE-04',
      says: /"lora_bias"/,
    },
    {
      what: 'PiSSA',
      files: [adapter(), config({ init_lora_weights: 'pissa_niter_4' })],
      code: 'QS-FILE-04',
      says: /changes the base weights too/,
    },
    {
      what: 'an option nobody here knows',
      files: [adapter(), config({ use_magic: true })],
      code: 'QS-FILE-04',
      says: /"use_magic"/,
    },
    {
      what: 'an α that is no number',
      files: [adapter(), config({ lora_alpha: '16' })],
      code: 'QS-FILE-04',
      says: /"lora_alpha" as "16"/,
    },
    { what: 'a rank of 0', files: [adapter(), config({ r: 0 })], code: 'QS-FILE-04', says: /"r" as "0"/ },
    {
      what: 'patterns',
      files: [adapter(), config({ alpha_pattern: { '(a+)+$': 1 } })],
      code: 'QS-FILE-04',
      says: /is a pattern/,
    },
    {
      what: 'a rank that the tensors do not have',
      files: [adapter(), config({ r: 3 })],
      code: 'QS-FILE-07',
      says: /gives r = 3 .* has r = 2/,
    },
    { what: 'no config', files: [adapter()], code: 'QS-FILE-04', says: /without its adapter_config.json/ },
    {
      what: 'half of a pair',
      files: [adapter({ [`${PEFT}.lora_A.weight`]: A }), config()],
      code: 'QS-FILE-07',
      says: /only one of lora_A and lora_B/,
    },
    {
      what: 'two adapters in one file',
      files: [adapter({ ...pair, [`${PEFT}.lora_A.other.weight`]: A }), config()],
      code: 'QS-FILE-04',
      says: /one of several adapters/,
    },
    {
      what: 'a module the base lacks',
      files: [
        adapter({
          'base_model.model.model.layers.9.q_proj.lora_A.weight': A,
          'base_model.model.model.layers.9.q_proj.lora_B.weight': B,
        }),
        config(),
      ],
      code: 'QS-FILE-07',
      says: /which the base does not have/,
    },
    {
      what: 'shapes of another base',
      files: [adapter({ ...pair, [`${PEFT}.lora_A.weight`]: some(2, 5) }), config()],
      code: 'QS-FILE-07',
      says: /do not fit tensor .*\[6, 4\]/,
    },
    {
      what: 'a transposed base without fan_in_fan_out',
      files: [adapter({ [`${PEFT}.lora_A.weight`]: some(2, 6), [`${PEFT}.lora_B.weight`]: some(4, 2) }), config()],
      code: 'QS-FILE-07',
      says: /do not fit/,
    },
    {
      what: 'an embedding of another vocabulary',
      files: [adapter({ 'base_model.model.model.embed_tokens.weight': some(9, 4) }), config()],
      code: 'QS-FILE-04',
      says: /replaces an embedding that the output head shares/,
    },
  ])('is refused by name where it has $what', async ({ files, code, says }) => {
    const error = await rejection(openCheckpoint([base(), ...files]));
    expect(error.message).toMatch(says);
    expect(error.code).toBe(code);
    expect(error.message).toMatch(/take (?:its files|the adapter) away|choose|download|merge it with PEFT/);
  });

  it('is refused where the sum is beyond the type', async () => {
    const own = adapter({ [`${PEFT}.lora_A.weight`]: A, [`${PEFT}.lora_B.weight`]: huge });
    const checkpoint = await openCheckpoint([base(), own, config({ lora_alpha: 100 })]);
    const error = await rejection(checkpoint.read(`${Q}.weight`));
    expect([error.code, error.message]).toEqual(['QS-NUM-02', expect.stringMatching(/beyond the largest F32/)]);
  });
});

describe('an adapter without its base is named', () => {
  const lora = { [`${PEFT}.lora_A.weight`]: A, [`${PEFT}.lora_B.weight`]: B };
  it.each<{ what: string; files: ByteSource[]; says: RegExp }>([
    {
      what: 'with its config',
      files: [adapter(), config({ base_model_name_or_path: 'example/base' }), textSource('x', 'm/calibration.txt')],
      says: /"adapter_model.safetensors" is an adapter \("LORA"\) of "example\/base", not a model: merge it into its base first/,
    },
    { what: 'alone', files: [adapter()], says: /is an adapter, not a model/ },
    {
      what: 'as a pickle',
      files: [textSource('?', 'adapter_model.bin'), config()],
      says: /"adapter_model.bin" is an adapter/,
    },
    {
      what: 'under another name',
      files: [weights('lora.safetensors', lora)],
      says: /holds an adapter, as tensor .*lora_A/,
    },
    {
      what: "under diffusers' name",
      files: [
        weights('pytorch_lora_weights.safetensors', { 'unet.to_q.lora.up.weight': B, 'unet.to_q.lora.down.weight': A }),
      ],
      says: /holds an adapter/,
    },
    {
      what: "under kohya's names",
      files: [
        weights('style.safetensors', { 'lora_unet_to_q.lora_up.weight': B, 'lora_unet_to_q.lora_down.weight': A }),
      ],
      says: /holds an adapter/,
    },
    {
      what: 'unmerged within the whole model',
      files: [weights('model.safetensors', { [`${Q}.base_layer.weight`]: W, [`${Q}.lora_A.default.weight`]: A })],
      says: /holds an adapter/,
    },
  ])('$what', async ({ files, says }) => {
    const error = await rejection(openCheckpoint(files));
    expect([error.code, error.message]).toEqual(['QS-FILE-04', expect.stringMatching(says)]);
  });
});
