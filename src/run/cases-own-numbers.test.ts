/**
 * More inputs of the kinds of public reports that are about numbers (../shared/cases/README.md, rows 15 and 32), made here: weights far
 * from 1 in the methods that train, layers and data that say nothing, values at the edge of what a format holds.
 */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { exportNote } from './format-fit';
import { faceOf } from '../method/catalogue';
import { TRAINED_FACES } from '../method/trained/faces';
import type { Linear } from '../model/architecture';
import { Tensor } from '../tensor/tensor';
import { methodRow } from '../recipe/testing';
import { quantizeSingleLayer } from './single-layer';

const gpu = await testGpu();
const [ROWS, COLS, TOKENS] = [8, 16, 48];

function noise(count: number, seed: number): Float32Array {
  const random = new Random(seed);
  return Float32Array.from({ length: count }, () => random.normal());
}

/** One layer of noise times `scale` on inputs of noise, of which the first `live` are not zero. */
async function layerOf(method: string, options: object, scale: number, live = COLS) {
  const x = Tensor.from(
    gpu,
    TOKENS,
    COLS,
    noise(TOKENS * COLS, 2).map((value, i) => (i % COLS < live ? value : 0)),
  );
  const values = noise(ROWS * COLS, 1).map((value) => value * scale);
  const weight = Tensor.from(gpu, ROWS, COLS, values);
  const row = methodRow({ method, options });
  const done = await quantizeSingleLayer(gpu, { weight, inputs: x, referenceInputs: x, method, options: row.options });
  for (const used of [x, weight]) used.release();
  return { ...done, values };
}

/** ‖Q − W‖² / ‖W‖², in float64. */
function relativeError(q: Float32Array, w: Float32Array): number {
  const [largest] = [Math.max(...w.map(Math.abs))];
  const sum = (values: number[]) => values.reduce((total, value) => total + value * value, 0);
  return sum(Array.from(q, (value, i) => (value - w[i]) / largest)) / sum(Array.from(w, (value) => value / largest));
}

/** Options that are over soon; those that a method does not have are left out. */
function quick(method: string, options: object = {}): object {
  const { parameters } = faceOf(method);
  const wished = {
    codewords: 8,
    dim: 2,
    codebookBits: '32',
    steps: 6,
    calibrationSteps: 4,
    emIterations: 10,
    ...options,
  };
  return Object.fromEntries(Object.entries(wished).filter(([name]) => name in parameters));
}

describe.each(TRAINED_FACES.map(({ id }) => id))('%s', (method) => {
  it.each([2 ** -8, 2 ** -14, 2 ** -20, 2 ** -26, 2 ** 12])(
    'does as well on weights of %f as on weights of 1',
    async (scale) => {
      const [own, other] = [await layerOf(method, quick(method), 1), await layerOf(method, quick(method), scale)];
      expect(other.note ?? '').not.toContain('Plain rounding');
      // Figures are those of what is stored.
      expect(relativeError(other.q, other.values)).toBeCloseTo(other.weightError ?? NaN, 5);
      // Not to the bit: an optimizer's first steps go by the signs of gradients, those that are zero but for rounding among them.
      expect(Math.abs((other.relativeOutputError ?? NaN) / (own.relativeOutputError ?? NaN) - 1)).toBeLessThan(0.1);
    },
  );
});

it('SSVQ trains large weights as it trains others: what decays is a share of a codeword', async () => {
  const { note } = await layerOf('ssvq', quick('ssvq'), 2 ** 12);
  expect(note).toBeNull();
});

const ALL = ['rtn', 'gptq', 'gptaq', 'rescomp', 'shift', 'kmeans', 'gptvq', ...TRAINED_FACES.map(({ id }) => id)];

describe('what says nothing', () => {
  it.each(ALL)('a layer of zeros by %s stays one, and has no relative error', async (method) => {
    const options = 'bits' in faceOf(method).parameters ? { bits: 3 } : quick(method);
    const { q, weightError, relativeOutputError } = await layerOf(method, options, 0);
    expect(q.every((value) => value === 0)).toBe(true);
    expect([weightError, relativeOutputError]).toEqual([null, null]);
  });

  it.each(TRAINED_FACES.map(({ id }) => id))(
    'inputs of zeros by %s: no output error, and a weight error that is right',
    async (method) => {
      const { q, values, weightError, relativeOutputError } = await layerOf(method, quick(method), 1, 0);
      expect(relativeOutputError).toBeNull();
      expect(weightError).toBeGreaterThan(0);
      expect(relativeError(q, values)).toBeCloseTo(weightError ?? NaN, 5);
    },
  );
});

describe('a grid at the edge of F16, as GPTQ files store its scales', () => {
  const linear = { name: 'a', weight: 'a.weight', bias: null, rows: ROWS, cols: COLS, layout: 'out-in' } as Linear;

  it.each([
    // A row from 0 to `top` has steps of top / (2ᵇ − 1), and F16 rounds to infinity from 65520 on.
    { bits: 8, top: 65000 * 255, holds: true },
    { bits: 8, top: 66000 * 255, holds: false },
    { bits: 4, top: 65000 * 15, holds: true },
    { bits: 4, top: 66000 * 15, holds: false },
    { bits: 2, top: 65000 * 3, holds: true },
    { bits: 2, top: 66000 * 3, holds: false },
    // At the other end its least step is 2⁻²⁴: a scale of 2⁻²⁰ stands on sixteen of them, one of 2⁻²⁷ on none.
    { bits: 4, top: 15 * 2 ** -20, holds: true },
    { bits: 4, top: 15 * 2 ** -27, holds: false },
  ])('$bits bits up to $top: held is $holds', async ({ bits, top, holds }) => {
    const values = new Float32Array(ROWS * COLS).map((_, i) => (i % COLS === 3 ? top : 0));
    const weight = Tensor.from(gpu, ROWS, COLS, values);
    const x = Tensor.from(gpu, TOKENS, COLS, noise(TOKENS * COLS, 2));
    const { options } = methodRow({ method: 'rtn', options: { bits } });
    const done = await quantizeSingleLayer(gpu, { weight, inputs: x, referenceInputs: x, method: 'rtn', options });
    for (const used of [x, weight]) used.release();
    const note = exportNote(done.tensor, linear, 'affine');
    if (holds) expect(note).toBeNull();
    else expect(note).toMatch(/gptq format cannot hold this layer: a scale of .*F16.*--keep-unfit/);
  });
});
