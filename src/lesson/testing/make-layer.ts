/**
 * Makes the lessons' piece of a layer out of the sample network, in float64 and without a GPU: the full-precision stream by the twin of the
 * forward pass, and the stream behind layers that GPTQ's twin has quantized, block by block and stage by stage. Run by scripts/lesson-data.mjs.
 */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { toBase64 } from '../../base/base64';
import { floatToHalf } from '../../base/half';
import { memorySource } from '../../checkpoint/bytes';
import { openSafetensors, readTensor } from '../../checkpoint/safetensors';
import { readTexts } from '../../checkpoint/text';
import { defaultOptions, scalarOptions } from '../../method/parameters';
import { compensateReference } from '../../method/reference';
import { faceOf } from '../../method/catalogue';
import { memoryWeights, type MemorySource } from '../../model/testing/fixtures';
import { referenceForward } from '../../model/testing/reference-forward';
import { openTokenizer } from '../../model/tokenizer';
import { cutWindows, type Windows } from '../../model/windows';
import { matmul, matrix, type Matrix } from '../../numerics/matrix';
import type { LayerFile, WeightFile } from '../layer-data';

export interface Piece {
  readonly block: number;
  readonly stage: number;
  readonly name: string;
  readonly rows: number;
  /** The first of the inputs that are taken, and how many. */
  readonly firstCol: number;
  readonly cols: number;
  readonly windows: number;
  readonly length: number;
  readonly bits: number;
}

/** The middle block's attention output: its inputs go together enough for compensation to be seen. The first rows and inputs of it. */
export const ATTENTION_OUTPUT: Piece = {
  block: 2,
  stage: 1,
  name: 'self_attn.o_proj',
  rows: 32,
  firstCol: 0,
  cols: 32,
  windows: 4,
  length: 48,
  bits: 3,
};

/** Of all runs of 32 inputs in the network the one whose channel stands out most: three quarters of its tokens against the middle channel's. */
export const OUTLIER_INPUTS: Piece = {
  block: 0,
  stage: 3,
  name: 'mlp.down_proj',
  rows: 16,
  firstCol: 288,
  cols: 32,
  windows: 2,
  length: 32,
  bits: 3,
};

/** By the name of their file in src/lesson/data. */
export const PIECES: Readonly<Record<string, Piece>> = {
  'attention-output': ATTENTION_OUTPUT,
  'outlier-inputs': OUTLIER_INPUTS,
};

/** The same layer of two of the other samples: their first rows and inputs, weights alone. */
export const OTHERS = ['shapes-vit', 'shapes-dit'] as const;
const OTHER = { layer: 'blocks.2.attn.proj', rows: 16, cols: 32 } as const;

export async function makeOthers(samples: string): Promise<WeightFile[]> {
  return Promise.all(
    OTHERS.map(async (model) => {
      const { tensors } = await openSample(join(samples, model));
      const found = tensors.get(`${OTHER.layer}.weight`);
      if (!found) throw new Error(`${model} has no ${OTHER.layer}`);
      const weight = matrix(found.shape[0], found.shape[1], found.values);
      return { model, ...OTHER, weight: packed(corner(weight, OTHER.rows, 0, OTHER.cols)) };
    }),
  );
}

/** The linears of each stage of a Llama block. */
const STAGES = [
  ['self_attn.q_proj', 'self_attn.k_proj', 'self_attn.v_proj'],
  ['self_attn.o_proj'],
  ['mlp.gate_proj', 'mlp.up_proj'],
  ['mlp.down_proj'],
] as const;

export async function openSample(folder: string): Promise<MemorySource> {
  const file = await openSafetensors(
    memorySource(await readFile(join(folder, 'model.safetensors')), 'model.safetensors'),
  );
  const tensors: MemorySource['tensors'] = new Map();
  for (const info of file.tensors.values()) {
    tensors.set(info.name, { shape: info.shape, dtype: info.dtype, values: await readTensor(info) });
  }
  const config = JSON.parse(await readFile(join(folder, 'config.json'), 'utf8')) as Record<string, unknown>;
  return memoryWeights(config, tensors);
}

export async function sampleWindows(folder: string, count: number, length: number): Promise<Windows> {
  const json = async (name: string) => JSON.parse(await readFile(join(folder, name), 'utf8')) as unknown;
  const tokenizer = openTokenizer(await json('tokenizer.json'), await json('tokenizer_config.json'));
  const texts = await readTexts(memorySource(await readFile(join(folder, 'calibration.jsonl')), 'calibration.jsonl'));
  return cutWindows(texts, tokenizer, length, count);
}

/** Both streams' inputs of a layer, tokens × cols. */
export function streamsOf(source: MemorySource, windows: Windows, piece: Pick<Piece, 'block' | 'stage' | 'bits'>) {
  const { ids, windows: count, length } = windows;
  const geometry = { windows: count, length };
  const tap = (of: MemorySource, block: number, stage: number): Matrix => {
    const found = referenceForward(of, ids, geometry).get(`block ${block} tap ${stage}`);
    if (!found) throw new Error(`no input of stage ${stage} of block ${block}`);
    return found;
  };
  const tensors = new Map(source.tensors);
  const quantized = memoryWeights(source.config, tensors);
  for (let block = 0; block <= piece.block; block++) {
    for (let stage = 0; stage < (block === piece.block ? piece.stage : STAGES.length); stage++) {
      const inputs = tap(quantized, block, stage);
      for (const linear of STAGES[stage]) {
        const name = `model.layers.${block}.${linear}.weight`;
        const old = source.tensors.get(name);
        if (!old) throw new Error(`the sample has no ${name}`);
        const q = gptq(matrix(old.shape[0], old.shape[1], old.values), inputs, piece.bits);
        tensors.set(name, { ...old, values: Float32Array.from(q.data) });
      }
    }
  }
  return { full: tap(source, piece.block, piece.stage), own: tap(quantized, piece.block, piece.stage) };
}

function gptq(weight: Matrix, inputs: Matrix, bits: number): Matrix {
  const options = scalarOptions({ ...defaultOptions(faceOf('gptq').parameters), bits });
  const update = { alpha: 0, alpha2: 0, outer: 'current' } as const;
  return compensateReference(weight, matmul('tn', inputs, inputs), null, options, update);
}

export async function makeLayer(folder: string, piece: Piece): Promise<LayerFile> {
  const source = await openSample(folder);
  const windows = await sampleWindows(folder, piece.windows, piece.length);
  const { full, own } = streamsOf(source, windows, piece);
  const layer = `model.layers.${piece.block}.${piece.name}`;
  const found = source.tensors.get(`${layer}.weight`);
  if (!found) throw new Error(`the sample has no ${layer}`);
  const weight = matrix(found.shape[0], found.shape[1], found.values);
  const { rows, firstCol, cols } = piece;
  return {
    model: 'stories-1m',
    layer,
    before: `GPTQ, ${piece.bits} bits, one scale a row`,
    rows,
    cols,
    tokens: full.rows,
    weight: packed(corner(weight, rows, firstCol, cols)),
    full: packed(corner(full, full.rows, firstCol, cols)),
    own: packed(corner(own, own.rows, firstCol, cols)),
  };
}

function corner(a: Matrix, rows: number, first: number, cols: number): Float64Array {
  return Float64Array.from(
    { length: rows * cols },
    (_, i) => a.data[Math.floor(i / cols) * a.cols + first + (i % cols)],
  );
}

function packed(values: Float64Array): string {
  const bytes = new Uint8Array(2 * values.length);
  const view = new DataView(bytes.buffer);
  values.forEach((value, i) => view.setUint16(2 * i, floatToHalf(value), true));
  return toBase64(bytes);
}
