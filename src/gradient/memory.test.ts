import { describe, expect, it } from 'vitest';
import { testGpu } from '../gpu/testing/gpus';
import { randomMatrix, upload } from '../tensor/testing';
import { gelu } from './activation';
import { linear } from './linear';
import { meanSquare } from './loss';
import { measureTape, planTape } from './memory';
import { layerNorm } from './norm';
import { adamW } from './optimizer/adamw';
import { Optimizer } from './optimizer/optimizer';
import { Parameter, Tape } from './tape';

const LENGTH = 16;
const WIDTH = 40;

describe('memory of a training step', async () => {
  const gpu = await testGpu();

  /** A small MLP block on some windows: its parameters, and its loss on a tape. */
  function block(windows: number) {
    const parameters = [
      new Parameter(upload(gpu, randomMatrix(4 * WIDTH, WIDTH, 1))),
      new Parameter(upload(gpu, randomMatrix(WIDTH, 4 * WIDTH, 2))),
      new Parameter(upload(gpu, randomMatrix(1, WIDTH, 3))),
    ];
    const x = upload(gpu, randomMatrix(windows * LENGTH, WIDTH, 4));
    const lossOf = (tape: Tape) => {
      const normed = layerNorm(tape, tape.constant(x), parameters[2], null, 1e-5);
      const inner = gelu(tape, 'gelu_tanh', linear(tape, normed, parameters[0], null));
      return meanSquare(tape, linear(tape, inner, parameters[1], null), x);
    };
    return { parameters, x, lossOf };
  }

  const measure = (windows: number) => {
    const { parameters, lossOf } = block(windows);
    return measureTape(gpu, windows, parameters, lossOf);
  };

  it('draws one window out to many, and to the byte with two measures', () => {
    const { parameters } = block(1);
    const [one, two, twelve] = [1, 2, 12].map(measure);
    const request = { windows: 12, parameters, slots: 2 };
    const rough = planTape({ ...request, measured: [one] }).parts.intermediates;
    expect(rough).toBeGreaterThanOrEqual(twelve.bytes);
    expect(planTape({ ...request, measured: [one, two] }).parts.intermediates).toBe(twelve.bytes);
    expect(() => planTape({ ...request, measured: [one, one] })).toThrow('no two sizes');
  });

  it('comes near what the pool hands out', () => {
    const windows = 9;
    const before = gpu.buffers.bytesInUse;
    gpu.buffers.resetPeak();
    const { parameters, x, lossOf } = block(windows);
    const rule = adamW();
    const optimizer = new Optimizer(gpu, rule, parameters);
    const tape = new Tape(gpu);
    tape.backward(lossOf(tape));
    tape.release();
    optimizer.step(1e-3);
    const taken = gpu.buffers.peakBytes - before - x.bytes;
    const { bytes, parts } = planTape({ measured: [measure(1), measure(2)], windows, parameters, slots: rule.slots });
    expect(bytes / taken).toBeGreaterThan(0.8);
    expect(bytes / taken).toBeLessThan(1.25);
    expect(Object.values(parts).reduce((a, b) => a + b, 0)).toBe(bytes);
  });

  it('counts a snapshot with its state', () => {
    const { parameters } = block(1);
    const values = parameters.reduce((sum, { value }) => sum + value.bytes, 0);
    const request = { measured: [{ windows: 1, bytes: 1000 }], windows: 3, parameters, slots: 1 };
    const { parts } = planTape({ ...request, snapshot: true });
    expect(parts).toMatchObject({ intermediates: 3000, gradients: values, optimizer: values, snapshot: 2 * values });
    expect(planTape(request).parts.snapshot).toBe(0);
  });
});
