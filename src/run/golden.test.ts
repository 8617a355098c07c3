/**
 * The scalar methods against the published implementations, layer by layer (../shared/golden/README.md says how they were recorded).
 */
import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openSafetensors, readTensor, type SafetensorsFile } from '../checkpoint/safetensors';
import { testGpu } from '../gpu/testing/gpus';
import { CATALOGUE } from '../method/catalogue';
import type { Options } from '../method/parameters';
import { methodOf } from '../method/table';
import { Tensor } from '../tensor/tensor';
import { describeShared } from '../testing/shared';
import { methodRow } from '../recipe/testing';
import { quantizeSingleLayer, statisticsOf } from './single-layer';

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
  return methodRow({ method, options }).options;
}

/** Share of entries of `q` within 1e-4 · max |golden|. */
export function agreement(q: ArrayLike<number>, golden: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < golden.length; i++) largest = Math.max(largest, Math.abs(golden[i]));
  let same = 0;
  for (let i = 0; i < golden.length; i++) if (Math.abs(q[i] - golden[i]) <= 1e-4 * largest) same++;
  return same / golden.length;
}

/** X Wᵀ in float64, tokens × rows. */
function outputs(x: Float32Array, w: Float32Array, cols: number): Float64Array {
  const [rows, tokens] = [w.length / cols, x.length / cols];
  const y = new Float64Array(tokens * rows);
  for (let t = 0; t < tokens; t++) {
    for (let r = 0; r < rows; r++) {
      // Four sums: one would wait for each addition to finish.
      let [s0, s1, s2, s3] = [0, 0, 0, 0];
      const [a, b] = [t * cols, r * cols];
      let c = 0;
      for (; c + 3 < cols; c += 4) {
        s0 += x[a + c] * w[b + c];
        s1 += x[a + c + 1] * w[b + c + 1];
        s2 += x[a + c + 2] * w[b + c + 2];
        s3 += x[a + c + 3] * w[b + c + 3];
      }
      for (; c < cols; c++) s0 += x[a + c] * w[b + c];
      y[t * rows + r] = s0 + s1 + (s2 + s3);
    }
  }
  return y;
}

function squaredDistance(a: Float64Array, b: Float64Array): number {
  return a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
}

describeShared('golden', 'what the published implementations make of whole layers', (folder) => {
  const files = readdirSync(folder).filter((file) =>
    /^(one-block|three-blocks|ragged|outliers|dead-columns)\./.test(file),
  );

  describe.each(files)('recorded layer %s', async (file) => {
    const gpu = await testGpu();
    const source = await openSafetensors(memorySource(readFileSync(folder + file), file));
    const [w, x, xFull] = await Promise.all(['W', 'X_q', 'X_fp'].map((name) => read(source, name)));
    // What every case needs, made once: the layer on the GPU, its statistics, and its output in float64.
    const [weight, inputs, referenceInputs] = [w, x, xFull].map(upload);
    const statistics = statisticsOf(inputs, referenceInputs);
    const targets = { own: outputs(x.values, w.values, w.cols), full: outputs(xFull.values, w.values, w.cols) };
    const cases = [...source.tensors.keys()].filter((name) => name.startsWith('Q.'));

    async function quantize(method: string, options: Options): Promise<Float32Array> {
      const { q } = await methodOf(method).quantize({ weight, statistics }, options);
      const values = await q.read();
      q.release();
      return values;
    }

    it.each(cases)('%s', async (name) => {
      const [, method, config] = name.split('.');
      const q = await quantize(method, optionsOf(method, config));
      const golden = (await read(source, name)).values;
      expect(agreement(q, golden)).toBeGreaterThanOrEqual(0.99);
      // ‖X Qᵀ − X̃ Wᵀ‖².
      const target = method === 'gptaq' || method === 'rescomp' ? targets.full : targets.own;
      const error = (weights: Float32Array) => squaredDistance(outputs(x.values, weights, w.cols), target);
      const ratio = error(q) / error(golden);
      expect(ratio).toBeGreaterThan(0.99);
      expect(ratio).toBeLessThan(1.01);
    });

    it('comes out the same by itself, from its inputs', async () => {
      for (const method of ['rtn', 'gptq', 'rescomp']) {
        const options = optionsOf(method, 'w3a');
        const alone = await quantizeSingleLayer(gpu, { weight, inputs, referenceInputs, method, options });
        expect(alone.q).toEqual(await quantize(method, options));
      }
    });

    function upload({ rows, cols, values }: { rows: number; cols: number; values: Float32Array }): Tensor {
      return Tensor.from(gpu, rows, cols, values);
    }
  });
});

async function read(file: SafetensorsFile, name: string) {
  const info = file.tensors.get(name);
  if (!info) throw new Error(`no tensor ${name}`);
  return { rows: info.shape[0], cols: info.shape[1], values: await readTensor(info) };
}
