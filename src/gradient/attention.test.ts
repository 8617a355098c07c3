import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import type { Geometry } from '../tensor/heads';
import * as reference from '../tensor/reference/attention';
import { matrix } from '../tensor/reference/matrix';
import { generate } from '../tensor/reference/rearrange';
import { ropeFrequencies, ropeTable } from '../tensor/rope';
import { expectClose, randomMatrix, upload } from '../tensor/testing';
import { attendHeads, attention } from './attention';
import { mergeHeads, rotate, splitHeads } from './heads';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

interface Case extends Geometry, reference.Attention {
  readonly dim: number;
  readonly lanes?: number;
  readonly keptBytes?: number;
}

const CASES: Case[] = [
  { windows: 1, length: 1, heads: 1, keyHeads: 1, dim: 1, mask: 'full' },
  { windows: 2, length: 5, heads: 2, keyHeads: 2, dim: 3, mask: 'full', lanes: 4 },
  { windows: 2, length: 9, heads: 4, keyHeads: 2, dim: 5, mask: 'full', keptBytes: 0 },
  { windows: 2, length: 9, keyLength: 3, heads: 2, keyHeads: 2, dim: 5, mask: 'full' },
  { windows: 2, length: 5, keyLength: 18, heads: 4, keyHeads: 2, dim: 3, mask: 'full', keptBytes: 0 },
  { windows: 1, length: 17, heads: 2, keyHeads: 1, dim: 8, mask: 'causal', scale: 0.3 },
  { windows: 2, length: 11, heads: 3, keyHeads: 1, dim: 10, mask: 'causal', keptBytes: 0 },
  { windows: 1, length: 26, heads: 2, keyHeads: 2, dim: 4, mask: 'causal', slidingWindow: 3 },
  { windows: 1, length: 27, heads: 1, keyHeads: 1, dim: 2, mask: 'causal', slidingWindow: 10, lanes: 8 },
];

function inputsOf({ windows, length, keyLength = length, heads, keyHeads, dim }: Case) {
  const rows = [length, keyLength, keyLength];
  return [heads, keyHeads, keyHeads].map((count, i) => randomMatrix(windows * rows[i], count * dim, i + 1));
}

describe('attention', async () => {
  const gpu = await testGpu();

  it.each(CASES)(
    'goes back through $mask attention, $windows × $length on $keyLength, heads $heads/$keyHeads of $dim, window $slidingWindow',
    async (options) => {
      await expectGradients(gpu, {
        inputs: inputsOf(options),
        operation: (tape, [q, k, v]) => attention(tape, q, k, v, options, options),
        twin: ([q, k, v]) => reference.attention(q, k, v, options.length, options),
      });
    },
  );

  it.each(['kept', 'computed again'])('gives the same bits cut into small launches, with weights %s', async (how) => {
    const usual = gpu.workBudget;
    for (const mask of ['full', 'causal'] as const) {
      const options = { ...CASES[5], windows: 2, mask, ...(how === 'kept' ? {} : { keptBytes: 0 }) };
      const inputs = inputsOf(options).map((input) => new Parameter(upload(gpu, input)));
      const [q, k, v] = inputs;
      const seed = upload(gpu, randomMatrix(q.value.rows, q.value.cols, 9));
      const run = async () => {
        const tape = new Tape(gpu);
        const y = attention(tape, q, k, v, options, options);
        tape.backward(y, seed);
        const read = await Promise.all(
          [y.value, ...inputs.map(({ grad }) => grad)].map(async (tensor) => tensor?.read()),
        );
        tape.release();
        inputs.forEach((input) => input.clearGrad());
        return read;
      };
      const whole = await run();
      // A tile row, two tile rows of three, a pair, three pairs.
      for (const rows of [1, 2, 3, 9]) {
        gpu.workBudget = rows * 2 * 8 * 24 * 8;
        expect(await run()).toEqual(whole);
        gpu.workBudget = usual;
      }
    }
  });

  it('keeps nothing on a tape that does not record', async () => {
    const options = CASES[2];
    const [q, k, v] = inputsOf(options).map((input) => new Parameter(upload(gpu, input)));
    const before = gpu.buffers.bytesInUse;
    const [recording, plain] = [new Tape(gpu), new Tape(gpu, { recording: false })];
    const [y, z] = [recording, plain].map((tape) => attention(tape, q, k, v, options, options).value);
    await expectClose(z, matrix(y.rows, y.cols, await y.read()), 1e-6);
    [recording, plain].forEach((tape) => tape.release());
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('goes back through heads cut out of one product, and rotated', async () => {
    const geometry = { windows: 2, length: 5 };
    const [heads, dim] = [2, 6];
    const table = ropeTable(gpu, { dim, theta: 100, scaling: { type: 'none' } }, geometry.length);
    const frequencies = ropeFrequencies({ dim, theta: 100, scaling: { type: 'none' } });
    await expectGradients(gpu, {
      inputs: [randomMatrix(10, 2 * heads * dim + 7, 1)],
      operation: (tape, [x]) => {
        const [q, k] = [3, 3 + heads * dim].map((first) =>
          rotate(tape, splitHeads(tape, x, geometry, { first, heads, dim }), table, geometry),
        );
        const y = attendHeads(tape, q, k, k, geometry, { heads, keyHeads: heads, mask: 'causal' });
        return mergeHeads(tape, y, geometry, heads);
      },
      twin: ([x]) => {
        const [q, k] = [3, 3 + heads * dim].map((first) =>
          generate(x.rows, heads * dim, (r, c) => {
            const at = r * x.cols + first + c;
            const [j, high] = [c % (dim / 2), c % dim >= dim / 2];
            const angle = (r % geometry.length) * frequencies[j];
            const partner = high ? x.data[at - dim / 2] : -x.data[at + dim / 2];
            return x.data[at] * Math.cos(angle) + partner * Math.sin(angle);
          }),
        );
        return reference.attention(q, k, k, geometry.length, { heads, keyHeads: heads, mask: 'causal' });
      },
    });
  });
});
