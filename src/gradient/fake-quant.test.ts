/** The way back through fake quantization: straight through, and the gradients of ranges and clips against central differences. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import type { ActivationFormat, Cells } from '../tensor/activation-format';
import { Dressing } from '../tensor/fake-quant';
import * as reference from '../tensor/reference/fake-quant';
import { matrix, type Matrix } from '../tensor/reference/matrix';
import { randomMatrix, upload } from '../tensor/testing';
import { fakeQuant } from './fake-quant';
import { Parameter, Tape } from './tape';
import { expectGradients } from './testing';

const KINDS = ['symmetric', 'asymmetric', 'float offset'] as const;
const CELLS: Record<string, Cells> = {
  tensor: { per: 'tensor' },
  token: { per: 'token' },
  groups: { per: 'group', columns: 6 },
  columns: { per: 'column', tokens: 5 },
  blocks: { per: 'block', tokens: 4, columns: 5, turns: { of: 2, width: 1 } },
};
const cases = KINDS.flatMap((kind) => Object.entries(CELLS).map(([name, cells]) => ({ kind, name, cells })));

/** Ranges narrower than those of x by a share of their width at either end, so that some of it is outside; as f32 has them. */
function narrowed(ranges: Matrix, below: number, above: number): Matrix {
  const { rows, cols, data } = ranges;
  const half = data.length / 2;
  const width = (i: number) => data[half + (i % half)] - data[i % half];
  return matrix(
    rows,
    cols,
    data.map((v, i) => Math.fround(i < half ? v + below * width(i) : v - above * width(i))),
  );
}

describe('back through fake quantization', async () => {
  const gpu = await testGpu();

  it.each(cases)('$kind by $name: x and ranges', async ({ kind, cells }) => {
    for (const [rows, cols, windows] of [
      [1, 1, { length: 1 }],
      [18, 11, { length: 9 }],
      [16, 8, { length: 5, pitch: 8 }],
    ] as const) {
      const x = randomMatrix(rows, cols, 3);
      for (const [clip, lanes] of [
        [1, 1],
        [0.8, 8],
      ]) {
        const format: ActivationFormat = { code: { kind, bits: 3 }, cells, clip };
        const ranges = narrowed(reference.cellRanges(x, cells, { windows }), 0.17, 0.23);
        const smooth = reference.straightThrough(x, format, { windows, ranges });
        await expectGradients(gpu, {
          inputs: [x, ranges],
          operation: (tape, [x, ranges]) => fakeQuant(tape, x, format, { ranges, windows, lanes }),
          twin: ([x, ranges]) => smooth(x, ranges),
        });
      }
    }
  });

  it.each(KINDS)('%s with static ranges, dressed', async (kind) => {
    const [rows, cols] = [70, 9];
    const x = randomMatrix(rows, cols, 5);
    const format: ActivationFormat = { code: { kind, bits: 4 }, cells: { per: 'group', columns: 4 } };
    const ranges = matrix(2, 3, [-1.1, -0.7, -0.9, 0.8, 1.3, 0.6].map(Math.fround));
    const positive = (count: number, seed: number) =>
      randomMatrix(1, count, seed).data.map((v) => Math.fround(0.5 + Math.abs(v)));
    const dress = {
      columnFactor: positive(cols, 1),
      noise: Float64Array.from(randomMatrix(1, cols, 2, 0.1).data),
      keptColumns: Float64Array.from({ length: cols }, (_, i) => (i === 3 ? 1 : 0)),
      rowFactor: positive(rows, 3),
      keptRows: Float64Array.from({ length: rows }, (_, i) => (i < 2 ? 1 : 0)),
    };
    const parts = Object.entries(dress).map(([name, v]) => [name, upload(gpu, matrix(1, v.length, v))]);
    const dressing = Dressing.of(gpu, rows, cols, Object.fromEntries(parts) as object);
    const smooth = reference.straightThrough(x, format, { dress, ranges });
    await expectGradients(gpu, {
      inputs: [x, ranges],
      operation: (tape, [x, ranges]) => fakeQuant(tape, x, format, { ranges, dressing }),
      twin: ([x, ranges]) => smooth(x, ranges),
    });
  });

  it.each(KINDS)('%s: a clip of own ranges', async (kind) => {
    const x = randomMatrix(20, 12, 6);
    const windows = { length: 10 };
    for (const cells of [CELLS.token, CELLS.groups]) {
      const format: ActivationFormat = { code: { kind, bits: 3 }, cells };
      const own = reference.cellRanges(x, cells, { windows });
      const clip = matrix(
        2,
        own.cols,
        Float32Array.from({ length: 2 * own.cols }, (_, i) => 0.6 + 0.07 * i),
      );
      const clipped = (clip: Matrix) =>
        matrix(
          own.rows,
          own.cols,
          own.data.map((v, i) => v * clip.data[(i < own.data.length / 2 ? 0 : own.cols) + (i % own.cols)]),
        );
      const smooth = reference.straightThrough(x, format, { windows, ranges: clipped(clip) });
      await expectGradients(gpu, {
        inputs: [x, clip],
        operation: (tape, [x, clip]) => fakeQuant(tape, x, format, { clip, windows }),
        twin: ([x, clip]) => smooth(x, clipped(clip)),
      });
    }
  });

  // What is clipped is the range's end itself, without any rounding: there the quantizer as it is can be differentiated. (The asymmetric grid's
  // ends move with its zero point's residual.)
  it.each(['symmetric', 'float offset'] as const)('%s: true derivatives where all is clipped', async (kind) => {
    const x = matrix(3, 4, [9, -9, 8, 7, -6, 9, -8, 9, 7, 7, -9, -9]);
    const format: ActivationFormat = { code: { kind, bits: 4 }, cells: { per: 'tensor' } };
    await expectGradients(gpu, {
      inputs: [x, matrix(2, 1, [-1.5, 1.25])],
      operation: (tape, [x, ranges]) => fakeQuant(tape, x, format, { ranges }),
      twin: ([x, ranges]) => reference.fakeQuantize(x, format, { ranges }),
    });
  });

  it('passes the gradient as it is where nothing is learned, whatever the levels', async () => {
    const codes: ActivationFormat['code'][] = [
      { kind: 'symmetric', bits: 4 },
      { kind: 'logarithmic', bits: 3, perOctave: 1 },
      { kind: 'e4m3' },
    ];
    const seed = randomMatrix(5, 9, 8);
    for (const code of codes) {
      for (const ranges of [null, matrix(2, 1, [-0.1, 0.1])]) {
        const tape = new Tape(gpu);
        const x = new Parameter(upload(gpu, randomMatrix(5, 9, 7)));
        const given = ranges && tape.constant(upload(gpu, ranges));
        const y = fakeQuant(tape, x, { code, cells: { per: 'tensor' } }, { ranges: given });
        tape.backward(y, upload(gpu, seed));
        expect(await x.grad?.read()).toEqual(Float32Array.from(seed.data));
        tape.release();
      }
    }
  });

  it('refuses to learn what it cannot, and ranges beside a clip', () => {
    const tape = new Tape(gpu);
    const x = new Parameter(upload(gpu, randomMatrix(2, 2, 1)));
    const ranges = new Parameter(upload(gpu, matrix(2, 1, [-1, 1])));
    const format = { code: { kind: 'e4m3' }, cells: { per: 'tensor' } } as const;
    expect(() => tape.backward(fakeQuant(tape, x, format, { ranges }), x.value)).toThrow('no range of e4m3 levels');
    expect(() => fakeQuant(tape, x, format, { ranges, clip: ranges })).toThrow('given ranges and a clip');
    tape.release();
  });
});
