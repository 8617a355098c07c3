import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { tensorOf, testLayer, testProblem, TestHost, TRAINERS, trainToEnd } from './testing';

const gpu = await testGpu();
const { trainer, options } = TRAINERS.vimvq;
const layer = testLayer(24, 32, 1);

describe('confirmation', () => {
  it('keeps to its schedule, and leaves alone what is confirmed', async () => {
    const { problem, release } = await testProblem(gpu, layer);
    const host = new TestHost();
    const given = { ...options, steps: 64, confirmFrom: 0.25 };
    const { layers, progress } = await trainToEnd(trainer, problem, given, host);
    let confirmed = new Map<number, number>();
    for (const { step, arrays } of host.states) {
      const [frozen, candidates] = [arrays['0.frozen'], arrays['0.candidates']];
      const now = new Map<number, number>();
      frozen.forEach((choice, at) => {
        if (choice > 0) now.set(at, candidates[2 * at + choice - 1]);
      });
      for (const [at, code] of confirmed) expect(now.get(at)).toBe(code);
      const share = Math.min(1, Math.max(0, (step / 64 - 0.25) / 0.75));
      expect(now.size / frozen.length).toBeGreaterThanOrEqual(share - 1e-9);
      // Not all at once: those that share a bin of ratios with the last one wanted come along, and no others.
      if (step < 64) expect(now.size / frozen.length).toBeLessThan(share + 0.1);
      confirmed = now;
    }
    expect(confirmed.size).toBe(24 * 8);
    expect([...tensorOf(layers[0]).assignments]).toEqual([...confirmed].map(([, code]) => code));
    expect(progress.at(-1)?.settled).toBe(1);
    await release();
  });
});

describe('the hull', () => {
  it.each([
    ['stays where it is asked to', 1000, false],
    ['moves, and a sub-vector’s candidates stay different', 5, true],
  ])('%s', async (_, hullEvery, moves) => {
    const { problem, release } = await testProblem(gpu, layer);
    const host = new TestHost();
    await trainToEnd(trainer, problem, { ...options, candidates: 3, hullEvery }, host);
    const [first, last] = [host.states[0], host.states[host.states.length - 1]].map(
      ({ arrays }) => arrays['0.candidates'],
    );
    expect(first.some((code, i) => code !== last[i])).toBe(moves);
    for (let i = 0; i < last.length; i += 3) expect(new Set(last.slice(i, i + 3)).size).toBe(3);
    await release();
  });
});
