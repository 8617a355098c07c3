import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { Indices } from '../../tensor/indices';
import { matrix } from '../../tensor/reference/matrix';
import { Tensor } from '../../tensor/tensor';
import { expectClose, randomMatrix, upload } from '../../tensor/testing';
import { hullTarget, moveHull } from './hull';
import { Memory, Owner } from './memory';
import { MixtureLayer } from './mixture-layer';

/** rows, cols, dim, codewords, candidates. */
const SHAPES = [
  [1, 4, 4, 3, 2],
  [9, 17, 4, 16, 3],
  [13, 40, 2, 9, 2],
  [20, 32, 8, 40, 8],
  [5, 6, 3, 4, 1],
] as const;

interface Replacement {
  readonly z: readonly number[];
  readonly words: readonly (readonly number[])[];
  readonly weakest: number;
  readonly fresh: readonly number[];
  readonly target: readonly number[];
}

/** How much nearer the target the mixture comes, in squares, where the fresh codeword takes the weakest's place. */
function gainOf({ z, words, weakest, fresh, target }: Replacement): number {
  const exps = z.map(Math.exp);
  const others = exps.reduce((sum, e, j) => (j === weakest ? sum : sum + e), 0);
  const held = exps[weakest] / (others + exps[weakest]);
  const rest = target.map((_, c) => {
    return words.reduce((sum, word, j) => (j === weakest ? sum : sum + (exps[j] / others) * word[c]), 0);
  });
  const along = rest.reduce((sum, b, c) => sum + (words[weakest][c] - b) * (fresh[c] - b), 0);
  const square = rest.reduce((sum, b, c) => sum + (fresh[c] - b) ** 2, 0);
  const ratio = Math.min(Math.max(square > 0 ? (held * along) / square : held, 0.01), 0.99);
  const away = (word: readonly number[], share: number) =>
    rest.reduce((sum, b, c) => sum + (target[c] - (1 - share) * b - share * word[c]) ** 2, 0);
  return away(words[weakest], held) - away(fresh, ratio);
}

describe('the hull', async () => {
  const gpu = await testGpu();

  it('is drawn against the gradient, in units of what the mixture misses', async () => {
    const [w, v, g] = [1, 2, 3].map((seed) => randomMatrix(9, 17, seed));
    const norm = (values: ArrayLike<number>) => Math.sqrt(Array.from(values).reduce((sum, x) => sum + x * x, 0));
    const rate = (0.3 * norm(w.data.map((x, i) => x - v.data[i]))) / norm(g.data);
    const [onGpu, value, gradient] = [w, v, g].map((m) => upload(gpu, m));
    const expected = matrix(
      9,
      17,
      v.data.map((x, i) => x - rate * g.data[i]),
    );
    await expectClose(hullTarget(onGpu, value, gradient, 0.3), expected, 1e-6);
    const nowhere = hullTarget(onGpu, value, Tensor.zeros(gpu, 9, 17), 0.3);
    await expectClose(nowhere, v, 1e-12);
  });

  it.each(SHAPES)('moves %i × %i, d %i, K %i, n %i as its float64 twin says', async (rows, cols, dim, codewords, n) => {
    const before = gpu.buffers.bytesInUse;
    const owner = new Owner();
    const memory = owner.own(new Memory(gpu, null));
    const weight = owner.own(upload(gpu, randomMatrix(rows, cols, 4)));
    const codebook = owner.own(upload(gpu, randomMatrix(1, codewords * dim, 5)));
    const settings = { dim, candidates: n, start: 'equal', codebook } as const;
    const layer = await MixtureLayer.start(weight, settings, { owner, memory, name: '0' });
    const points = rows * layer.of.tiles.subs;
    const { subs } = layer.of.tiles;
    const width = layer.of.n;
    // Logits of all kinds, some sub-vectors frozen, targets some way off.
    const random = new Random(6);
    const z = randomMatrix(rows, subs * width, 7, 2);
    const logits = upload(gpu, z);
    gpu.copy(logits.buffer, 0, layer.logits.value.buffer, 0, logits.bytes);
    const choices = Uint32Array.from({ length: points }, () => (random.integer(5) === 0 ? 1 : 0));
    const frozen = Indices.from(gpu, choices);
    gpu.copy(frozen.buffer, 0, layer.frozen.buffer, 0, 4 * points);
    const u = randomMatrix(rows, cols, 8, 1.5);
    const target = upload(gpu, u);
    const state = [1, 2].map(() => Tensor.from(gpu, rows, subs * width, new Float32Array(points * width).fill(3)));
    const oldCodes = await layer.of.candidates.read();
    moveHull(layer, target, [state[0], state[1]]);
    const [codes, moved, words] = [
      await layer.of.candidates.read(),
      await layer.logits.value.read(),
      await codebook.read(),
    ];
    const states = await Promise.all(state.map((tensor) => tensor.read()));

    let changed = 0;
    for (let i = 0; i < points; i++) {
      const [row, sub] = [Math.floor(i / subs), i % subs];
      const inside = Math.min(dim, cols - sub * dim);
      const at = (k: number) => Array.from(words.subarray(k * dim, k * dim + inside));
      const own = Array.from(u.data.subarray(row * cols + sub * dim, row * cols + sub * dim + inside));
      const away = (k: number) => at(k).reduce((sum, c, j) => sum + (c - own[j]) ** 2, 0);
      const old = [...oldCodes.subarray(i * width, (i + 1) * width)];
      const now = [...codes.subarray(i * width, (i + 1) * width)];
      const before = [...z.data.subarray(i * width, (i + 1) * width)];
      const after = [...moved.subarray(i * width, (i + 1) * width)];
      const nearest = Array.from({ length: codewords }, (_, k) => k).reduce((a, b) => (away(b) < away(a) ? b : a));
      const weakest = before.lastIndexOf(Math.min(...before));
      const gain = gainOf({ z: before, words: old.map(at), weakest, fresh: at(nearest), target: own });
      // Too near to zero to be told apart in f32.
      if (width > 1 && Math.abs(gain) < 1e-5) continue;
      const moves = width > 1 && choices[i] === 0 && !old.includes(nearest) && gain > 0;
      if (!moves) {
        expect(now).toEqual(old);
        expect(after).toEqual(before.map(Math.fround));
        for (const values of states) for (let j = 0; j < width; j++) expect(values[i * width + j]).toBe(3);
        continue;
      }
      changed++;
      expect(now).toEqual(old.map((code, j) => (j === weakest ? nearest : code)));
      for (const values of states) {
        for (let j = 0; j < width; j++) expect(values[i * width + j]).toBe(j === weakest ? 0 : 3);
      }
      const shares = (logits: number[]) => {
        const exps = logits.map(Math.exp);
        const sum = exps.reduce((a, b) => a + b, 0);
        return exps.map((e) => e / sum);
      };
      const mix = (ratios: number[], of: number[]) =>
        Array.from({ length: inside }, (_, j) => of.reduce((sum, k, c) => sum + ratios[c] * at(k)[j], 0));
      const [was, is] = [shares(before), shares(after)];
      // The others keep their shares among themselves.
      was.forEach((share, j) => {
        if (j === weakest) return;
        expect(is[j] / (1 - is[weakest])).toBeCloseTo(share / (1 - was[weakest]), 4);
      });
      // No other ratio of the new candidate would have moved the mixture less.
      const v = mix(was, old);
      const jump = (ratio: number) => {
        const other = was.map((share, j) => (j === weakest ? ratio : (share * (1 - ratio)) / (1 - was[weakest])));
        return mix(other, now).reduce((sum, x, j) => sum + (x - v[j]) ** 2, 0);
      };
      const least = Math.min(...Array.from({ length: 99 }, (_, k) => jump((k + 1) / 100)));
      expect(jump(is[weakest])).toBeLessThan(least + 1e-6);
      expect(jump(is[weakest])).toBeLessThan(Math.max(jump(was[weakest]), jump(0.01)) + 1e-6);
    }
    if (width > 1 && points > 20) expect(changed).toBeGreaterThan(0);
    for (const used of [logits, frozen, target, ...state]) used.release();
    owner.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
