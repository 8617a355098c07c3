/** Rotated inputs: the function is kept on every kind of network, figures by hand, and whole runs. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../checkpoint/bytes';
import { openSafetensors, readTensor } from '../../checkpoint/safetensors';
import { testGpu } from '../../gpu/testing/gpus';
import { turnOf } from '../../model/view/turned-inputs';
import { weightFiles } from '../../run/export';
import { ownDescription, OWN_FILE } from '../../run/export-own';
import { rowExportOf } from '../../run/row-export';
import { expectSteady, runPipelines, type TinyName } from '../../run/testing/pipelines';
import { joined } from '../../run/testing/runs';

const gpu = await testGpu();

const W4A4 = [
  { step: 'rotate_inputs' },
  { step: 'activations', options: { bits: 4 } },
  { step: 'rtn', options: { bits: 4, symmetric: true } },
];

it('takes the whole width, or blocks where it has no Hadamard matrix, and nothing of odd ones', () => {
  expect([128, 12, 344, 6, 7, 1].map(turnOf)).toEqual([
    { K: 1, power: 7 },
    { K: 12, power: 0 },
    { K: 172, power: 1 },
    { K: 1, power: 1 },
    null,
    null,
  ]);
});

describe.each<TinyName>(['qwen2', 'gpt2', 'vit', 'vim', 'dit'])('the function of %s', (name) => {
  it('is kept, with scales and without', async () => {
    const rows = [true, false].map((smooth) => [{ step: 'rotate_inputs', options: { smooth } }]);
    const { result } = await runPipelines(gpu, name, rows);
    expect(result.views?.length).toBe(2);
    for (const { kl, prediction } of result.views ?? []) expect(kl ?? prediction).toBeLessThan(1e-9);
  });
});

it('finds a scale for each channel behind the turn', async () => {
  const { store, prepared } = await runPipelines(gpu, 'qwen2', [W4A4]);
  const state = await store.loadState('view 1, step 0, block 0');
  const scales = state?.arrays['s 0'] ?? [];
  expect(scales.length).toBe(prepared.linears[0].cols);
  expect([...scales].every((scale) => scale > 0 && Number.isFinite(scale))).toBe(true);
  expect(new Set(scales).size).toBeGreaterThan(1);
});

it.each<TinyName>(['gpt2', 'dit'])('runs on %s, twice and gone on with to equal bits', async (name) => {
  await expectSteady(gpu, name, [W4A4]);
});

it('is in the row file with its numbers, and in no other', async () => {
  const { checkpoint, recipe, prepared, store } = await runPipelines(gpu, 'qwen2', [W4A4]);
  const row = prepared.rows.length - 1;
  expect(prepared.plan.rows[row].refusals?.safetensors).toMatch(/Rotate inputs acts while the network runs/);
  const { files, verify } = await weightFiles('own', await rowExportOf(checkpoint, recipe, row, store));
  const file = files.find(({ name }) => name === OWN_FILE);
  const source = memorySource(await joined((file as (typeof files)[number]).chunks()), OWN_FILE);
  expect(await verify(source)).toBe(0);
  const opened = await openSafetensors(source);
  const online = ownDescription(opened).online as { stage: number; kind: string; values?: { $tensor: string } }[];
  const first = online.filter(({ stage }) => stage === 0).slice(0, 3);
  expect(first.map(({ kind }) => kind)).toEqual(['scale', 'hadamard', 'scale']);
  const [signs, divisors] = await Promise.all(
    [first[0], first[2]].map(async ({ values }) => {
      const info = opened.tensors.get(values?.$tensor ?? '');
      if (!info) throw new Error('no numbers');
      return readTensor(info);
    }),
  );
  expect([...signs].every((sign) => Math.abs(sign) === 1)).toBe(true);
  const state = await store.loadState('view 1, step 0, block 0');
  expect(divisors).toEqual(state?.arrays['s 0'].map((s) => 1 / s));
});
