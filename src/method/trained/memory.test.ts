import { expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { Parameter } from '../../gradient/tape';
import { Indices } from '../../tensor/indices';
import { Tensor } from '../../tensor/tensor';
import { randomMatrix, upload } from '../../tensor/testing';
import type { TrainingState } from '../training';
import { Memory, Owner } from './memory';

const gpu = await testGpu();

function things(from: TrainingState | null) {
  const owner = new Owner();
  const memory = owner.own(new Memory(gpu, from));
  const parameter = new Parameter(owner.own(upload(gpu, randomMatrix(3, 5, 1))));
  const list = owner.own(Indices.from(gpu, Uint32Array.of(1, 2, 3)));
  const optimizer = owner.own(new Optimizer(gpu, adamW(), [parameter]));
  memory.hold('value', parameter.value);
  memory.hold('list', list);
  memory.holdOptimizer('adamw', optimizer);
  const step = () => {
    parameter.grad = upload(gpu, randomMatrix(3, 5, 2));
    optimizer.step(0.1);
    optimizer.clearGradients();
    memory.numbers.steps = (memory.numbers.steps ?? 0) + 1;
  };
  return { owner, memory, parameter, list, optimizer, step };
}

it('goes back to the last copy, the optimizer’s counts included', async () => {
  const before = gpu.buffers.bytesInUse;
  const { owner, memory, parameter, list, step } = things(null);
  step();
  memory.take();
  const [then, state] = [await parameter.value.read(), await memory.read(1)];
  step();
  gpu.clear(list.buffer, 0, 8);
  const after = await parameter.value.read();
  expect(after).not.toEqual(then);
  memory.goBack();
  expect(await parameter.value.read()).toEqual(then);
  expect([...(await list.read())]).toEqual([1, 2, 3]);
  expect(await memory.read(1)).toEqual(state);
  expect(state.numbers.steps).toBe(1);
  step();
  expect(await parameter.value.read()).toEqual(after);
  owner.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
});

it('goes on elsewhere to the same bits', async () => {
  const first = things(null);
  first.step();
  first.memory.notes.value = 'said once';
  first.memory.take();
  const state = structuredClone(await first.memory.read(7));
  expect(state.step).toBe(7);
  first.step();
  const second = things(state);
  expect(second.memory.resumes).toBe(true);
  expect(second.memory.numbers.steps).toBe(1);
  expect(second.memory.notes).toEqual({ value: 'said once' });
  second.step();
  expect(await second.parameter.value.read()).toEqual(await first.parameter.value.read());
  for (const { memory } of [first, second]) memory.take();
  expect(await second.memory.read(8)).toEqual(await first.memory.read(8));
  for (const { owner } of [first, second]) owner.release();
});

it('says which part of a state does not fit', async () => {
  const { owner, memory } = things(null);
  memory.take();
  const state = await memory.read(0);
  owner.release();
  const other = new Memory(gpu, state);
  const wider = Tensor.zeros(gpu, 9, 9);
  expect(() => other.hold('value', wider)).toThrow('bytes of value');
  expect(() => other.hold('another', wider)).toThrow('no bytes of another');
  wider.release();
});
