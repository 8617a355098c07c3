/** Bias correction: no layer's mean output differs from full precision on the calibration set, and exports carry it. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { openSafetensors, readTensor } from '../../checkpoint/safetensors';
import { testGpu } from '../../gpu/testing/gpus';
import { defaultOptions } from '../../method/parameters';
import { matrix, productOfRows, type Matrix } from '../../numerics/matrix';
import { decodeQuantized, type QuantizedTensor } from '../../quantizer/quantized';
import { weightFiles } from '../../run/export';
import { rowExportOf } from '../../run/row-export';
import { joined } from '../../run/testing/runs';
import { expectSameAgain, expectSound, runPipelines, type TestSteps } from '../../run/testing/pipelines';
import { calibrationTaps } from '../../run/testing/taps';
import { ACTIVATION_PARAMETERS } from '../activations/activations.face';
import { formatOf, quantizer } from '../activations/activations';

const gpu = await testGpu();

const RTN = { step: 'rtn', options: { bits: 3 } };
const CORRECTION = { step: 'bias_correction' };
const A4 = { step: 'activations', options: { bits: 4 } };
const BRANCH = { step: 'svdquant', options: { rank: 2 } };

const ROWS: Readonly<Record<string, TestSteps>> = {
  'with inputs as they are': [RTN, CORRECTION],
  'with 4-bit inputs': [A4, RTN, CORRECTION],
  'with 4-bit inputs and a branch that sees them before': [A4, BRANCH, RTN, CORRECTION],
};

/** Of a form's factors (true), or of all else. */
function valuesOf(tensor: QuantizedTensor, factors: boolean): Float32Array[] {
  const parts = tensor.kind === 'sum' ? tensor.parts : [tensor];
  return parts.filter(({ kind }) => (kind === 'factors') === factors).map(decodeQuantized);
}

/** Mean over tokens of x·Wᵀ. */
function meanOutput(x: Matrix, w: ArrayLike<number>, rows: number): Float64Array {
  const y = productOfRows(x, matrix(rows, x.cols, Float64Array.from(w)));
  const mean = new Float64Array(rows);
  y.data.forEach((value, at) => (mean[at % rows] += value / x.rows));
  return mean;
}

describe.each(['gpt2', 'qwen2'] as const)('bias correction on a tiny %s', (name) => {
  it.each(Object.keys(ROWS))('leaves no mean error on the calibration set, %s', async (kind) => {
    const steps = ROWS[kind];
    const run = await runPipelines(gpu, name, [steps]);
    expectSound(run);
    const { prepared, store } = run;
    const format = formatOf({ ...defaultOptions(ACTIVATION_PARAMETERS), bits: 4 });
    const rounding = steps.includes(A4) ? (cols: number) => quantizer(cols, format, null) : null;
    const row = prepared.rows.findIndex((one) => one.steps.some(({ step }) => step === 'bias_correction'));
    const full = await calibrationTaps(gpu, prepared, null);
    const own = await calibrationTaps(gpu, prepared, { row, store, quantizer: rounding });
    let uncorrected = 0;
    for (const linear of prepared.linears) {
      const stored = await store.loadLayer(row, linear.index);
      const [before, after] = [full.get(linear.name), own.get(linear.name)];
      if (!stored?.tensor || !stored.vectors?.bias || !before || !after) throw new Error('not stored');
      const source = prepared.views[0].current.source;
      const weight = await source.read(linear.weight);
      const { rows, cols } = linear;
      const turned =
        linear.layout === 'out-in'
          ? weight
          : Float32Array.from(weight, (_, at) => weight[(at % cols) * rows + Math.floor(at / cols)]);
      const wanted = meanOutput(before.tap, turned, rows);
      const made = new Float64Array(rows);
      for (const values of valuesOf(stored.tensor, false)) {
        meanOutput(after.rounded, values, rows).forEach((value, r) => (made[r] += value));
      }
      for (const values of valuesOf(stored.tensor, true)) {
        meanOutput(after.tap, values, rows).forEach((value, r) => (made[r] += value));
      }
      const { bias } = stored.vectors;
      const most = Math.max(...wanted.map(Math.abs), 1e-3);
      wanted.forEach((value, r) => {
        expect(Math.abs(value - made[r] - bias[r]) / most).toBeLessThan(1e-5);
        uncorrected = Math.max(uncorrected, Math.abs(value - made[r]) / most);
      });
    }
    // There was something to correct.
    expect(uncorrected).toBeGreaterThan(1e-2);
  });
});

it('gives the same again, cut off and gone on with', async () => {
  await expectSameAgain(gpu, await runPipelines(gpu, 'gpt2', Object.values(ROWS)));
});

describe('exports of corrected biases', () => {
  it.each(['gpt2', 'vit'] as const)('are in the bias tensors of %s', async (name) => {
    const { checkpoint, recipe, prepared, store } = await runPipelines(gpu, name, [[RTN, CORRECTION]]);
    const row = prepared.rows.length - 1;
    expect(prepared.plan.rows[row].refusals ?? {}).not.toHaveProperty('safetensors');
    const { files, verify } = await weightFiles('safetensors', await rowExportOf(checkpoint, recipe, row, store));
    const parts = await Promise.all(
      files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
    );
    expect(await verify(parts[0])).toBe(0);
    const again = await openCheckpoint(parts);
    for (const linear of prepared.linears) {
      const shift = (await store.loadLayer(row, linear.index))?.vectors?.bias;
      if (!linear.bias || !shift) throw new Error('no bias');
      const [before, after] = [await checkpoint.read(linear.bias), await again.read(linear.bias)];
      expect(Array.from(after)).toEqual(Array.from(before, (value, r) => Math.fround(value + shift[r])));
      expect(shift.some((value) => value !== 0)).toBe(true);
    }
  });

  it('are refused before the work where a linear has no bias', async () => {
    const { checkpoint, recipe, prepared, store } = await runPipelines(gpu, 'qwen2', [[RTN, CORRECTION]]);
    const row = prepared.rows.length - 1;
    const sentence = /has no bias that Bias correction could be added to.*choose own/;
    expect(prepared.plan.rows[row].refusals?.safetensors).toMatch(sentence);
    expect(prepared.plan.rows[row].refusals?.gptq).toMatch(sentence);
    const given = await rowExportOf(checkpoint, recipe, row, store);
    await expect(weightFiles('safetensors', given)).rejects.toThrow(sentence);
    // The studio's own file has a place for what it adds.
    const { files, verify } = await weightFiles('own', given);
    const written = memorySource(await joined(files[0].chunks()), files[0].name);
    expect(await verify(written)).toBe(0);
    const { tensors } = await openSafetensors(written);
    const bare = prepared.linears.filter(({ bias }) => bias === null);
    expect(bare.length).toBeGreaterThan(0);
    for (const { name, index } of bare) {
      const info = tensors.get(`${name}.shift`);
      expect(info && (await readTensor(info))).toEqual((await store.loadLayer(row, index))?.vectors?.bias);
    }
  });
});
