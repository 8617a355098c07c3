/** Norm tweak: its gradient by differences, what it leaves alone, runs on tiny networks, and exports that hold what a run measured. */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { testGpu } from '../../gpu/testing/gpus';
import { Parameter, Tape } from '../../gradient/tape';
import { scalarsOf } from '../../gradient/loss';
import { normsOf, tensorsOf } from '../../model/norm';
import { weightFiles } from '../../run/export';
import { rowExportOf } from '../../run/row-export';
import { joined, runToEnd, prepareTiny } from '../../run/testing/runs';
import {
  expectSameAgain,
  expectSound,
  runPipelines,
  pipelineRecipe,
  figuresOf,
  openTiny,
} from '../../run/testing/pipelines';
import { randomMatrix, upload } from '../../tensor/testing';
import { distributionLoss } from './norm-tweak';

const gpu = await testGpu();

const RTN = { step: 'rtn', options: { bits: 2 } };
const A4 = { step: 'activations', options: { bits: 4 } };
const tweak = (options: object = {}) => ({ step: 'norm_tweak', options: { epochs: 2, batch: 2, ...options } });

describe('the loss of means and variances', () => {
  /** Σ_c (|ΔE| + |ΔVar|) / C in float64, of pieces one upon another. */
  function reference(own: Float64Array, full: Float64Array, cols: number): number {
    const moments = (values: Float64Array, c: number) => {
      const column = values.filter((_, at) => at % cols === c);
      const mean = column.reduce((sum, value) => sum + value, 0) / column.length;
      return [mean, column.reduce((sum, value) => sum + (value - mean) ** 2, 0) / column.length];
    };
    let loss = 0;
    for (let c = 0; c < cols; c++) {
      const [a, b] = [moments(own, c), moments(full, c)];
      loss += Math.abs(a[0] - b[0]) + Math.abs(a[1] - b[1]);
    }
    return loss / cols;
  }

  it('goes back as central differences have it, through pieces of a step', async () => {
    const cols = 5;
    const parts = [randomMatrix(7, cols, 1), randomMatrix(4, cols, 2)];
    const targets = [randomMatrix(7, cols, 3), randomMatrix(4, cols, 4)];
    const all = (of: readonly { readonly data: Float64Array }[]) => Float64Array.of(...of[0].data, ...of[1].data);
    const own = parts.map((part) => new Parameter(upload(gpu, part)));
    const full = targets.map((target) => upload(gpu, target));
    const tape = new Tape(gpu);
    const loss = await distributionLoss(
      tape,
      own.map((variable, i) => ({ own: variable, full: full[i] })),
    );
    const wanted = reference(all(parts), all(targets), cols);
    expect(Math.abs((await scalarsOf(loss))[0] - wanted) / wanted).toBeLessThan(1e-5);
    tape.backward(loss);
    const got = await Promise.all(own.map(async ({ grad }) => Array.from((await grad?.read()) ?? [])));
    const values = all(parts);
    const step = 1e-6;
    got.flat().forEach((gradient, at) => {
      const moved = (by: number) =>
        reference(
          values.map((value, i) => value + (i === at ? by : 0)),
          all(targets),
          cols,
        );
      expect(Math.abs(gradient - (moved(step) - moved(-step)) / (2 * step))).toBeLessThan(1e-6);
    });
    tape.release();
    for (const variable of own) {
      variable.clearGrad();
      variable.value.release();
    }
    for (const tensor of full) tensor.release();
  });
});

it('changes nothing, to the bit, at a rate of 0 or without epochs', async () => {
  const { result } = await runPipelines(gpu, 'gpt2', [[RTN], [RTN, tweak({ rate: 0 })], [RTN, tweak({ epochs: 0 })]]);
  const { rows, blocks, layers } = figuresOf(result);
  const of = (row: number) => ({
    ...{ ...rows[row], row: 0 },
    blocks: blocks.filter((one) => one.row === row).map((one) => ({ ...one, row: 0 })),
    layers: layers.filter((one) => one.row === row).map((one) => ({ ...one, row: 0 })),
  });
  expect(of(1)).toEqual(of(0));
  expect(of(2)).toEqual(of(0));
});

describe.each(['gpt2', 'qwen3', 'vim'] as const)('norm tweak on a tiny %s', (name) => {
  it('lowers its loss or leaves a block alone, and gives the same again, cut off and gone on with', async () => {
    const rows = [
      [RTN],
      [RTN, tweak()],
      [A4, RTN, { step: 'bias_correction' }, tweak({ loss: 'outputs' })],
      ...(name === 'gpt2' ? [[A4, RTN, { step: 'eora', options: { rank: 1 } }, tweak({ rate: 0.01 })]] : []),
    ];
    const run = await runPipelines(gpu, name, rows);
    expectSound(run);
    const { prepared, result, store } = run;
    const network = prepared.views[0].current.network;
    let moved = 0;
    for (const row of rows.keys()) {
      if (row === 0) continue;
      const place = prepared.rows[row].steps.findIndex(({ step }) => step === 'norm_tweak');
      for (const block of network.blocks) {
        const state = await store.loadState(`row ${row}, step ${place}, block ${block.index}`);
        if (!state) throw new Error('no state');
        const { start, best, epoch } = state.numbers;
        expect(best).toBeLessThanOrEqual(start);
        const names = normsOf(block.plan).flatMap(tensorsOf);
        expect(Object.keys(state.arrays).sort()).toEqual(epoch === 0 ? [] : names.filter((one) => one !== null).sort());
        if (epoch > 0) moved++;
        // What was lost on the first block by squares is what the run then measures of it.
        if (row !== 2) continue;
        const { mse } = result.blocks.find((one) => one.row === row && one.block === block.index) ?? {};
        expect(Math.abs((mse ?? 0) - best) / best).toBeLessThan(1e-3);
      }
    }
    expect(moved).toBeGreaterThan(0);
    await expectSameAgain(gpu, run, prepared.linears.length * 2);
  });
});

it('goes into ordinary checkpoints, whose norms are those that were measured', async () => {
  const run = await runPipelines(gpu, 'gpt2', [[RTN, tweak()]]);
  const { checkpoint, recipe, prepared, store, result } = run;
  const row = prepared.rows.length - 1;
  expect(prepared.plan.rows[row].refusals ?? {}).not.toHaveProperty('safetensors');
  const { files, verify } = await weightFiles('safetensors', await rowExportOf(checkpoint, recipe, row, store));
  const parts = await Promise.all(
    files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
  );
  expect(await verify(parts[0])).toBe(0);
  const again = await openCheckpoint(parts);
  let changed = 0;
  for (const block of prepared.views[0].current.network.blocks) {
    const state = await store.loadState(`row ${row}, step 1, block ${block.index}`);
    for (const name of normsOf(block.plan).flatMap(tensorsOf)) {
      if (name === null) continue;
      const wanted = state?.arrays[name] ?? (await checkpoint.read(name));
      expect(Array.from(await again.read(name))).toEqual(Array.from(wanted));
      if (state?.arrays[name]) changed++;
    }
  }
  expect(changed).toBeGreaterThan(0);
  // In full precision it loses what the row lost.
  const figures = await runToEnd(await prepareTiny(gpu, again, pipelineRecipe([[RTN]], 'gpt2')), { gpu });
  const wanted = result.rows[row].perplexity ?? 0;
  expect(Math.abs((figures.fullPrecision?.perplexity ?? 0) - wanted) / wanted).toBeLessThan(1e-5);
});

it('is refused where norms have no gains', async () => {
  const checkpoint = await openTiny('dit');
  await expect(prepareTiny(gpu, checkpoint, pipelineRecipe([[RTN, tweak()]], 'dit'))).rejects.toThrow(
    /no gains of their own.*adaLN.*choose bias correction/,
  );
});

it('refuses a state that does not fit its norm', async () => {
  const { prepared, store } = await runPipelines(gpu, 'gpt2', [[RTN, tweak()]]);
  const key = `row ${prepared.rows.length - 1}, step 1, block 0`;
  const [block] = prepared.views[0].current.network.blocks;
  const [norm] = normsOf(block.plan);
  await store.saveState(key, { arrays: { [norm.weight]: new Float32Array(3) }, numbers: {} });
  await expect(runToEnd(prepared, { gpu, store })).rejects.toThrow(/stored for .* is damaged: start the run again/);
});
