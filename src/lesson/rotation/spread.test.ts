/** The lesson on rotations against the engine's kernels on the same layer, and the identities that it tells. */
import { expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { fakeQuantize } from '../../tensor/fake-quant';
import { Hadamard } from '../../tensor/hadamard';
import { Tensor } from '../../tensor/tensor';
import file from '../data/outlier-inputs.json';
import { readLayerFile } from '../layer-data';
import { STAGES, TOKENS } from './fields';
import { errorsOf, invariance, roundedInputs, treated, usualByColumn } from './spread';

const piece = readLayerFile(file);
const layer = { inputs: piece.full, weight: piece.weight };

it('scaling and rotating leave the outputs as they are', () => {
  for (const smooth of [null, 0, 0.5, 1]) {
    for (let stages = 0; stages <= STAGES; stages++) {
      expect(invariance(layer, { smooth, stages })).toBeLessThan(1e-12);
    }
  }
});

it('the inputs have the channels and tokens that the lesson says, and an outlier among them', () => {
  expect([layer.inputs.rows, layer.inputs.cols]).toEqual([TOKENS, 2 ** STAGES]);
  const sizes = [...usualByColumn(layer.inputs)].sort((a, b) => b - a);
  expect(sizes[0] / sizes[sizes.length >> 1]).toBeGreaterThan(5);
});

it('turned and rounded by the engine, the inputs are those of the lesson', async () => {
  const gpu = await testGpu();
  const { rows, cols, data } = layer.inputs;
  const x = Tensor.from(gpu, rows, cols, Float32Array.from(data));
  const turning = new Hadamard(gpu, { K: 1, power: STAGES });
  const turned = turning.rows(x);
  const rounded = fakeQuantize(turned, { code: { kind: 'asymmetric', bits: 4 }, cells: { per: 'token' } });
  const [engine, q] = [await turned.read(), await rounded.read()];
  for (const used of [x, turned, rounded, turning]) used.release();
  const own = treated(layer, { smooth: null, stages: STAGES }).inputs;
  const ownRounded = roundedInputs(own, 4);
  const most = own.data.reduce((max, value) => Math.max(max, Math.abs(value)), 0);
  own.data.forEach((value, i) => expect(Math.abs(value - engine[i])).toBeLessThan(1e-5 * most));
  ownRounded.data.forEach((value, i) => expect(Math.abs(value - q[i])).toBeLessThan(1e-5 * most));
});

it('more bits leave less error, whatever is done before', () => {
  for (const treatment of [
    { smooth: null, stages: 0 },
    { smooth: 0.5, stages: STAGES },
  ]) {
    const [three, eight] = [errorsOf(layer, treatment, 3), errorsOf(layer, treatment, 8)];
    expect(eight.inputs).toBeLessThan(three.inputs);
    expect(eight.weight).toBeLessThan(three.weight);
    expect(three.both).toBeGreaterThan(0);
  }
});
