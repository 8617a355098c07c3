/**
 * The scalar methods against the published implementations, layer by layer (../shared/golden/README.md says how they were recorded).
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openSafetensors, readTensor, type SafetensorsFile } from '../checkpoint/safetensors';
import { testGpu } from '../gpu/testing/gpus';
import { CATALOGUE } from '../method/catalogue';
import type { Options } from '../method/parameters';
import { Tensor } from '../tensor/tensor';
import { parseRow } from './recipe';
import { quantizeSingleLayer } from './single-layer';

const FOLDER = new URL('../../../shared/golden/', import.meta.url).pathname;
const files = existsSync(FOLDER)
  ? readdirSync(FOLDER).filter((file) => /^(one-block|three-blocks|ragged|outliers|dead-columns)\./.test(file))
  : [];
if (files.length === 0) console.warn(`\nNOT RUN: ${FOLDER} is absent; only the committed figures are compared.\n`);

/** `w2a_g64_act_mse` → options, as the recordings were made. */
export function optionsOf(method: string, config: string): Options {
  const match = /^w(\d)([as])(_g64)?(_act)?(_mse)?$/.exec(config);
  if (!match) throw new Error(`unknown recorded case ${config}`);
  const [, bits, kind, grouped, act, clip] = match;
  const wanted: Record<string, unknown> = {
    bits: Number(bits),
    symmetric: kind === 's',
    groupSize: grouped ? 64 : null,
    actOrder: Boolean(act),
    staticGroups: Boolean(act && grouped),
    clip: clip ? 'mse' : 'none',
  };
  const known = CATALOGUE.find((face) => face.id === method)?.parameters ?? {};
  const options = Object.fromEntries(Object.entries(wanted).filter(([name]) => name in known));
  return parseRow({ method, options }, config).options;
}

/** Share of entries of `q` within 1e-4 · max |golden|. */
export function agreement(q: ArrayLike<number>, golden: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < golden.length; i++) largest = Math.max(largest, Math.abs(golden[i]));
  let same = 0;
  for (let i = 0; i < golden.length; i++) if (Math.abs(q[i] - golden[i]) <= 1e-4 * largest) same++;
  return same / golden.length;
}

/** ‖X Qᵀ − X̃ Wᵀ‖² in float64. */
function outputError(q: Float32Array, w: Float32Array, x: Float32Array, xFull: Float32Array, cols: number): number {
  const [rows, tokens] = [w.length / cols, x.length / cols];
  let sum = 0;
  for (let t = 0; t < tokens; t++) {
    for (let r = 0; r < rows; r++) {
      let difference = 0;
      for (let c = 0; c < cols; c++)
        difference += q[r * cols + c] * x[t * cols + c] - w[r * cols + c] * xFull[t * cols + c];
      sum += difference * difference;
    }
  }
  return sum;
}

describe.skipIf(files.length === 0).each(files)('recorded layer %s', async (file) => {
  const gpu = await testGpu();
  const source = await openSafetensors(memorySource(readFileSync(FOLDER + file), file));
  const [w, x, xFull] = await Promise.all(['W', 'X_q', 'X_fp'].map((name) => read(source, name)));
  const cases = [...source.tensors.keys()].filter((name) => name.startsWith('Q.'));

  it.each(cases)('%s', async (name) => {
    const [, method, config] = name.split('.');
    const drifted = method === 'gptaq' || method === 'rescomp';
    const [weight, inputs] = [upload(w), upload(x)];
    const referenceInputs = drifted ? upload(xFull) : inputs;
    const options = optionsOf(method, config);
    const { q } = await quantizeSingleLayer(gpu, { weight, inputs, referenceInputs, method, options });
    const golden = (await read(source, name)).values;
    expect(agreement(q, golden)).toBeGreaterThanOrEqual(0.99);
    const target = drifted ? xFull.values : x.values;
    const error = (weights: Float32Array) => outputError(weights, w.values, x.values, target, w.cols);
    expect(error(q) / error(golden)).toBeGreaterThan(0.99);
    expect(error(q) / error(golden)).toBeLessThan(1.01);
    for (const tensor of new Set([weight, inputs, referenceInputs])) tensor.release();
  });

  function upload({ rows, cols, values }: { rows: number; cols: number; values: Float32Array }): Tensor {
    return Tensor.from(gpu, rows, cols, values);
  }
});

async function read(file: SafetensorsFile, name: string) {
  const info = file.tensors.get(name);
  if (!info) throw new Error(`no tensor ${name}`);
  return { rows: info.shape[0], cols: info.shape[1], values: await readTensor(info) };
}
