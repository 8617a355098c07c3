import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { Indices } from '../tensor/indices';
import { matrix } from '../tensor/reference/matrix';
import { randomMatrix, upload } from '../tensor/testing';
import { gelu } from './activation';
import { linear } from './linear';
import { crossEntropy, scalarsOf } from './loss';
import { layerNorm } from './norm';
import { adamW } from './optimizer/adamw';
import { clipGradients } from './optimizer/guard';
import { Optimizer } from './optimizer/optimizer';
import { cosineRate } from './optimizer/schedule';
import { Parameter, Tape } from './tape';

const [CLASSES, POINTS, INPUTS, HIDDEN, STEPS] = [5, 120, 10, 32, 60];

describe('training from the tape alone', async () => {
  const gpu = await testGpu();

  it('a two-layer network on clusters falls below a fifth of its first loss', async () => {
    const before = gpu.buffers.bytesInUse;
    const random = new Random(7);
    const centres = randomMatrix(CLASSES, INPUTS, 1);
    const labels = Uint32Array.from({ length: POINTS }, (_, i) => i % CLASSES);
    const points = matrix(POINTS, INPUTS, random.normals(POINTS * INPUTS, 0.7));
    points.data.forEach((_, i) => {
      points.data[i] += centres.data[labels[Math.floor(i / INPUTS)] * INPUTS + (i % INPUTS)];
    });
    const parameter = (rows: number, cols: number, seed: number, scale: number) =>
      new Parameter(upload(gpu, randomMatrix(rows, cols, seed, scale)));
    const [w1, b1, w2, b2] = [
      parameter(HIDDEN, INPUTS, 2, INPUTS ** -0.5),
      parameter(1, HIDDEN, 3, 0),
      parameter(CLASSES, HIDDEN, 4, HIDDEN ** -0.5),
      parameter(1, CLASSES, 5, 0),
    ];
    const weight = new Parameter(upload(gpu, matrix(1, HIDDEN, new Float32Array(HIDDEN).fill(1))));
    const bias = parameter(1, HIDDEN, 6, 0);
    const parameters = [w1, b1, w2, b2, weight, bias];
    const [x, targets] = [upload(gpu, points), Indices.from(gpu, labels)];

    const optimizer = new Optimizer(gpu, adamW({ decay: 0.01 }), parameters);
    const rate = cosineRate({ peak: 0.02, steps: STEPS, warmUp: 5 });
    const losses = [];
    for (let step = 0; step < STEPS; step++) {
      const tape = new Tape(gpu);
      const hidden = gelu(tape, 'gelu_erf', linear(tape, tape.constant(x), w1, b1));
      const loss = crossEntropy(tape, linear(tape, layerNorm(tape, hidden, weight, bias, 1e-5), w2, b2), targets);
      tape.backward(loss);
      losses.push(tape.take(loss));
      tape.release();
      clipGradients(parameters, 1)?.release();
      optimizer.step(rate(step));
      optimizer.clearGradients();
    }
    const values = await scalarsOf(...losses);
    expect(values[0]).toBeGreaterThan(1);
    expect(values[STEPS - 1]).toBeLessThan(values[0] / 5);

    for (const loss of losses) loss.release();
    for (const { value } of parameters) value.release();
    for (const thing of [x, targets, optimizer]) thing.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
