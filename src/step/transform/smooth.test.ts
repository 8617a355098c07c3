/** SmoothQuant: its scales by hand, the function it keeps, and whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { memorySource } from '../../checkpoint/bytes';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { defaultOptions } from '../../method/parameters';
import { weightFiles } from '../../run/export';
import { rowExportOf } from '../../run/row-export';
import { openTiny, expectSteady, runPipelines } from '../../run/testing/pipelines';
import { joined } from '../../run/testing/runs';
import { factsOf } from '../facts-of';
import { smooth } from './smooth';
import { smoothFace } from './smooth.face';
import { farthest, rehearsalOf, tinyView, type TinyName } from './testing';

const gpu = await testGpu();
const options = { ...defaultOptions(smoothFace.parameters), norms: true, values: true, down: true };
const NAMES: TinyName[] = ['qwen2', 'gpt2', 'llama3-scaled', 'qwen3', 'vit', 'vim', 'dit'];

/** Some channels far larger than others, one always zero. */
function inputs(stage: number, cols: number): Float32Array {
  const random = new Random(stage + 1);
  return Float32Array.from({ length: 5 * cols }, (_, i) =>
    i % cols === 3 ? 0 : random.normal() * (1 + 20 * Number(i % cols === 1)),
  );
}

async function fitted(name: TinyName, given: Parameters<typeof smooth.apply & object>[1] | typeof options = options) {
  const { view, outputs } = await tinyView(gpu, name);
  const rehearsal = rehearsalOf(gpu, view, 0, inputs);
  const state = await smooth.fit?.(rehearsal, given);
  if (!state || !smooth.fitted) throw new Error('no state');
  return { view, outputs, state, own: smooth.fitted(view, rehearsal.block, given, state) };
}

describe('SmoothQuant', () => {
  it('finds max|x|^α / max|w|^(1 − α) over all tokens and all layers that read the channel', async () => {
    const { view, state } = await fitted('qwen2', { ...options, alpha: 0.7 });
    const { linears } = view.network.blocks[0].stages[0];
    const [{ cols }] = linears;
    const x = inputs(0, cols);
    const weights = await Promise.all(linears.map(({ weight }) => view.source.read(weight)));
    const largest = (values: Float32Array, j: number) =>
      values.reduce((most, value, i) => (i % cols === j ? Math.max(most, Math.abs(value)) : most), 0);
    const wanted = Float32Array.from({ length: cols }, (_, j) => {
      const a = largest(x, j);
      return a === 0 ? 1 : a ** 0.7 / Math.max(...weights.map((w) => largest(w, j))) ** (1 - 0.7);
    });
    const [found] = Object.values(state.arrays);
    expect(found[3]).toBe(1);
    found.forEach((scale, j) => expect(scale / wanted[j]).toBeCloseTo(1, 6));
  });

  it.each(NAMES)('keeps the function of %s to the rounding of f32, in another network', async (name) => {
    const { view, outputs, own } = await fitted(name);
    const before = await outputs(view);
    const after = await outputs(own);
    expect(farthest(after, before)).toBeLessThan(1e-5);
    const [linear] = view.network.blocks[0].stages[name === 'dit' ? 1 : 0].linears;
    expect(farthest(await own.source.read(linear.weight), await view.source.read(linear.weight))).toBeGreaterThan(0.01);
  });

  it.each(NAMES.filter((name) => name !== 'dit'))('keeps every bit of %s by powers of two', async (name) => {
    const { view, outputs, own } = await fitted(name, { ...options, powers: true });
    expect(await outputs(own)).toEqual(await outputs(view));
  });

  it('at α = 1/2 leaves the largest input and the largest weight of a channel equal', async () => {
    const { view, state, own } = await fitted('gpt2', { ...options, down: false, values: false });
    const [linear] = view.network.blocks[0].stages[0].linears;
    const [scales] = Object.values(state.arrays);
    const x = inputs(0, linear.cols);
    const w = await own.source.read(linear.weight);
    for (let j = 0; j < linear.cols; j++) {
      if (j === 3) continue;
      const a = Math.max(...x.filter((_, i) => i % linear.cols === j).map(Math.abs)) / scales[j];
      const b = Math.max(...w.subarray(j * linear.rows, (j + 1) * linear.rows).map(Math.abs));
      expect(a / b).toBeCloseTo(1, 4);
    }
  });

  it('is refused where there is nothing to scale, with what to choose', async () => {
    const vim = factsOf((await tinyView(gpu, 'vim')).view.network);
    expect(smoothFace.refuses?.(vim, { ...options, norms: false })).toMatch(/no pairs of v, up.*choose norms/);
    expect(smoothFace.refuses?.(vim, { ...options, norms: false, values: false, down: false })).toMatch(/No pairs/);
    expect(smoothFace.refuses?.(vim, options)).toBeNull();
  });
});

describe('rows that smooth', () => {
  const rows = (own: object = {}) => [
    [
      { step: 'smooth', options: own },
      { step: 'activations', options: { bits: 4 } },
      { step: 'gptq', options: { bits: 4 } },
    ],
  ];

  it.each(NAMES)('come to the same figures of %s again, and after a cancel', async (name) => {
    const { result } = await expectSteady(gpu, name, rows());
    const [view] = result.views ?? [];
    expect(view.label).toBe('Smooth α 0.5');
    if (name === 'dit') expect(view.prediction).toBeLessThan(1e-9);
    else expect(view.kl).toBeLessThan(1e-9);
  });

  it('behind a rotation whose transform stands before down leave that pair alone', async () => {
    const turned = { step: 'rotate', options: { matrix: 'orthogonal', online: 'down' } };
    const { result } = await runPipelines(gpu, 'llama-linear-biased', [[turned, { step: 'smooth', options }]]);
    expect(result.views?.[0].kl).toBeLessThan(1e-9);
  });

  it('are exported as an ordinary checkpoint with their function', async () => {
    const checkpoint = await openTiny('gpt2');
    const { result, store, recipe } = await runPipelines(gpu, 'gpt2', [[{ step: 'smooth', options }]], checkpoint);
    const { files } = await weightFiles('safetensors', await rowExportOf(checkpoint, recipe, 1, store));
    const parts = await Promise.all(
      files.map(async (file) => memorySource(await joined(file.chunks()), `out/${file.name}`)),
    );
    const opened = await openCheckpoint(parts);
    const again = await runPipelines(gpu, 'gpt2', [[{ step: 'rtn', options: { bits: 8 } }]], opened);
    const perplexity = again.result.fullPrecision?.perplexity as number;
    expect(Math.abs(perplexity / (result.fullPrecision?.perplexity as number) - 1)).toBeLessThan(1e-5);
    const weight = `${result.plan.layers[0].name}.weight`;
    expect(await opened.read(weight)).not.toEqual(await checkpoint.read(weight));
  });

  it('by powers of two change no bit of what is not quantized', async () => {
    const checkpoint = await openTiny('qwen2');
    const steps = [{ step: 'smooth', options: { powers: true, values: true, down: true } }];
    const { result } = await runPipelines(gpu, 'qwen2', [steps], checkpoint);
    expect(result.rows[1].perplexity).toBe(result.fullPrecision?.perplexity);
  });
});
