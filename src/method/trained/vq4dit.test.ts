import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { memorySource } from '../../checkpoint/bytes';
import { openSafetensors, readTensor } from '../../checkpoint/safetensors';
import { testGpu } from '../../gpu/testing/gpus';
import { quadraticForm } from '../../gradient/loss';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { rmsProp } from '../../gradient/optimizer/rmsprop';
import { Tape } from '../../gradient/tape';
import { matmul } from '../../tensor/matmul';
import { matrix } from '../../tensor/reference/matrix';
import { Tensor } from '../../tensor/tensor';
import { expectClose, upload } from '../../tensor/testing';
import { describeShared } from '../../testing/shared';
import { Memory, Owner } from './memory';
import { MixtureLayer } from './mixture-layer';
import { filled, tensorOf, testLayer, testProblem, TestHost, TRAINERS, trainToEnd } from './testing';
import { proxyProblem } from './proxy';

const gpu = await testGpu();
const { trainer, options } = TRAINERS.vq4dit;
const layer = testLayer(24, 32, 1);

const fixture = (name: string) => new URL(`../../codebook/fixtures/${name}.safetensors`, import.meta.url).pathname;

it.each(['vq4dit', 'vq4dit-last'])('starts and steps as the released code does, twelve rows of %s', (name) =>
  compareWithReleased(fixture(name)),
);
describeShared('golden', 'the released code', (folder) => {
  it('starts and steps alike on all rows', () => compareWithReleased(`${folder}vq4dit.safetensors`));
});

async function compareWithReleased(path: string) {
  const file = await openSafetensors(memorySource(readFileSync(path), path));
  const load = async (name: string) => {
    const info = file.tensors.get(name);
    if (!info) throw new Error(`no tensor ${name}`);
    return matrix(info.shape[0], info.shape[1] ?? 1, await readTensor(info));
  };
  const w = await load('W');
  const logits = async (name: string) => matrix(w.rows, w.cols / 2, (await load(name)).data);
  const weight = upload(gpu, w);
  const book = (await load('codebook')).data;
  const codebook = Tensor.from(gpu, 1, book.length, book);
  const [owner, memory] = [new Owner(), new Memory(gpu, null)];
  const settings = { dim: 4, candidates: 2, start: 'distances', codebook } as const;
  const mixture = await MixtureLayer.start(weight, settings, { owner, memory, name: '0' });
  await expectClose(mixture.logits.value, await logits('logits0'), 1e-4);
  // The recorded loss is the mean square of the layer's outputs: tr(Δ H Δᵀ) with H = XᵀX / (tokens · rows).
  const x = file.tensors.has('X') ? upload(gpu, await load('X')) : null;
  const h = x ? matmul('tn', x, x, { alpha: 1 / (x.rows * w.rows) }) : upload(gpu, await load('H'));
  const optimizer = new Optimizer(gpu, rmsProp({ alpha: 0.9 }), [mixture.logits]);
  for (let step = 0; step < 5; step++) {
    const tape = new Tape(gpu);
    const weights = mixture.weights(tape, { logits: true, codebook: false });
    tape.backward(quadraticForm(tape, weights, weight, h));
    tape.release();
    optimizer.step(0.05);
    optimizer.clearGradients();
  }
  await expectClose(mixture.logits.value, await logits('logits5'), 1e-4);
  await expectClose(mixture.hard(), await load('W_hard5'), 1e-4);
}

describe.each(['released', 'paper'])('the %s variant', (variant) => {
  it('never changes what is frozen, and trains codebooks when it should', async () => {
    const { problem, release } = await testProblem(gpu, layer);
    const host = new TestHost();
    const { layers, progress } = await trainToEnd(trainer, problem, { ...options, variant, steps: 104 }, host);
    const list = (step: number, name: string) => host.states[step].arrays[`0.${name}`];
    let frozenSoFar = list(0, 'frozen');
    host.states.forEach(({ arrays, numbers }, i) => {
      const frozen = arrays['0.frozen'];
      frozenSoFar.forEach((choice, at) => {
        if (choice > 0) expect(frozen[at]).toBe(choice);
      });
      frozenSoFar = frozen;
      if (i === 0 || variant === 'paper') return;
      const hardBefore = host.states[i - 1].numbers['0.hard'] === 1;
      const same = arrays['0.codebook'].every((value, at) => value === list(i - 1, 'codebook')[at]);
      expect(same).toBe(!hardBefore);
      if (numbers['0.hard'] === 1) expect(frozen.every((choice) => choice > 0)).toBe(true);
    });
    if (variant === 'paper') expect(list(1, 'codebook')).not.toEqual(list(0, 'codebook'));
    // In the end each code is the candidate that its sub-vector was frozen at.
    const last = host.states.length - 1;
    const candidates = list(last, 'candidates');
    const codes = [...list(last, 'frozen')].map((choice, at) => candidates[2 * at + choice - 1]);
    expect([...tensorOf(layers[0]).assignments]).toEqual(codes);
    const { loss, settled } = progress[progress.length - 1];
    expect(settled).toBe(1);
    expect(loss).toBeLessThan(progress[0].loss);
    await release();
  });
});

describe('odd layers', () => {
  it.each([
    // rows, cols, d, K, what is said
    [24, 30, 4, 12, /^The 30 inputs are not a multiple of 4/],
    [4, 8, 4, 64, /only 8 sub-vectors, so it got 8 codewords instead of 64/],
    [1, 4, 4, 16, /only 1 sub-vector, so it got 1 codeword instead/],
    [1, 1, 1, 2, /only 1 sub-vector/],
  ])('%i × %i with d %i and K %i', async (rows, cols, dim, codewords, note) => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, testLayer(rows, cols, 5));
    const { layers, values, progress } = await trainToEnd(trainer, problem, { ...options, dim, codewords, steps: 16 });
    expect(layers[0].note).toMatch(note);
    expect(values[0].every(Number.isFinite)).toBe(true);
    expect(progress.at(-1)?.settled).toBe(1);
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it.each([0, -0.5])('all weights %d', async (value) => {
    const weight = filled(gpu, 8, 16, value);
    const problem = await proxyProblem({ weight, statistics: null });
    const { values, progress } = await trainToEnd(trainer, problem, { ...options, steps: 16 });
    values[0].forEach((q) => expect(Math.abs(q - value)).toBeLessThan(1e-2));
    expect(progress.every(({ loss }) => Number.isFinite(loss))).toBe(true);
    weight.release();
  });
});
