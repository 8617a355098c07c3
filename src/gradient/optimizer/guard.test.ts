import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { matrix } from '../../tensor/reference/matrix';
import { expectClose, randomMatrix, upload } from '../../tensor/testing';
import { scalarsOf } from '../loss';
import { Parameter } from '../tape';
import { adamW } from './adamw';
import { clipGradients, nonFiniteGradients, Snapshot } from './guard';
import { Optimizer } from './optimizer';

describe('guards of a training', async () => {
  const gpu = await testGpu();

  function withGradient(...values: readonly number[]): Parameter {
    const parameter = new Parameter(upload(gpu, matrix(1, values.length)));
    parameter.grad = upload(gpu, matrix(1, values.length, values));
    return parameter;
  }

  it('clips by the norm of all gradients, as torch does', async () => {
    // torch 1.13.0: clip_grad_norm_([p, q], 1.5) with p.grad = [3, −1, 2], q.grad = [0.5, 4]: 5.5 and
    const clipped = [
      [0.8181817531585693, -0.27272725105285645, 0.5454545021057129],
      [0.13636362552642822, 1.0909090042114258],
    ];
    const parameters = [withGradient(3, -1, 2), new Parameter(upload(gpu, matrix(1, 1))), withGradient(0.5, 4)];
    const squares = clipGradients(parameters, 1.5);
    expect(squares && (await scalarsOf(squares))[0]).toBeCloseTo(5.5 ** 2, 4);
    const [first, none, last] = parameters.map(({ grad }) => grad);
    if (first) await expectClose(first, matrix(1, 3, clipped[0]), 1e-6);
    expect(none).toBeNull();
    if (last) await expectClose(last, matrix(1, 2, clipped[1]), 1e-6);
  });

  it('leaves small gradients alone', async () => {
    const parameter = withGradient(0.3, -0.4);
    clipGradients([parameter], 1);
    expect(await parameter.grad?.read()).toEqual(Float32Array.from([0.3, -0.4]));
    expect(clipGradients([new Parameter(parameter.value)], 1)).toBeNull();
  });

  it('counts what is not finite', async () => {
    expect(
      await nonFiniteGradients([withGradient(1, NaN, 2), withGradient(Infinity), withGradient(0, -Infinity)]),
    ).toBe(3);
    expect(await nonFiniteGradients([withGradient(1, 2)])).toBe(0);
    expect(await nonFiniteGradients([new Parameter(upload(gpu, matrix(1, 1)))])).toBe(0);
  });

  it('goes back to a snapshot, values, state and steps', async () => {
    const before = gpu.buffers.bytesInUse;
    const parameter = new Parameter(upload(gpu, randomMatrix(3, 5, 1)));
    const optimizer = new Optimizer(gpu, adamW(), [parameter]);
    const step = (seed: number, scale = 1) => {
      parameter.grad = upload(gpu, randomMatrix(3, 5, seed, scale));
      optimizer.step(0.1);
      optimizer.clearGradients();
    };
    step(2);
    const snapshot = new Snapshot(optimizer);
    step(3);
    const [values, state] = [await parameter.value.read(), await optimizer.state()];
    snapshot.restore();
    step(9, NaN);
    expect((await parameter.value.read()).every(Number.isNaN)).toBe(true);
    snapshot.restore();
    step(3);
    expect(await parameter.value.read()).toEqual(values);
    expect(await optimizer.state()).toEqual(state);
    snapshot.take();
    step(4);
    snapshot.restore();
    expect(await optimizer.state()).toEqual(state);
    snapshot.release();
    optimizer.release();
    parameter.value.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
