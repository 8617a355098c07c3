/**
 * Folders of files as they come (../shared/cases, after public bug reports), through the commands of the command line: which files are
 * the model, what travels with its export, which texts open. Right values are those of ../shared/cases/README.md. What needs no such
 * folder is on small models written here; the rule of precedence is tabled in src/checkpoint/precedence.test.ts.
 */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Interruption } from '../cli/interrupt';
import { Screen } from '../cli/terminal/screen';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { encodeFloat32, type WeightDtype } from '../checkpoint/dtype';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { rejection, textSource } from '../checkpoint/testing';
import { Arguments, type Command } from '../cli/command';
import { evaluate } from '../cli/commands/evaluate';
import { inspect } from '../cli/commands/inspect';
import { quantize } from '../cli/commands/quantize';
import { sourcesOf } from '../cli/folder-source';
import { testGpu } from '../gpu/testing/gpus';
import { loadFixture } from '../model/testing/fixtures';
import { packedConfig } from './export-config';
import { sideFilesOf } from './side-files';
import { joined } from './testing/runs';

const CASES = fileURLToPath(new URL('../../../shared/cases/', import.meta.url));
const present = existsSync(CASES);
if (!present) console.warn(`\nNOT RUN: ${CASES} is absent, so the collected folders were not tried.\n`);

const gpu = await testGpu({ limits: 'raised' });
const scratch = mkdtempSync(join(tmpdir(), 'quantelier-files-'));
afterAll(() => rmSync(scratch, { recursive: true, force: true }));

function call(command: Command, folder: string, flags: Record<string, string> = {}, notes: string[] = []) {
  return command.run({
    words: [folder],
    flags: new Arguments(flags),
    gpu: () => Promise.resolve(gpu),
    screen: new Screen({ write: (text: string) => notes.push(...text.split('\n').filter(Boolean)) }, false),
    interruption: new Interruption(() => undefined),
  });
}

async function perplexity(folder: string, text: string): Promise<number> {
  const found = (await call(evaluate, folder, { text, windows: '8', length: '128' })) as { perplexity: number };
  return found.perplexity;
}

const QUICK = { method: 'rtn', bits: '4', calibration: 'random', windows: '1', length: '16', 'held-out-windows': '1' };

describe.skipIf(!present)('the collected folders', () => {
  it.each([
    { folder: '03-stale-index', value: 1133.6185, ignored: ['model.safetensors.index.json'] },
    { folder: '30-index-lists-tied-head', value: 254034650.955, ignored: [] },
    { folder: '05-consolidated-beside', value: 1116.6707, ignored: ['consolidated.safetensors'] },
  ])('$folder evaluates to $value', async ({ folder, value, ignored }) => {
    const path = join(CASES, folder);
    expect((await perplexity(path, join(path, 'heldout.jsonl'))) / value).toBeCloseTo(1, 5);
    expect(await call(inspect, path)).toMatchObject({ ignored });
  });

  it('05-consolidated-beside is quantized to one copy of the weights', async () => {
    const out = join(scratch, 'consolidated');
    await call(quantize, join(CASES, '05-consolidated-beside'), { ...QUICK, out });
    const weights = readdirSync(out).filter((name) => name.endsWith('.safetensors'));
    expect(weights).toEqual(['model.safetensors']);
    const size = readFileSync(join(out, 'model.safetensors')).length;
    expect(Math.abs(size - 299_000)).toBeLessThan(3_000);
  });

  it.each([
    {
      folder: '06-zero3-empty',
      code: 'QS-FILE-04',
      says: /"pytorch_model.bin" holds placeholders .*ZeRO-3.*gather the weights first/,
    },
    { folder: '06b-zero3-empty-st', code: 'QS-FILE-04', says: /"model.safetensors" holds placeholders .*ZeRO-3/ },
    {
      folder: '09-lora-adapter',
      code: 'QS-FILE-04',
      says: /an adapter \("LORA"\) of "example\/base".*merge it into its base first/,
    },
  ])('$folder is refused by its kind', async ({ folder, code, says }) => {
    for (const command of [inspect, evaluate, quantize]) {
      const flags = { ...QUICK, text: join(CASES, folder, 'heldout.jsonl'), out: join(scratch, 'refused') };
      const error = await rejection(call(command, join(CASES, folder), flags));
      expect([error.code, error.message]).toEqual([code, expect.stringMatching(says)]);
    }
  });

  it('08-old-gptq is looked into with the sentence that the others refuse it with', async () => {
    const path = join(CASES, '08-old-gptq');
    const says = /already quantized with GPTQ: tensor ".*\.qweight" \(I32/;
    expect(await call(inspect, path)).toMatchObject({ listing: { limitation: expect.stringMatching(says) as string } });
    for (const command of [evaluate, quantize]) {
      const flags = { ...QUICK, text: join(path, 'heldout.jsonl'), out: join(scratch, 'refused') };
      const error = await rejection(call(command, path, flags));
      expect([error.code, error.message]).toEqual(['QS-FILE-01', expect.stringMatching(says)]);
    }
  });

  it('09b-base-and-adapter is the base with the adapter in it, and so is its export', async () => {
    const folder = join(CASES, '09b-base-and-adapter');
    const files = await sourcesOf(folder);
    const merged = await openCheckpoint(files);
    const base = await openCheckpoint(files.filter(({ name }) => !/\/adapter_/.test(name)));
    const own = await openCheckpoint([
      ...files
        .filter(({ name }) => name.endsWith('adapter_model.safetensors'))
        .map((file) => ({ ...file, name: 'x.safetensors', read: file.read })),
    ]).catch((error: unknown) => String(error));
    expect(own).toMatch(/holds an adapter/);
    const changed: string[] = [];
    for (const name of base.tensors.keys()) {
      const [was, is] = [await base.read(name), await merged.read(name)];
      if (was.some((value, i) => value !== is[i])) changed.push(name);
    }
    expect(changed).toEqual(
      [0, 1].flatMap((layer) => ['q_proj', 'v_proj'].map((name) => `model.layers.${layer}.self_attn.${name}.weight`)),
    );
    const notes: string[] = [];
    const out = join(scratch, 'merged');
    await call(quantize, folder, { ...QUICK, bits: '8', out }, notes);
    expect(notes.join(' ')).toMatch(/is merged into 4 tensors .* states no lora_alpha; PEFT's default of 8 is used/);
    expect(readdirSync(out).filter((name) => name.startsWith('adapter_'))).toEqual([]);
    const name = 'model.layers.0.self_attn.q_proj.weight';
    const exported = await (await openCheckpoint(await sourcesOf(out))).read(name);
    const far = (values: Float32Array, from: Float32Array) =>
      Math.hypot(...values.map((value, i) => value - from[i])) / Math.hypot(...from);
    expect(far(exported, await merged.read(name))).toBeLessThan(0.01);
    expect(far(exported, await base.read(name))).toBeGreaterThan(0.02);
  });

  it.each(['safetensors', 'gptq'])('10-side-files are all in its export as %s, byte for byte', async (format) => {
    const folder = join(CASES, '10-side-files');
    const out = join(scratch, `sides-${format}`);
    await call(quantize, folder, { ...QUICK, format, out });
    const replaced = format === 'gptq' ? ['config.json', 'model.safetensors'] : ['model.safetensors'];
    for (const name of readdirSync(folder).filter((each) => !replaced.includes(each))) {
      expect(readFileSync(join(out, name)).equals(readFileSync(join(folder, name))), name).toBe(true);
    }
  });

  it('17-calibration-texts open, or are refused by what they are', async () => {
    const model = join(CASES, '17-model');
    const text = (name: string) => join(CASES, '17-calibration-texts', name);
    const plain = await perplexity(model, text('plain.jsonl'));
    // At 8 windows of 128 tokens, computed in float64 with NumPy from the same files; the table's 925.779 is of another measure.
    expect(plain / 1210.8599).toBeCloseTo(1, 5);
    expect(await perplexity(model, text('bom-crlf.jsonl'))).toBe(plain);
    expect(await perplexity(model, text('c4_demo.json'))).toBe(plain);
    const whole = await perplexity(model, text('bom.txt'));
    expect(await perplexity(model, text('notes.md'))).toBe(whole);
    expect(await perplexity(model, text('utf16.txt'))).toBe(whole);
    for (const name of ['alpaca.json', 'messages.jsonl'])
      expect(await perplexity(model, text(name))).toBeGreaterThan(1);
    for (const [name, says] of [
      ['fake.parquet', /is a Parquet table, from which no texts are read; save its texts as .jsonl/],
      ['latin1.txt', /is not UTF-8 text; save it as UTF-8/],
      ['one-char.txt', /gives \d+ tokens, and one window takes 128/],
    ] as const) {
      expect((await rejection(perplexity(model, text(name)))).message).toMatch(says);
    }
    // As data to calibrate on, too; none of them travels with the export.
    const out = join(scratch, 'texts');
    await call(quantize, model, { ...QUICK, calibration: text('alpaca.json'), 'held-out': text('notes.md'), out });
    expect(readdirSync(out).sort()).toEqual([
      'config.json',
      'layers.csv',
      'model.safetensors',
      'results.json',
      'tokenizer.json',
      'tokenizer_config.json',
    ]);
    const flags = { ...QUICK, calibration: text('fake.parquet'), out };
    expect((await rejection(call(quantize, model, flags))).message).toMatch(/is a Parquet table/);
  });
});

/** A tiny Llama in a folder of its own, in `dtype`, with other files beside it. */
async function tinyFolder(name: string, dtype: WeightDtype, more: Record<string, string>, config: object = {}) {
  const { source } = await loadFixture('llama3-scaled');
  const tensors = [...source.tensors].map(([tensor, { shape, values }]) => {
    return { name: tensor, dtype, shape, bytes: encodeFloat32(dtype, new Float32Array(values)) };
  });
  const folder = join(scratch, name);
  const files = {
    'model.safetensors': await joined(safetensorsBlobParts(tensors).chunks()),
    'config.json': JSON.stringify({ ...source.config, ...config }),
    ...more,
  };
  for (const [file, content] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content);
  }
  return folder;
}

describe('an export', () => {
  const SIDES = {
    'tokenizer.model': '\u0000\u0001',
    'chat_template.jinja': '{{ messages }}\r\n',
    'added_tokens.json': '{"<x>": 3}',
    'special_tokens_map.json': '{ }',
    'generation_config.json': '{"do_sample":true}',
    'preprocessor_config.json': '{}',
    'vocab.json': '{}',
    'merges.txt': 'a b',
    'modeling_own.py': 'pass',
    LICENSE: 'x',
    'README.md': '# x',
    'calibration.jsonl': '{"text":"a"}\n',
  };
  const LEFT = {
    'consolidated.safetensors': 'junk',
    'pytorch_model.bin': 'junk',
    'model.safetensors.index.json': '{"weight_map":{"a":"model-00001-of-00001.safetensors"}}',
    'quantize_config.json': '{}',
    'optimizer.pt': 'junk',
    'training_args.bin': 'junk',
    'model.onnx': 'junk',
    'model-q4.gguf': 'junk',
    'results.json': 'old',
    '.gitattributes': 'x',
    'adapter_config.json': '{"peft_type":"LORA"}',
  };

  it('takes every side file along as it is, and no other copy of the weights', async () => {
    const folder = await tinyFolder('sides', 'F32', { ...SIDES, ...LEFT });
    const out = join(scratch, 'sides-out');
    await call(quantize, folder, { ...QUICK, out });
    const own = ['config.json', 'layers.csv', 'model.safetensors', 'results.json'];
    expect(readdirSync(out).sort()).toEqual([...own, ...Object.keys(SIDES)].sort());
    for (const [name, content] of Object.entries(SIDES)) {
      expect(readFileSync(join(out, name), 'utf8'), name).toBe(content);
    }
    expect(readFileSync(join(out, 'config.json'), 'utf8')).toBe(readFileSync(join(folder, 'config.json'), 'utf8'));
    expect(readFileSync(join(out, 'results.json'), 'utf8')).not.toBe('old');
  });

  it.each([
    { key: 'torch_dtype', config: { torch_dtype: 'bfloat16' } },
    { key: 'dtype', config: { dtype: 'bfloat16', torch_dtype: undefined } },
  ])('of a BF16 model as GPTQ says float16 under $key', async ({ key, config }) => {
    const folder = await tinyFolder(`half-${key}`, 'BF16', {}, config);
    const out = join(scratch, `half-${key}-out`);
    await call(quantize, folder, { ...QUICK, bits: '8', format: 'gptq', out });
    const written = JSON.parse(readFileSync(join(out, 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(written[key]).toBe('float16');
    expect(written.quantization_config).toMatchObject({ quant_method: 'gptq', bits: 8 });
    // It is known for what it is when it comes back.
    const error = await rejection(call(quantize, out, { ...QUICK, out: join(scratch, `half-${key}-again`) }));
    expect([error.code, error.message]).toEqual(['QS-FILE-01', expect.stringMatching(/already quantized with GPTQ/)]);
  });

  it.each<{ what: string; config: Record<string, unknown> | null; written: object }>([
    { what: 'neither key', config: { a: 1 }, written: { a: 1, torch_dtype: 'float16' } },
    { what: 'no config', config: null, written: { torch_dtype: 'float16' } },
    {
      what: 'both keys',
      config: { dtype: 'x', torch_dtype: 'y' },
      written: { dtype: 'float16', torch_dtype: 'float16' },
    },
    {
      what: 'a config within the config',
      config: { dtype: 'bfloat16', text_config: { dtype: 'bfloat16', b: 2 } },
      written: { dtype: 'float16', text_config: { dtype: 'float16', b: 2 } },
    },
    { what: 'a full-precision type', config: { torch_dtype: 'float32' }, written: { torch_dtype: 'float16' } },
  ])('that packs weights states float16 where its source has $what', ({ config, written }) => {
    expect(packedConfig({ config }, {})).toEqual({ ...written, quantization_config: {} });
  });

  it('keeps the paths below the weights, and leaves what lies elsewhere', async () => {
    const weights = memorySource(
      await joined(
        safetensorsBlobParts([
          { name: 'a', dtype: 'F32', shape: [1], bytes: encodeFloat32('F32', Float32Array.of(1)) },
        ]).chunks(),
      ),
      'm/unet/model.safetensors',
    );
    const checkpoint = await openCheckpoint([
      weights,
      textSource('{}', 'm/unet/config.json'),
      textSource('b', 'm/unet/1_Pooling/config.json'),
      textSource('c', 'm/scheduler/scheduler_config.json'),
      textSource('d', 'm/unet/added.txt'),
    ]);
    const files = sideFilesOf(checkpoint, ['model.safetensors'], ['unet/added.txt']);
    expect(files.map(({ name }) => name)).toEqual(['config.json', '1_Pooling/config.json']);
    expect(new TextDecoder().decode(await joined(files[1].chunks()))).toBe('b');
  });
});
