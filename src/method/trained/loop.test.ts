/** What all methods that train have in common: their end, interruption, repetition, and steps that go wrong. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { scale } from '../../gradient/elementwise';
import type { Tape, Variable } from '../../gradient/tape';
import { decodeQuantized, quantizedFault } from '../../quantizer/quantized';
import type { TrainingProblem } from '../training';
import { MOST_ROLLBACKS } from './loop';
import {
  hessianError,
  tensorOf,
  testLayer,
  testProblem,
  TestHost,
  TRAINER_NAMES,
  TRAINERS,
  trainToEnd,
} from './testing';

const gpu = await testGpu();
const layer = testLayer(24, 32, 1);

describe.each(TRAINER_NAMES)('%s', (name) => {
  const { trainer, options } = TRAINERS[name];

  it('loses less than before training, settles all, and ends with the same bits every time, interrupted or not', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    const host = new TestHost();
    const { progress, layers, values } = await trainToEnd(trainer, problem, options, host);
    const [first, last] = [progress[0], progress[progress.length - 1]];
    expect(last.loss).toBeLessThan(first.loss);
    expect(last.loss).toBeCloseTo(hessianError(layer, values[0]), 5);
    expect([first.step, last.step]).toEqual([0, last.steps]);
    if (name !== 'ssvq') expect(last.settled).toBe(1);
    for (const { settled, usageEntropy, ratios, note } of progress) {
      expect(settled).toBeGreaterThanOrEqual(0);
      expect(usageEntropy).toBeGreaterThan(0);
      expect(usageEntropy).toBeLessThanOrEqual(1 + 1e-6);
      if (ratios) expect(ratios.reduce((a, b) => a + b, 0)).toBe(24 * 8);
      expect(note).toBeNull();
    }
    progress.slice(1).forEach(({ settled }, i) => expect(settled).toBeGreaterThanOrEqual(progress[i].settled));
    const tensor = tensorOf(layers[0]);
    expect(quantizedFault(tensor)).toBeNull();
    expect(decodeQuantized(tensor)).toEqual(values[0]);

    // From the beginning, after one step, from the middle, and from the last step, where only the end is left to do.
    expect(host.states.map(({ step }) => step).slice(0, 3)).toEqual([8, 16, 24]);
    expect(host.states.at(-1)?.step).toBe(last.steps);
    for (const from of [null, host.first, host.states[1], host.states[host.states.length - 1]]) {
      const other = await trainToEnd(trainer, problem, options, new TestHost(from));
      expect(other.layers[0].tensor).toEqual(tensor);
      const since = progress.filter(({ step }) => from === null || step > from.step);
      expect(other.progress.slice(0, since.length)).toEqual(since);
    }
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('gives everything back when it is closed early', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    for (const pulls of [0, 1, 3, 100]) {
      const run = trainer(problem, options, new TestHost());
      for (let pull = 0; pull < pulls; pull++) {
        const { done, value } = await run.next();
        if (done || value.step === value.steps) break;
      }
      await run.return([]);
    }
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

describe('steps that go wrong', () => {
  const { trainer, options } = TRAINERS.vq4dit;

  /** The problem with a loss that is multiplied by what `factor` says of its how-manieth use. */
  function spoilt(problem: TrainingProblem, factor: (use: number) => number): TrainingProblem {
    let use = 0;
    return {
      ...problem,
      loss: (tape: Tape, batch: number, weights: readonly Variable[]) =>
        scale(tape, problem.loss(tape, batch, weights), factor(use++)),
    };
  }

  it('are taken back, said, and made up for with smaller rates', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    // The first two uses judge the start; the step after the tenth is damaged once.
    const { progress, layers } = await trainToEnd(
      trainer,
      spoilt(problem, (use) => (use === 12 ? NaN : 1)),
      options,
    );
    const notes = progress.flatMap(({ note, step }) => (note ? [{ note, step }] : []));
    expect(notes).toHaveLength(1);
    expect(notes[0].note).toMatch(/^By step 1[1-6] \d+ values became NaN or infinite: back to step 8 with half/);
    expect(notes[0].step).toBe(8);
    expect(progress.at(-1)?.loss).toBeLessThan(progress[0].loss);
    expect(quantizedFault(layers[0].tensor)).toBeNull();
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('end the training when they do not stop', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    const host = new TestHost();
    const run = trainer(
      spoilt(problem, (use) => (use < 2 ? 1 : Infinity)),
      options,
      host,
    );
    const notes: (string | null)[] = [];
    const failing = (async () => {
      for await (const { note } of run) notes.push(note);
    })();
    await expect(failing).rejects.toMatchObject({ code: 'QS-NUM-02', facts: { rollbacks: MOST_ROLLBACKS + 1 } });
    expect(notes.filter(Boolean)).toHaveLength(MOST_ROLLBACKS);
    expect(host.states).toHaveLength(0);
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('refuses a state that is not its own', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, layer);
    const host = new TestHost();
    await trainToEnd(trainer, problem, options, host);
    const { arrays, ...state } = host.states[0];
    const odd = { ...state, arrays: { ...arrays, '0.logits': arrays['0.logits'].slice(8) } };
    await expect(trainToEnd(trainer, problem, options, new TestHost(odd))).rejects.toThrow('0.logits');
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
