/**
 * The operations against PyTorch: fixtures/torch_operations.py ran them in float64 on the same inputs, waves, and gives of the loss
 * L = Σ out_i cos(0.7 i) its value, and of each of its gradients one number, Σ grad_i cos(0.7 i).
 */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { matrix } from '../tensor/reference/matrix';
import { upload } from '../tensor/testing';
import { attention } from './attention';
import { depthwiseCausalConv } from './depthwise-conv';
import { conv2d, groupNorm, upsample2x } from './images';
import { linear } from './linear';
import { patches, unpatchify } from './patches';
import { selectiveScan } from './selective-scan';
import { Parameter, Tape, type Variable } from './tape';

/** Rows, columns, seed, and for some the amplitude and the mean of an input's wave. */
type Wave = readonly [rows: number, cols: number, seed: number, scale?: number, shift?: number];

interface Case {
  readonly name: string;
  readonly inputs: readonly Wave[];
  readonly operation: (tape: Tape, inputs: readonly Variable[]) => Variable;
  /** L, then one number a gradient. */
  readonly expected: readonly number[];
}

const IMAGE = { height: 5, width: 4 };
const SMALL = { height: 3, width: 2 };
const WINDOWS = { windows: 2, length: 5 };
const GRID = { channels: 3, height: 4, width: 6, patch: 2 };

const CASES: Case[] = [
  {
    name: 'full attention',
    inputs: [
      [10, 6, 1],
      [10, 6, 2],
      [10, 6, 3],
    ],
    operation: (tape, [q, k, v]) => attention(tape, q, k, v, WINDOWS, { heads: 2, keyHeads: 2, mask: 'full' }),
    expected: [-0.8250615750833699, 4.640498541137662, -2.4919393096461766, 3.639897508983122],
  },
  {
    name: 'causal attention',
    inputs: [
      [10, 12, 1],
      [10, 6, 2],
      [10, 6, 3],
    ],
    operation: (tape, [q, k, v]) => attention(tape, q, k, v, WINDOWS, { heads: 4, keyHeads: 2, mask: 'causal' }),
    expected: [0.9228778360223573, 6.460537766329408, 1.170443560638358, -5.726298979956871],
  },
  {
    name: 'conv2d',
    inputs: [
      [40, 3, 1],
      [6, 27, 2],
      [1, 6, 3],
    ],
    operation: (tape, [x, w, b]) => conv2d(tape, x, w, b, { ...IMAGE, side: 3, padding: 1 }),
    expected: [-4.307528624100858, 13.05796209889116, 25.053882970931614, 2.969045540125861],
  },
  {
    name: 'conv2d with a stride of 2',
    inputs: [
      [40, 3, 1],
      [6, 27, 2],
      [1, 6, 3],
    ],
    operation: (tape, [x, w, b]) => conv2d(tape, x, w, b, { ...IMAGE, side: 3, padding: 1, stride: 2 }),
    expected: [2.262930185782084, -1.7886451281593168, 1.8492172879176332, -0.10954547873688306],
  },
  {
    name: 'conv2d of one pixel',
    inputs: [
      [40, 3, 1],
      [6, 3, 2],
      [1, 6, 3],
    ],
    operation: (tape, [x, w, b]) => conv2d(tape, x, w, b, { ...IMAGE, side: 1 }),
    expected: [-2.7321388198166088, 4.039431240012372, -0.06698679867853652, 2.969045540125861],
  },
  {
    name: 'groupNorm',
    inputs: [
      [12, 8, 1],
      [1, 8, 2],
      [1, 8, 3],
    ],
    operation: (tape, [x, w, b]) => groupNorm(tape, x, w, b, { groups: 4, pixels: 6, eps: 1e-5 }),
    expected: [-1.1472437842447798, 1.0727989197564334, -1.3125264439704967, 8.467106476147169],
  },
  {
    name: 'upsample2x',
    inputs: [[12, 3, 1]],
    operation: (tape, [x]) => upsample2x(tape, x, SMALL),
    expected: [-2.683095541260607, -8.894760867690655],
  },
  {
    name: 'a patch embedding',
    inputs: [
      [2, 72, 1],
      [5, 12, 2],
      [1, 5, 3],
    ],
    operation: (tape, [x, w, b]) => linear(tape, patches(tape, x, GRID), w, b),
    expected: [1.59344598992225, -1.443277360655846, 0.649007441330502, 2.1886031875946577],
  },
  {
    name: 'unpatchify',
    inputs: [[12, 12, 1]],
    operation: (tape, [x]) => unpatchify(tape, x, GRID),
    expected: [2.1005421902385244, 6.4167242826370465],
  },
  {
    name: 'depthwiseCausalConv',
    inputs: [
      [14, 5, 1],
      [5, 4, 2],
      [1, 5, 3],
    ],
    operation: (tape, [x, w, b]) => depthwiseCausalConv(tape, x, w, b, 7),
    expected: [-0.0852190142467133, -1.4210898882978293, 0.6882291397713558, 1.2398033466586869],
  },
  {
    name: 'selectiveScan',
    inputs: [
      [14, 5, 1],
      [14, 5, 2, 0.4, 0.5],
      [5, 6, 3, 0.9, -1],
      [14, 6, 4],
      [14, 6, 5],
      [1, 5, 6],
    ],
    operation: (tape, [u, delta, a, b, c, skip]) => selectiveScan(tape, { u, delta, a, b, c, skip }, { length: 7 }),
    expected: [
      1.8566415395282985, 37.06462948324761, 6.101162677211889, -0.7253477136557577, -2.622058069188804,
      -3.9123681416943015, 0.9759544251357974,
    ],
  },
];

function wave([rows, cols, seed, scale = 1, shift = 0]: Wave) {
  const value = (i: number) => Math.fround(shift + scale * Math.sin(1.3 * i + seed));
  return matrix(
    rows,
    cols,
    Float64Array.from({ length: rows * cols }, (_, i) => value(i)),
  );
}

const marks = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.cos(0.7 * i));

describe('as PyTorch', async () => {
  const gpu = await testGpu();

  it.each(CASES)('computes $name and its gradients', async ({ inputs, operation, expected }) => {
    const parameters = inputs.map((input) => new Parameter(upload(gpu, wave(input))));
    const tape = new Tape(gpu);
    const output = operation(tape, parameters);
    const { rows, cols } = output.value;
    tape.backward(output, upload(gpu, matrix(rows, cols, marks(rows * cols))));
    const results = [output.value, ...parameters.map(({ grad }) => grad)];
    expect(results.length).toBe(expected.length);
    for (const [i, result] of results.entries()) {
      const values = (await result?.read()) ?? new Float32Array();
      const weights = marks(values.length);
      const sum = values.reduce((total, value, at) => total + value * weights[at], 0);
      const size = values.reduce((total, value) => total + Math.abs(value), 0);
      expect(Math.abs(sum - expected[i]) / size, `number ${i}: ${sum}, expected ${expected[i]}`).toBeLessThan(1e-6);
    }
    tape.release();
  });
});
