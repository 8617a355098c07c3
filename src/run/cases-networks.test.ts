/**
 * Networks after public bug reports (../shared/cases/README.md, whose values come from independent float64 computations), and runs on
 * small networks of the same kinds, built here, which need no recordings.
 */
import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint, type Checkpoint } from '../checkpoint/checkpoint';
import { encodeFloat32 } from '../checkpoint/dtype';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { readTexts } from '../checkpoint/text';
import { sourcesOf } from '../cli/folder-source';
import { testGpu } from '../gpu/testing/gpus';
import { accuracyOf } from '../measure/accuracy';
import { Random } from '../base/random';
import { openModel, openNetwork } from '../model/architecture';
import { LanguageModel } from '../model/forward';
import { openTokenizer } from '../model/tokenizer';
import { ImageClassifier } from '../model/vision/image-network';
import type { Classifier } from '../model/vision/image-model';
import { cutWindows } from '../model/windows';
import { coverageOf, fileBitsPerWeight } from './coverage';
import { describeCheckpoint } from './describe';
import { weightFiles, csvFile } from './export';
import { readImages } from './image-sets';
import { prepareRun } from './prepare';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import { MemoryRunStore } from './run-store';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { joined, prepareTiny, runToEnd, tinyCheckpoint, tinyRecipe } from './testing/runs';

const CASES = new URL('../../../shared/cases/', import.meta.url).pathname;
const present = existsSync(CASES);
if (!present) console.warn(`\nNOT RUN: ${CASES} is absent, so no public case is tried here.\n`);

const gpu = await testGpu();
const openCase = async (name: string) => openCheckpoint(await sourcesOf(`${CASES}${name}`));
const RTN = [{ method: 'rtn', options: { bits: 4, groupSize: 16 } }];

async function perplexityOf(checkpoint: Checkpoint): Promise<number> {
  const text = [...checkpoint.texts].find(([name]) => name.endsWith('heldout.jsonl'))?.[1];
  if (!text) throw new Error('the case has no held-out text');
  const tokenizer = openTokenizer(checkpoint.tokenizer, checkpoint.tokenizerConfig);
  const { ids, windows, length } = cutWindows(await readTexts(text), tokenizer, 128, 8);
  const language = await LanguageModel.load(gpu, checkpoint, openModel(checkpoint));
  const losses = await language.negativeLogLikelihood(ids, { windows, length });
  language.release();
  return Math.exp(losses.reduce((sum, loss) => sum + loss, 0) / losses.length);
}

async function rightOf(checkpoint: Checkpoint, images: string): Promise<number> {
  const model = openNetwork(checkpoint) as Classifier;
  const [file] = await sourcesOf(images);
  const set = await readImages(file, model, 512);
  const network = await ImageClassifier.load(gpu, checkpoint, model);
  const { logits } = await network.classify(set.images);
  network.release();
  const { share, images: count } = accuracyOf(logits, set.labels, model.classes);
  return Math.round(share * count);
}

/** A whole run; its figures, and the model that it exports. */
async function exported(checkpoint: Checkpoint, recipe: Recipe) {
  const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
  const store = new MemoryRunStore();
  const result = await runToEnd(prepared, { gpu, store });
  const { row, method, options } = prepared.rows[0];
  const { files, verify } = await weightFiles('safetensors', {
    ...{ checkpoint, linears: prepared.linears, method, options },
    async codes(linear) {
      const stored = await store.loadLayer(row, linear.index);
      if (!stored) throw new Error(`${linear.name} is not stored`);
      return stored.tensor;
    },
  });
  const written = memorySource(await joined(files[0].chunks()), 'model.safetensors');
  // What 16 bits round.
  expect(await verify(written)).toBeLessThan(1e-3);
  const { tensors } = await openSafetensors(written);
  const read = (name: string) => readTensor(tensors.get(name) ?? expect.fail(`${name} is not exported`));
  return { prepared, result, read };
}

/** A checkpoint of random weights in memory. */
async function made(tensors: Record<string, readonly number[]>, config: object | null): Promise<Checkpoint> {
  const random = new Random(7);
  const parts = Object.entries(tensors).map(([name, shape]) => {
    const values = Float32Array.from(random.normals(shape.reduce((product, n) => product * n, 1)));
    return { name, dtype: 'F32' as const, shape, bytes: encodeFloat32('F32', values) };
  });
  const weights = memorySource(await joined(safetensorsBlobParts(parts).chunks()), 'made/model.safetensors');
  const text = config && memorySource(new TextEncoder().encode(JSON.stringify(config)), 'made/config.json');
  return openCheckpoint(text ? [weights, text] : [weights]);
}

describe.skipIf(!present)('public cases (skipped where ../shared is absent)', () => {
  it('01: the head in the file is used', async () => {
    const checkpoint = await openCase('01-tied-but-different-head');
    expect((await perplexityOf(checkpoint)) / 968.8704).toBeCloseTo(1, 6);
    expect(openModel(checkpoint).notes.join()).toContain('although config.json claims that it is tied');
  });

  it('02b: the first 8 of 16 columns are rotated', async () => {
    const perplexity = await perplexityOf(await openCase('02b-partial-in-rope-parameters'));
    // Float64, by a program of its own, gives 1676.98798; the case's README has 1676.9790, 5 millionths less.
    expect(perplexity / 1676.98798).toBeCloseTo(1, 6);
    expect(perplexity / 1676.979).toBeCloseTo(1, 4);
  });

  it('07: a network without a head is quantized, without perplexity', async () => {
    const recipe = parseRecipe({
      version: 1,
      rows: [{ method: 'gptq', options: { bits: 4 } }],
      calibration: { source: 'file', file: 'calibration.jsonl', windows: 4, length: 64, seed: 0 },
      heldOut: { file: 'heldout.jsonl', windows: 2 },
    });
    const { result } = await exported(await openCase('07-headless-embedding'), recipe);
    expectLayersAndBlocksOnly(result);
    expect(result.plan.notes.join()).toContain('has no output head');
  });

  it('12b: so is a classifier', async () => {
    const { result } = await exported(await openCase('12b-headless-vit'), imageRecipe(RTN, 'file'));
    expectLayersAndBlocksOnly(result);
    expect(result.plan.notes.join()).toContain('has no head');
  });

  it('11: means of pretrained_cfg; 27: the same network under Hugging Face names', async () => {
    const images = `${CASES}11-timm-config/heldout.npz`;
    expect(await rightOf(await openCase('11-timm-config'), images)).toBe(504);
    expect(await rightOf(await openCase('27-hf-vit'), images)).toBe(504);
  });

  it('20: the experts that are left are counted', async () => {
    const checkpoint = await openCase('20-fused-moe');
    const { coverage, linears } = describeCheckpoint(checkpoint);
    expect(coverage).toMatchObject({ weights: 629_440, quantized: 24_576 });
    expect(coverage.left[0]).toEqual({ what: 'experts', weights: 589_824 });
    expect(coverage.left).toContainEqual({ what: 'routers', weights: 2048 });
    expect(linears.map(({ name }) => name).filter((name) => !name.includes('self_attn'))).toEqual([]);
    const plan = (await prepareRun(checkpoint, tinyRecipe(RTN), { gpu, rate: 1e9 })).plan;
    expect(plan.coverage).toEqual(coverage);
  });

  it('21: A_log is not touched', async () => {
    const { read } = await exported(await openCase('21-mamba'), tinyRecipe(RTN));
    const row = (await read('backbone.layers.0.mixer.A_log')).slice(0, 16);
    row.forEach((value, i) => expect(-Math.exp(value)).toBeCloseTo(-(i + 1), 5));
  });

  it('24: inspect and quantize agree; 24b: the layout is named', async () => {
    const checkpoint = await openCase('24-nanogpt');
    const { plan } = await prepareRun(checkpoint, tinyRecipe(RTN), { gpu, rate: 1e9 });
    expect(plan.layers).toHaveLength(8);
    expect(describeCheckpoint(checkpoint).linears.map(({ name }) => name)).toEqual(plan.layers.map(({ name }) => name));
    const other = await openCase('24b-nanogpt-with-config');
    expect(() => describeCheckpoint(other)).toThrow(/outputs × inputs, and a GPT-2 stores its layers transposed/);
  });

  it('25: kernels are grouped along their inputs, those of three dimensions and the head are left', async () => {
    const { linears, coverage } = describeCheckpoint(await openCase('25-jax-vit'));
    const sizes = linears.map(({ name, rows, cols }) => `${name.split('/').slice(-2).join('/')} ${rows}×${cols}`);
    expect(sizes.slice(0, 2)).toEqual(['MlpBlock_3/Dense_0 256×64', 'MlpBlock_3/Dense_1 64×256']);
    expect(linears).toHaveLength(4);
    expect(coverage.left).toContainEqual({ what: 'kernels of three dimensions', weights: 32_768 });
    expect(coverage.left).toContainEqual({ what: 'output heads', weights: 640 });
  });

  it('28: the two readings are named', async () => {
    const checkpoint = await openCase('28-vim-stride');
    const [images] = await sourcesOf(`${CASES}28-vim-stride/heldout.npz`);
    const sentence = await readImages(images, openNetwork(checkpoint) as Classifier, 8).then(
      () => '',
      (error: Error) => error.message,
    );
    expect(sentence).toMatch(
      /images of 30 whose patches do not overlap \(stride 2\).*images of 16 .*overlap \(stride 1\)/,
    );
    expect(sentence).not.toMatch(/resize|save them/);
  });
});

function expectLayersAndBlocksOnly(result: Awaited<ReturnType<typeof runToEnd>>): void {
  expect(result.layers.length).toBeGreaterThan(0);
  expect(
    result.layers.every(({ errors }) => Number.isFinite(errors.output) && Number.isFinite(errors.heldOutOutput)),
  ).toBe(true);
  expect(result.blocks.every(({ mse }) => mse > 0)).toBe(true);
  for (const row of result.rows) {
    expect(row).toMatchObject({ perplexity: null, perplexityInterval: null, kl: null });
    expect(row.images?.accuracy ?? null).toBeNull();
  }
  expect(result.fullPrecision?.perplexity).toBeNull();
}

describe('runs on networks without a head', () => {
  it('a language model, with the same layers and errors as with one', async () => {
    const whole = await tinyCheckpoint('llama3-scaled');
    const tensors = new Map([...whole.tensors].filter(([name]) => name !== 'lm_head.weight'));
    const body = {
      ...whole,
      tensors,
      config: { ...whole.config, architectures: ['LlamaModel'], tie_word_embeddings: false },
    };
    const recipe = tinyRecipe([{ method: 'gptq', options: { bits: 4 } }]);
    const before = gpu.buffers.bytesInUse;
    const result = await runToEnd(await prepareTiny(gpu, body, recipe), { gpu });
    expectLayersAndBlocksOnly(result);
    const other = await runToEnd(await prepareTiny(gpu, whole, recipe), { gpu });
    expect(result.layers.map(({ errors }) => errors)).toEqual(other.layers.map(({ errors }) => errors));
    expect(result.blocks).toEqual(other.blocks);
    expect(gpu.buffers.bytesInUse).toBe(before);
    const generated = parseRecipe({ ...recipe, calibration: { ...recipe.calibration, source: 'generated' } });
    await expect(prepareTiny(gpu, body, generated)).rejects.toMatchObject({ code: 'QS-RECIPE-01' });
  });

  it.each(['vit', 'vim'] as const)('a tiny %s, on images whose labels it has no use for', async (name) => {
    const whole = await tinyNetwork(name);
    const tensors = new Map([...whole.tensors].filter(([tensor]) => !tensor.startsWith('head.')));
    const prepared = await prepareRun({ ...whole, tensors }, imageRecipe([{ method: 'gptq' }], 'file'), {
      gpu,
      rate: 1e9,
    });
    expectLayersAndBlocksOnly(await runToEnd(prepared, { gpu }));
  });
});

describe('a run on weights alone', () => {
  it('leaves a recurrence, routers, experts and ends byte for byte', async () => {
    const shapes = {
      'backbone.embeddings.weight': [24, 16],
      'backbone.layers.0.mixer.A_log': [32, 16],
      'backbone.layers.0.mixer.in_proj.weight': [64, 16],
      'backbone.layers.0.mlp.router.weight': [8, 16],
      'backbone.layers.0.mlp.experts.up': [8, 16, 16],
      'lm_head.weight': [24, 16],
    };
    const checkpoint = await made(shapes, { architectures: ['SomethingForCausalLM'] });
    const { prepared, result, read } = await exported(checkpoint, tinyRecipe(RTN));
    expect(prepared.plan.layers.map(({ name }) => name)).toEqual(['backbone.layers.0.mixer.in_proj']);
    for (const name of Object.keys(shapes)) {
      const [before, after] = [await checkpoint.read(name), await read(name)];
      if (name.includes('in_proj')) expect(after).not.toEqual(before);
      else expect(after).toEqual(before);
    }
    const coverage = coverageOf(checkpoint, prepared.linears);
    expect(coverage).toMatchObject({ weights: 4480, quantized: 1024, leftBits: 3456 * 32 });
    expect(result.rows[0].fileBitsPerWeight).toBeCloseTo((1024 * result.rows[0].bitsPerWeight + 3456 * 32) / 4480, 9);
    expect(prepared.plan.rows[0].fileBitsPerWeight).toBeCloseTo(
      fileBitsPerWeight(coverage, prepared.plan.rows[0].bitsPerWeight),
      9,
    );
    const csv = new TextDecoder().decode(await joined(csvFile(result).chunks())).split('\n');
    const cells = csv[1].split(',');
    const cell = (name: string) => Number(cells[csv[0].split(',').indexOf(name)]);
    expect(cell('row_quantized_share')).toBeCloseTo(1024 / 4480, 8);
    expect(cell('row_file_bits_per_weight')).toBeCloseTo(result.rows[0].fileBitsPerWeight ?? NaN, 6);
  });

  it('groups a kernel of inputs × outputs along its inputs, and puts it back as it lay', async () => {
    // 32 inputs, 8 outputs: were the file's rows taken for outputs, 8 columns would hold no group of 16.
    const checkpoint = await made({ 'Dense_0/kernel': [32, 8], 'Dense_0/bias': [8] }, null);
    const { prepared, read } = await exported(checkpoint, tinyRecipe(RTN));
    expect(prepared.plan.layers).toMatchObject([{ name: 'Dense_0', rows: 8, cols: 32 }]);
    const [before, after] = [await checkpoint.read('Dense_0/kernel'), await read('Dense_0/kernel')];
    for (let output = 0; output < 8; output++) {
      for (const first of [0, 16]) {
        const levels = new Set(Array.from({ length: 16 }, (_, i) => after[(first + i) * 8 + output]));
        expect(levels.size).toBeLessThanOrEqual(16);
      }
    }
    const error = before.reduce((sum, value, i) => sum + (value - after[i]) ** 2, 0);
    expect(error / before.reduce((sum, value) => sum + value ** 2, 0)).toBeLessThan(0.02);
  });
});

describe('coverage', () => {
  it('counts every weight of a known network once, and leaves buffers out', async () => {
    const checkpoint = await tinyCheckpoint('gpt2');
    const { coverage } = describeCheckpoint(checkpoint);
    const parts = coverage.left.reduce((sum, { weights }) => sum + weights, coverage.quantized);
    expect(parts).toBe(coverage.weights);
    expect(coverage.weights).toBe(openModel(checkpoint).parameters);
    const mask = { name: 'transformer.h.0.attn.bias', shape: [1, 1, 32, 32], dtype: 'F32' as const };
    const first = [...checkpoint.tensors.values()][0];
    const tensors = new Map(checkpoint.tensors).set(mask.name, { ...first, ...mask });
    expect(describeCheckpoint({ ...checkpoint, tensors }).coverage).toEqual(coverage);
  });
});
