import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { ledger } from '../../quantizer/quantized';
import { Tensor } from '../../tensor/tensor';
import { Memory, Owner } from './memory';
import { SignLayer } from './sign-layer';
import { filled, tensorOf, testLayer, testProblem, TestHost, TRAINERS, trainToEnd } from './testing';
import { proxyProblem } from './proxy';

const gpu = await testGpu();
const { trainer, options } = TRAINERS.ssvq;
const layer = testLayer(24, 32, 1);

describe('flips', async () => {
  const gpu = await testGpu();

  it.each([
    [1, 1],
    [5, 9],
    [33, 20],
  ])('are counted, voted on and frozen as a loop on the host does it, %i × %i', async (rows, cols) => {
    const before = gpu.buffers.bytesInUse;
    const [owner, random, size] = [new Owner(), new Random(rows), rows * cols];
    const memory = owner.own(new Memory(gpu, null));
    const weight = owner.own(Tensor.from(gpu, rows, cols, random.normals(size)));
    const settings = { codewords: 4, dim: 2, emIterations: 2, seed: 0, signScale: 2 };
    const signs = await SignLayer.start(weight, settings, { owner, memory, name: '0' });
    const mean = (await weight.read()).reduce((sum, value) => sum + Math.abs(value), 0) / size;
    let values = await signs.latent.value.read();
    (await weight.read()).forEach((w, i) => expect(values[i]).toBeCloseTo((2 * w) / mean, 5));
    const twin = {
      minus: [...values].map((value) => value < 0),
      f: new Float64Array(size),
      balance: new Int32Array(size),
    };
    const free = new Array<boolean>(size).fill(true);
    const keep = 0.8;
    for (let step = 1; step <= 12; step++) {
      const next = Float32Array.from(values, (value, i) => {
        if (!free[i]) return value;
        return random.integer(6) === 0 ? 0 : (random.integer(3) === 0 ? -1 : 1) * value;
      });
      const upload = Tensor.from(gpu, rows, cols, next);
      gpu.copy(upload.buffer, 0, signs.latent.value.buffer, 0, upload.bytes);
      upload.release();
      signs.observe(keep);
      next.forEach((value, i) => {
        if (!free[i]) return;
        const minus = value < 0;
        twin.f[i] = keep * twin.f[i] + (1 - keep) * (minus === twin.minus[i] ? 0 : 1);
        twin.balance[i] += minus ? -1 : 1;
        twin.minus[i] = minus;
      });
      values = next;
      if (step % 4 !== 0) continue;
      const limit = 0.31;
      signs.settle(limit);
      const [settled, mask] = [await signs.latent.value.read(), await signs.free.read()];
      for (let i = 0; i < size; i++) {
        if (!free[i]) continue;
        const freezes = twin.f[i] > limit;
        const minus = freezes && twin.balance[i] !== 0 ? twin.balance[i] < 0 : twin.minus[i];
        expect(mask[i]).toBe(freezes ? 0 : 1);
        expect(settled[i] < 0).toBe(minus);
        expect(Math.abs(settled[i])).toBe(
          freezes ? Math.max(Math.abs(next[i]), Math.fround(1e-20)) : Math.abs(next[i]),
        );
        free[i] = !freezes;
        twin.balance[i] = 0;
      }
      values = settled;
    }
    if (size > 1) expect(free.filter((is) => !is).length).toBeGreaterThan(0);
    owner.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('never lets a codeword fall below zero', async () => {
    const owner = new Owner();
    const memory = owner.own(new Memory(gpu, null));
    const weight = owner.own(filled(gpu, 3, 4, -0.5));
    const settings = { codewords: 2, dim: 2, emIterations: 1, seed: 0, signScale: 1 };
    const signs = await SignLayer.start(weight, settings, { owner, memory, name: '0' });
    const values = Float32Array.of(-1, 0.25, -1e-20, 3);
    const upload = Tensor.from(gpu, 1, signs.codebook.value.cols, values.slice(0, signs.codebook.value.cols));
    gpu.copy(upload.buffer, 0, signs.codebook.value.buffer, 0, upload.bytes);
    upload.release();
    signs.clampCodebook();
    const clamped = await signs.codebook.value.read();
    clamped.forEach((value, i) => expect(value).toBe(Math.max(values[i], 0)));
    owner.release();
  });
});

it('stores one bit a weight for signs, and magnitudes that are not negative', async () => {
  const { problem, release } = await testProblem(gpu, layer);
  const { layers, values } = await trainToEnd(trainer, problem, options);
  const tensor = tensorOf(layers[0]);
  expect(ledger(tensor).parts).toMatchObject({
    signs: 24 * 32,
    indices: 24 * 8 * 4,
    codebooks: 12 * 4 * 16,
    scales: 0,
  });
  expect(tensor.signs).toHaveLength((24 * 32) / 8);
  expect(tensor.codebooks.every((value) => value >= 0)).toBe(true);
  const { signs } = tensor;
  values[0].forEach((value, i) => {
    if (value !== 0) expect(((signs?.[i >> 3] ?? 0) >> (i & 7)) & 1).toBe(value < 0 ? 1 : 0);
  });
  await release();
});

it('freezes signs for good, more of them the lower the limit falls', async () => {
  const { problem, release } = await testProblem(gpu, layer);
  const shareWith = async (limits: object) => {
    const host = new TestHost();
    const { progress } = await trainToEnd(trainer, problem, { ...options, signRate: 0.2, ...limits }, host);
    let before = host.states[0].arrays;
    for (const { arrays } of host.states) {
      before['0.free'].forEach((free, at) => {
        if (free === 1) return;
        expect(arrays['0.free'][at]).toBe(0);
        expect(arrays['0.latent'][at]).toBe(before['0.latent'][at]);
      });
      before = arrays;
    }
    return progress.at(-1)?.settled ?? 0;
  };
  const [all, some, none] = [
    await shareWith({ freezeFrom: 0, freezeTo: 0 }),
    await shareWith({ freezeFrom: 0.3, freezeTo: 0.1 }),
    await shareWith({ freezeFrom: 1, freezeTo: 1 }),
  ];
  expect(none).toBe(0);
  expect(some).toBeGreaterThan(0);
  expect(all).toBeGreaterThanOrEqual(some);
  await release();
});

describe('odd layers', () => {
  it.each([
    [24, 30, 4, 12, /^The 30 inputs are not a multiple of 4/],
    [2, 8, 8, 64, /only 2 sub-vectors, so it got 2 codewords instead of 64/],
    [1, 1, 1, 2, /only 1 sub-vector/],
  ])('%i × %i with d %i and K %i', async (rows, cols, dim, codewords, note) => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await testProblem(gpu, testLayer(rows, cols, 5));
    const { layers, values } = await trainToEnd(trainer, problem, { ...options, dim, codewords, steps: 16 });
    expect(layers[0].note).toMatch(note);
    expect(values[0].every(Number.isFinite)).toBe(true);
    await release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it.each([0, -0.5])('all weights %d', async (value) => {
    const weight = filled(gpu, 8, 16, value);
    const problem = await proxyProblem({ weight, statistics: null });
    const { values } = await trainToEnd(trainer, problem, { ...options, steps: 16 });
    values[0].forEach((q) => expect(Math.abs(q - value)).toBeLessThan(0.05));
    weight.release();
  });
});
