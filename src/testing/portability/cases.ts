/**
 * What is computed on each implementation of WebGPU and compared: recorded layers through every method that needs no training, and whole
 * runs on tiny networks, which between them bring in the other methods, and single operations that none of these comes by. Everything comes from `files`, so that it is the same bytes
 * wherever it runs; nothing here knows which implementation that is.
 */
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { openSafetensors, readTensor } from '../../checkpoint/safetensors';
import type { Gpu } from '../../gpu/gpu';
import { CATALOGUE, faceOf } from '../../method/catalogue';
import { defaultOptions, type Options } from '../../method/parameters';
import { InputStatistics } from '../../method/statistics';
import { methodOf } from '../../method/table';
import { RunControl } from '../../run/control';
import { runRecipe } from '../../run/driver';
import { prepareRun } from '../../run/prepare';
import { parseRecipe, type Recipe } from '../../recipe/recipe';
import { MemoryRunStore } from '../../run/run-store';
import { Tensor } from '../../tensor/tensor';
import { OPERATIONS, operate } from './operations';

export type Files = ReadonlyMap<string, Uint8Array<ArrayBuffer>>;

export interface Outcome {
  readonly name: string;
  /** Numbers by name. */
  readonly figures: Readonly<Record<string, number>>;
  /** What was made, value by value: the quantized weight of a layer, the tensors of an operation. */
  readonly values: Float32Array | null;
}

interface LayerCase {
  readonly method: string;
  readonly options: Options;
  /** What it is called beside the method; by default its options. */
  readonly config?: string;
}

/** Recorded layers by file, with the cases that are tried on them; `methods` null: those the file holds recordings of. */
const LAYERS: readonly { file: string; methods: readonly LayerCase[] | null }[] = [
  { file: 'dead-columns.safetensors', methods: null },
  { file: 'ragged.safetensors', methods: null },
  {
    file: 'gptvq.safetensors',
    methods: [
      { method: 'gptvq', options: { codebookGroup: 2048, codewords: 16, dim: 2, emIterations: 20 } },
      { method: 'gptvq', options: { codewords: 16, dim: 2, emIterations: 20, recipe: 'exact' } },
      { method: 'gptvq', options: { codebookGroup: 4096, codewords: 16, dim: 2, emIterations: 20, scaleBlock: 64 } },
      { method: 'kmeans', options: { codewords: 16, dim: 2, emIterations: 20 } },
      { method: 'shift', options: { bits: 3 } },
      { method: 'shift', options: { bits: 4 } },
    ],
  },
];

/** Recorded cases that are repeated, on the layers that have them; all would say the same three times. */
const RECORDED = ['w2a', 'w4s', 'w3a_g64', 'w2a_g64_act_mse'];

const TINY_CODEBOOK = { codewords: 8, dim: 2 };
const trained = (method: string, more: Options = {}) => ({
  method,
  options: { ...TINY_CODEBOOK, steps: 6, batch: 4, ...more },
});
const TRAINED = {
  vq4dit: trained('vq4dit'),
  vimvq: trained('vimvq', { hullEvery: 3 }),
  ssvq: trained('ssvq'),
  vq4all: trained('vq4all'),
};
const ON_GRIDS = ['adaround', 'autoround', 'block_ap', 'omniquant', 'lsq'].map((method) => {
  return { method, options: { bits: 3, groupSize: 8, steps: 6, batch: 4 } };
});

/** Whole runs by the network's folder in `files`. */
const RUNS: readonly { network: string; rows: readonly object[]; source: string; more?: object }[] = [
  {
    network: 'llama3-scaled',
    source: 'random',
    rows: [
      ...['gptq', 'gptaq', 'gptq_r', 'rescomp', 'shift'].map((method) => ({ method, options: { bits: 3 } })),
      { method: 'gptvq', options: TINY_CODEBOOK },
      { method: 'kmeans', options: TINY_CODEBOOK },
    ],
  },
  { network: 'gpt2', source: 'random', rows: [{ method: 'gptq', options: { bits: 4 } }, ...ON_GRIDS] },
  { network: 'vit', source: 'file', rows: [{ method: 'gptq', options: { bits: 4 } }, TRAINED.vimvq] },
  { network: 'vim', source: 'file', rows: [{ method: 'rescomp', options: { bits: 4 } }, TRAINED.ssvq] },
  {
    network: 'dit',
    source: 'generated',
    rows: [TRAINED.vq4dit, TRAINED.vq4all],
    more: { sampling: { steps: 3, guidance: 2, sampler: 'ddim', images: 4 } },
  },
];

/** Names of files that the cases need: recorded layers, and folders of networks. */
export const NEEDED = { layers: LAYERS.map(({ file }) => file), networks: RUNS.map(({ network }) => network) };

/** Every case in order. */
export async function* outcomes(gpu: Gpu, files: Files): AsyncGenerator<Outcome> {
  for (const { file, methods } of LAYERS) yield* layerOutcomes(gpu, files, file, methods);
  for (const name of Object.keys(OPERATIONS)) yield { name, figures: {}, values: await operate(gpu, name) };
  for (const run of RUNS) yield await runOutcome(gpu, files, run);
}

async function* layerOutcomes(
  gpu: Gpu,
  files: Files,
  name: string,
  methods: readonly LayerCase[] | null,
): AsyncGenerator<Outcome> {
  const file = await openSafetensors(memorySource(fileOf(files, name), name));
  const load = async (tensor: string) => {
    const info = file.tensors.get(tensor);
    if (!info) throw new Error(`${name} has no tensor ${tensor}`);
    return { rows: info.shape[0], cols: info.shape[1], values: await readTensor(info) };
  };
  const [w, h] = [await load('W'), await load('H')];
  const d = file.tensors.has('D') ? await load('D') : null;
  const up = (m: typeof w) => Tensor.from(gpu, m.rows, m.cols, m.values);
  const recorded = [...file.tensors.keys()].filter((tensor) => tensor.startsWith('Q.'));
  const cases = methods ?? recorded.flatMap((tensor) => recordedCase(tensor));
  for (const { method, options, config } of cases) {
    const drift = d ?? (faceOf(method).needs.drift ? { ...h, values: new Float32Array(h.values.length) } : null);
    const [weight, statistics] = [up(w), InputStatistics.of(up(h), drift && up(drift))];
    const given = { ...defaultOptions(faceOf(method).parameters), ...options };
    const { q } = await methodOf(method).quantize({ weight, statistics }, given);
    const values = await q.read();
    for (const used of [q, weight]) used.release();
    await statistics.release();
    const title = `${name.replace('.safetensors', '')}, ${method} ${config ?? JSON.stringify(options)}`;
    yield { name: title, figures: { outputError: outputError(w, h.values, values) }, values };
  }
}

/** `Q.gptq.w3a_g64` → its method with options; nothing for recordings that are not repeated. */
function recordedCase(tensor: string): LayerCase[] {
  const [, method, config] = tensor.split('.');
  if (!RECORDED.includes(config)) return [];
  const wanted: Options = {
    bits: Number(config[1]),
    symmetric: config[2] === 's',
    groupSize: config.includes('_g64') ? 64 : null,
    actOrder: config.includes('_act'),
    staticGroups: config.includes('_g64_act'),
    clip: config.includes('_mse') ? 'mse' : 'none',
  };
  const known = CATALOGUE.find((face) => face.id === method)?.parameters ?? {};
  const options = Object.fromEntries(Object.entries(wanted).filter(([key]) => key in known));
  return [{ method, options, config }];
}

/** tr((Q − W) H (Q − W)ᵀ) / tr(W H Wᵀ) in float64. */
function outputError(
  w: { rows: number; cols: number; values: Float32Array },
  h: Float32Array,
  q: Float32Array,
): number {
  const form = (of: (i: number) => number) => {
    let sum = 0;
    for (let r = 0; r < w.rows; r++) {
      for (let i = 0; i < w.cols; i++) {
        let inner = 0;
        for (let j = 0; j < w.cols; j++) inner += h[i * w.cols + j] * of(r * w.cols + j);
        sum += inner * of(r * w.cols + i);
      }
    }
    return sum;
  };
  return form((i) => q[i] - w.values[i]) / form((i) => w.values[i]);
}

async function runOutcome(gpu: Gpu, files: Files, run: (typeof RUNS)[number]): Promise<Outcome> {
  const { network, rows, source, more } = run;
  const inside = [...files].filter(([name]) => name.startsWith(`${network}/`));
  const checkpoint = await openCheckpoint(inside.map(([name, bytes]) => memorySource(bytes, name)));
  const recipe: Recipe = parseRecipe({
    version: 1,
    rows,
    calibration: { source, file: null, windows: source === 'random' ? 6 : 8, length: 12, seed: 1 },
    heldOut: { file: null, windows: 3 },
    ...more,
  });
  const prepared = await prepareRun(checkpoint, recipe, { gpu, rate: 1e9 });
  const events = runRecipe(prepared, { gpu, store: new MemoryRunStore(), control: new RunControl() });
  for (;;) {
    const step = await events.next();
    if (!step.done) continue;
    const { layers, blocks, rows: summaries, fullPrecision } = step.value;
    const figures: Record<string, number> = {};
    collect({ layers, blocks, rows: summaries, fullPrecision }, '', figures);
    return { name: `run of ${network}`, figures, values: null };
  }
}

/** Figures of time; they differ from run to run. */
const TIMES = /millisecond|Ms$|Seconds$|wall|time/i;

/** Numbers anywhere in plain data, by their path. */
function collect(value: unknown, path: string, into: Record<string, number>): void {
  if (typeof value === 'number') into[path] = value;
  else if (ArrayBuffer.isView(value)) collect([...(value as Uint8Array)], path, into);
  else if (typeof value === 'object' && value !== null) {
    for (const [key, inner] of Object.entries(value)) {
      if (!TIMES.test(key)) collect(inner, path === '' ? key : `${path}.${key}`, into);
    }
  }
}

function fileOf(files: Files, name: string): Uint8Array<ArrayBuffer> {
  const bytes = files.get(name);
  if (!bytes) throw new Error(`the file ${name} is missing`);
  return bytes;
}
