/** Rows of progressive groups: through a method that compensates, storage and exports; refused where options or formats contradict them. */
import { expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { testGpu } from '../gpu/testing/gpus';
import { affineFault } from '../quantizer/affine';
import { decodeQuantized } from '../quantizer/quantized';
import { weightFiles } from './export';
import { rowExportOf } from './row-export';
import { expectSteady, openTiny, pipelineRecipe } from './testing/pipelines';
import { joined, prepareTiny } from './testing/runs';

const gpu = await testGpu();

const QOQ = { step: 'gptq', options: { bits: 4, groupSize: 8, progressive: true } };

it('are whole numbers of their units after compensation, as planned, again and resumed to equal bits, and exported as they are', async () => {
  const { prepared, store, checkpoint, recipe } = await expectSteady(gpu, 'qwen2', [[QOQ]]);
  const row = prepared.rows.findIndex(({ from }) => from === 0);
  expect(prepared.rows.every(({ options }) => options.progressive === true)).toBe(true);
  for (const { index, rows, cols } of prepared.linears) {
    const layer = await store.loadLayer(row, index);
    const tensor = layer?.tensor;
    if (tensor?.kind !== 'affine' || !tensor.units) throw new Error('no units');
    expect(affineFault(tensor)).toBeNull();
    const { units } = tensor;
    decodeQuantized(tensor).forEach((value, i) => {
      const integer = value / units[Math.floor(i / cols)];
      if (!Number.isInteger(integer) || integer < -128 || integer > 127)
        throw new Error(`weight ${i} is ${integer} units`);
    });
    expect(layer?.result.bitsPerWeight).toBe(4 + (16 * Math.ceil(cols / 8)) / cols + 16 / cols);
    expect(rows).toBe(units.length);
  }
  const refused = prepared.plan.rows[row].refusals ?? {};
  expect(Object.keys(refused)).toEqual(['gptq']);
  expect(refused.gptq).toMatch(/^The gptq format has one 16-bit scale a group, .*: choose own, .* or safetensors\.$/);
  const source = await rowExportOf(checkpoint, recipe, row, store);
  await expect(weightFiles('gptq', source)).rejects.toThrow('The gptq format has one 16-bit scale a group');
  for (const format of ['own', 'safetensors'] as const) {
    const { files, verify } = await weightFiles(format, source);
    const [weights] = files;
    expect(await verify(memorySource(await joined(weights.chunks()), weights.name))).toBe(0);
  }
});

it('are refused with options that contradict them, of the row and of a rule', async () => {
  const prepared = async (step: object) =>
    prepareTiny(gpu, await openTiny('qwen2'), pipelineRecipe([[step as { step: string }]], 'qwen2'));
  await expect(prepared({ ...QOQ, options: { ...QOQ.options, clip: 'mse' } })).rejects.toThrow(
    /^GPTQ 4-bit g8 clip progressive: Progressive groups take their whole range/,
  );
  await expect(prepared({ ...QOQ, layers: [{ match: '*q_proj', options: { symmetric: true } }] })).rejects.toThrow(
    /Progressive groups span minimum to maximum: leave symmetric out\.$/,
  );
});
