/** Exports of rows whose steps store something beside the codes: dense sums, and formats that refuse them before the work. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { openCheckpoint } from '../checkpoint/checkpoint';
import { testGpu } from '../gpu/testing/gpus';
import { decodeQuantized } from '../quantizer/quantized';
import { weightFiles } from './export';
import type { WeightFormat } from './formats';
import { rowExportOf } from './row-export';
import { joined } from './testing/runs';
import { runPipelines, type TestSteps } from './testing/pipelines';

const gpu = await testGpu();

const GPTQ = { step: 'gptq', options: { bits: 4 } };
const KMEANS = { step: 'kmeans', options: { codewords: 8, dim: 2 } };
const EORA = { step: 'eora', options: { rank: 2 } };
const KEPT = { step: 'outlier_columns', options: { count: 2 } };

const REFUSED: readonly [TestSteps, readonly WeightFormat[], string][] = [
  [[GPTQ, EORA], ['gptq'], 'low-rank factors that EoRA'],
  [[KEPT, GPTQ], ['gptq'], 'weights kept as they are that Outlier columns'],
  [[{ step: 'svdquant', options: { rank: 2 } }, KMEANS], ['aqlm', 'codebook'], 'low-rank factors that SVDQuant'],
];

describe('a row with parts beside its codes', () => {
  it.each(REFUSED)('%j is refused by %j, before the work and after', async (steps, formats, what) => {
    const { checkpoint, recipe, prepared, store, result } = await runPipelines(gpu, 'qwen2', [steps]);
    const row = prepared.rows.length - 1;
    const { refusals = {} } = prepared.plan.rows[row];
    expect(Object.keys(refusals).sort()).toEqual([...formats].sort());
    const source = await rowExportOf(checkpoint, recipe, row, store, { keepUnfit: true });
    for (const format of formats) {
      const sentence = `The ${format} format cannot hold the ${what} stores beside the codes: choose safetensors, which writes their sum.`;
      expect(refusals[format]).toBe(sentence);
      await expect(weightFiles(format, source)).rejects.toThrow(sentence);
    }
    // It is said once, and not of every layer.
    for (const layer of result.layers.filter((one) => one.row === row)) expect(layer.note ?? '').not.toMatch(/format/);
  });

  it.each([...REFUSED.map(([steps]) => ({ steps })), { steps: [KEPT, GPTQ, EORA] }])(
    '$steps drops in as safetensors, with the sum’s weights to the bit',
    async ({ steps }) => {
      const { checkpoint, recipe, prepared, store } = await runPipelines(gpu, 'gpt2', [steps]);
      const row = prepared.rows.length - 1;
      const { files, verify } = await weightFiles('safetensors', await rowExportOf(checkpoint, recipe, row, store));
      const parts = await Promise.all(
        files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
      );
      expect(await verify(parts[0])).toBe(0);
      const again = await openCheckpoint(parts);
      for (const { weight, index, rows, cols, layout } of prepared.linears) {
        const tensor = (await store.loadLayer(row, index))?.tensor;
        if (tensor?.kind !== 'sum') throw new Error('no sum');
        const own = decodeQuantized(tensor);
        const written = await again.read(weight);
        const at = (r: number, c: number) => (layout === 'out-in' ? r * cols + c : c * rows + r);
        for (let r = 0; r < rows; r++) {
          for (let c = 0; c < cols; c++) expect(written[at(r, c)]).toBe(own[r * cols + c]);
        }
      }
    },
  );
});
