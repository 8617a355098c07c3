/** The command line's contract: one JSON object on stdout, one sentence on stderr, exit codes, and files that read back. */
import { execFileSync, spawn } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { memorySource } from '../checkpoint/bytes';
import { encodeFloat32 } from '../checkpoint/dtype';
import { openSafetensors, readTensor } from '../checkpoint/safetensors';
import { safetensorsBlobParts } from '../checkpoint/safetensors-write';
import { testGpu } from '../gpu/testing/gpus';
import { CATALOGUE } from '../method/catalogue';
import { joined } from '../run/testing/runs';
import { EXITS } from './exit-codes';
import { Interruption } from './interrupt';
import { flagsOf } from './method-flags';
import { runProgram } from './program';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const SAMPLE = join(ROOT, 'public/samples/stories-1m');
const folder = mkdtempSync(join(tmpdir(), 'quantelier-cli-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const gpu = await testGpu();

interface Answer {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** The program in this process, on one device for all commands; from the folder, as a person would call it. */
async function cli(...words: string[]): Promise<Answer> {
  const text = { out: '', err: '' };
  const home = process.cwd();
  process.chdir(folder);
  try {
    const exit = await runProgram(words, {
      print: (told) => (text.out += `${told}\n`),
      terminal: { write: (told) => (text.err += told) },
      openGpu: () => Promise.resolve(gpu),
      closeGpu: () => undefined,
      interruption: new Interruption(() => undefined),
    });
    return { code: EXITS[exit].code, ...text };
  } finally {
    process.chdir(home);
  }
}

/** The bundle as a process of its own. */
function bundled(...words: string[]): Promise<Answer> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [join(ROOT, 'dist-cli/cli.js'), ...words], { cwd: folder });
    const text = { out: '', err: '' };
    child.stdout.on('data', (chunk) => (text.out += String(chunk)));
    child.stderr.on('data', (chunk) => (text.err += String(chunk)));
    child.on('close', (code) => resolve({ code, ...text }));
  });
}

async function json(...words: string[]): Promise<Record<string, unknown>> {
  return figuresIn(await cli(...words, '--json'));
}

function figuresIn({ code, out, err }: Answer): Record<string, unknown> {
  expect(err).toBe('');
  expect(code).toBe(0);
  expect(out.trimEnd().split('\n')).toHaveLength(1);
  return JSON.parse(out) as Record<string, unknown>;
}

describe('layer', async () => {
  const random = new Random(1);
  const tensor = (name: string, shape: [number, number], values: Float32Array<ArrayBuffer>) => ({
    name,
    dtype: 'F32' as const,
    shape,
    bytes: encodeFloat32('F32', values),
  });
  const w = random.normals(6 * 40) as Float32Array<ArrayBuffer>;
  const x = random.normals(100 * 40) as Float32Array<ArrayBuffer>;
  const full = x.map((value) => value + 0.05 * random.normal());
  const parts = safetensorsBlobParts([
    tensor('W', [6, 40], w),
    tensor('X', [100, 40], x),
    tensor('F', [100, 40], full),
  ]);
  writeFileSync(join(folder, 'layer.safetensors'), await joined(parts.chunks()));
  const given = ['layer', 'layer.safetensors', '--weight', 'W', '--inputs', 'X', '--reference-inputs', 'F'];

  const alone = CATALOGUE.filter(({ trains }) => trains !== 'trajectories');
  it.each(alone.map(({ id }) => id))('%s prints its figures and writes Q', async (method) => {
    const wanted = {
      ...{ bits: ['3'], group: ['16'], 'act-order': [], codewords: ['8'], dim: ['2'] },
      ...{ 'em-iterations': ['5'], steps: ['20'] },
    };
    const own = Object.entries(wanted).filter(([flag]) => Object.hasOwn(flagsOf(method), flag));
    const options = own.flatMap(([flag, value]) => [`--${flag}`, ...value]);
    const figures = await json(...given, '--method', method, ...options, '--out', `${method}.safetensors`);
    // A note is there where a method has something to say of the layer.
    expect(Object.keys(figures).filter((key) => key !== 'note')).toEqual([
      'relativeOutputError',
      'weightError',
      'bitsPerWeight',
      'ledger',
      'milliseconds',
      'retries',
    ]);
    const { total, weights } = figures.ledger as { total: number; weights: number };
    expect(weights).toBe(6 * 40);
    expect(figures.bitsPerWeight).toBe(total / weights);
    const file = await openSafetensors(memorySource(readFileSync(join(folder, `${method}.safetensors`)), 'q'));
    const info = file.tensors.get('Q');
    expect(info).toMatchObject({ dtype: 'F32', shape: [6, 40] });
    const q = info ? await readTensor(info) : new Float32Array();
    let [error, size] = [0, 0];
    for (let t = 0; t < 100; t++) {
      for (let r = 0; r < 6; r++) {
        let [own, target] = [0, 0];
        for (let c = 0; c < 40; c++) {
          own += x[t * 40 + c] * q[r * 40 + c];
          target += full[t * 40 + c] * w[r * 40 + c];
        }
        error += (own - target) ** 2;
        size += target ** 2;
      }
    }
    expect(Number(figures.relativeOutputError) / (error / size)).toBeCloseTo(1, 4);
  });

  it('comes out of a process of its own as it does here, and a refusal too', async () => {
    // Builds the bundle where a source is newer.
    execFileSync(process.execPath, [join(ROOT, 'scripts/cli.mjs'), 'help']);
    const words = [...given, '--method', 'gptq', '--bits', '3'];
    const own = figuresIn(await bundled(...words, '--out', 'process.safetensors', '--json'));
    const here = await json(...words, '--out', 'here.safetensors');
    const untimed = (figures: object) => ({ ...figures, milliseconds: 0 });
    expect(untimed(own)).toEqual(untimed(here));
    const bytes = (name: string) => readFileSync(join(folder, `${name}.safetensors`));
    expect(bytes('process').equals(bytes('here'))).toBe(true);
    const refused = await bundled('frobnicate', '--json');
    expect(refused).toEqual(await cli('frobnicate', '--json'));
    expect(refused.code).toBe(2);
    const adapter = figuresIn(await bundled('adapter', '--json'));
    expect(adapter.flopPerSecond).toBeGreaterThan(0);
  });

  it('is a model by itself, written as a folder', async () => {
    const quantized = await json('quantize', 'layer.safetensors', '--method', 'rtn', '--out', 'alone');
    const layers = quantized.layers as { name: string }[];
    // W has too few rows to be quantized; it is written as it is.
    expect(layers.map(({ name }) => name).sort()).toEqual(['F', 'X']);
    expect(quantized.largestDifference).toBe(0);
    const file = await openSafetensors(memorySource(readFileSync(join(folder, 'alone/model.safetensors')), 'alone'));
    expect([...file.tensors.keys()].sort()).toEqual(['F', 'W', 'X']);
  });

  it.each([
    [
      ['layer', 'absent.safetensors', '--weight', 'W', '--inputs', 'X', '--method', 'rtn'],
      /absent.safetensors does not exist/,
      3,
    ],
    [['layer', 'layer.safetensors', '--weight', 'V', '--inputs', 'X', '--method', 'rtn'], /no tensor V/, 2],
    [[...given, '--method', 'awq'], /no method "awq"/, 2],
    [[...given, '--method', 'gptq', '--bits', '9'], /bits is 9/, 2],
    [[...given, '--method', 'gptq', '--bits', 'three'], /--bits is "three"/, 2],
    [[...given, '--method', 'gptq', '--alpha', '1'], /^--alpha has no use for GPTQ, which has --bits, /, 2],
    [[...given, '--method', 'gptq', '--bits', '3', '--bits', '4'], /^--bits is given twice: see /, 2],
    [[...given, 'another.safetensors', '--method', 'gptq'], /takes one word besides flags/, 2],
    [
      ['layer', 'layer.safetensors', '--weight', 'W', '--inputs', 'W', '--method', 'gptq', '--nonsense'],
      /^There is no flag --nonsense: see npm run -s cli -- layer --help\.$/m,
      2,
    ],
    [[...given, '--method'], /^--method needs a value: see /, 2],
    [
      ['quantize', 'layer.safetensors', '--recipe', 'absent.json', '--out', 'no'],
      /^--recipe is "absent.json", and there is no such file .*: name a recipe.json\.$/m,
      2,
    ],
    [
      ['quantize', 'layer.safetensors', '--recipe', 'layer.safetensors', '--out', 'no'],
      /^The recipe layer.safetensors is not JSON: correct it/,
      2,
    ],
    [
      ['quantize', SAMPLE, '--recipe', join(SAMPLE, 'recipe.json'), '--bits', '4', '--out', 'no'],
      /^--bits has no use beside --recipe .*recipe\.json, which says all that/,
      2,
    ],
    [
      ['quantize', SAMPLE, '--method', 'rtn', '--guidance', '2', '--out', 'no'],
      /^--guidance has no use for this model/,
      2,
    ],
    [['quantize', SAMPLE, '--method', 'rtn', '--networks', 'a', '--out', 'no'], /^--networks has no use for RTN/, 2],
    [['quantize', SAMPLE, '--method', 'rtn', '--row', '2', '--out', 'no'], /^--row has no use without a recipe/, 2],
    [['quantize', SAMPLE, '--method', 'rtn', '--out', SAMPLE], /the folder of the source itself/, 2],
    [['quantize', SAMPLE, '--method', 'rtn', '--resume', '--fresh', '--out', 'no'], /choose one of them/, 2],
    [['quantize', SAMPLE, '--method', 'rtn', '--resume', '--out', 'no'], /^There is no run to resume in /, 6],
    [['quantize', SAMPLE, '--method', 'rtn', '--out', 'layer.safetensors'], /^"layer.safetensors.*" cannot be used/, 5],
    [['evaluate', SAMPLE, '--images', 'a.npz'], /^--images has no use for a language model/, 2],
    [['evaluate', join(ROOT, 'public/samples/shapes-vit'), '--seed', '2'], /^--seed has no use without --drawn/, 2],
    [['evaluate', join(ROOT, 'public/samples/shapes-vit'), '--text', 'a'], /^--text has no use for a classifier/, 2],
    [
      ['generate', join(ROOT, 'public/samples/shapes-vit'), '--prompt', 'One'],
      /writes no text: choose a language model\.$/m,
      2,
    ],
    [['frobnicate'], /no command "frobnicate"/, 2],
  ] as const)('%j is refused in one sentence', async (words, sentence, status) => {
    const { code, out, err } = await cli(...words, '--json');
    expect(code).toBe(status);
    expect(out).toBe('');
    expect(existsSync(join(folder, 'no'))).toBe(false);
    expect(err.trimEnd().split('\n')).toHaveLength(1);
    expect(err).toMatch(sentence);
  });
});

describe('allocate', () => {
  const short = ['--windows', '2', '--length', '16', '--calibration', 'random', '--held-out-windows', '1'];

  it('says each layer’s losses, the front and the choice, and writes a recipe that quantize runs', async () => {
    const recipe = join(folder, 'mixed.json');
    const given = ['--budget', '2.7', '--measure', 'weight', '--candidates', '2,3,4', ...short];
    const found = await json('allocate', SAMPLE, ...given, '--out', recipe);
    expect(found).toMatchObject({
      measure: 'weight',
      candidates: ['2-bit', '3-bit', '4-bit'],
      exact: true,
      out: recipe,
    });
    const chosen = found.chosen as { bytes: number; bitsPerWeight: number; loss: number };
    expect(chosen.bytes).toBeLessThanOrEqual((found.budget as { bytes: number }).bytes);
    expect(found.layers).toHaveLength(35);
    expect(found.front).toContainEqual(chosen);
    const quantized = await json('quantize', SAMPLE, '--recipe', recipe, '--out', join(folder, 'mixed'));
    expect((quantized.ledger as { total: number }).total / 8).toBe(chosen.bytes);
    const layers = quantized.layers as { name: string; ledger: { total: number } }[];
    const losses = found.layers as { name: string; candidates: { bytes: number }[]; chosen: string }[];
    for (const [i, { name, candidates, chosen: word }] of losses.entries()) {
      expect(layers[i].name).toBe(name);
      expect(layers[i].ledger.total / 8).toBe(candidates[['2-bit', '3-bit', '4-bit'].indexOf(word)].bytes);
    }
  });

  it.each([
    [['--budget', '9'], /budget is 9: it must lie in 2 … 8/],
    [['--budget', '2', '--candidates', '3,4'], /A budget of 2 bits .* 3 to 4 bits/],
    [['--budget', '10kB'], /the layers take 2\d{5} bytes at 2 bits and 9\d{5} at 8/],
    [['--budget', '3', '--bits', '4'], /--bits has no use where every layer gets its own/],
    [['--budget', '3', '--method', 'kmeans'], /k-means VQ has none/],
    [[], /--budget is missing/],
  ])('refuses %j in a sentence', async (given, sentence) => {
    const { code, err } = await cli('allocate', SAMPLE, ...given, ...short);
    expect(err).toMatch(sentence);
    expect(code).toBe(2);
  });
});

describe('a model', () => {
  const texts = (name: string) => join(SAMPLE, `${name}.jsonl`);

  it('is inspected, quantized, evaluated and made to write', async () => {
    const inspected = await json('inspect', SAMPLE);
    expect(inspected).toMatchObject({ format: 'safetensors', architecture: 'LlamaForCausalLM' });

    const words = [
      '--method',
      'gptaq',
      '--bits',
      '3',
      '--calibration',
      texts('calibration'),
      '--windows',
      '2',
      '--length',
      '32',
    ];
    const held = ['--held-out', texts('heldout'), '--held-out-windows', '2'];
    const quantized = await json('quantize', SAMPLE, ...words, ...held, '--out', join(folder, 'q'));
    const linears = inspected.linears as unknown[];
    expect(quantized.layers).toHaveLength(linears.length);
    expect(quantized.blocks).toHaveLength(5);
    expect(quantized).toMatchObject({ blocks: [{ index: 0 }, {}, {}, {}, {}] });

    // The exported folder, F16 as its source, evaluates to what the run measured.
    const text = ['--text', texts('heldout'), '--windows', '2', '--length', '32', '--against', SAMPLE];
    const evaluated = await json('evaluate', join(folder, 'q'), ...text);
    expect(evaluated.tokens).toBe(62);
    expect(Number(evaluated.perplexity) / Number(quantized.perplexity)).toBeCloseTo(1, 2);
    expect(Number(evaluated.kl)).toBeGreaterThan(0);
    expect(evaluated.divergence).toMatchObject({ tokens: 62, median: { interval: null } });

    // The same with codebooks, in the formats that hold them and not in the one that does not.
    const vectors = ['--method', 'kmeans', '--codewords', '16', '--dim', '2', '--em-iterations', '2'];
    const short = ['--calibration', 'random', '--windows', '1', '--length', '16', '--held-out-windows', '1'];
    const books = await json('quantize', SAMPLE, ...vectors, ...short, '--format', 'aqlm', '--out', join(folder, 'vq'));
    expect(books).toMatchObject({ ledger: { weights: 921600, parts: { indices: 2 * 921600, scales: 0 } } });
    expect(books.largestDifference).toBe(0);
    const config = JSON.parse(readFileSync(join(folder, 'vq', 'config.json'), 'utf8')) as Record<string, unknown>;
    expect(config.quantization_config).toMatchObject({ quant_method: 'aqlm', nbits_per_codebook: 4, in_group_size: 2 });
    const refused = await cli(
      'quantize',
      SAMPLE,
      ...vectors,
      ...short,
      '--format',
      'gptq',
      '--out',
      join(folder, 'no'),
    );
    expect(refused).toMatchObject({ code: 2, out: '' });
    expect(refused.err).toMatch(/choose safetensors, aqlm, codebook/);

    const written = await json('generate', SAMPLE, '--prompt', 'One', '--tokens', '3');
    expect(written.text).toMatch(/^One/);
  });
});
