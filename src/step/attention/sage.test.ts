/** SageAttention2: what is exact in it, its twin, and rows through whole runs. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { openNetwork } from '../../model/architecture';
import type { ActivationFormat, Cells } from '../../tensor/activation-format';
import { attend } from '../../tensor/attend';
import { centre } from '../../tensor/centre';
import { splitHeads } from '../../tensor/heads';
import { attention } from '../../tensor/reference/attention';
import { fakeQuantize } from '../../tensor/reference/fake-quant';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import { expectClose, randomMatrix, relativeDifference, upload } from '../../tensor/testing';
import { factsOf } from '../facts-of';
import { sageFace } from './sage.face';
import { attended, checkpointOf, distances, IMAGES, optionsOf, TEXT, type Heads } from './testing';

const gpu = await testGpu();

const LENGTH = 13;
const DIM = 16;
const ONE: Heads = {
  geometry: { windows: 2, length: LENGTH },
  options: { heads: 2, keyHeads: 1, mask: 'causal' },
  q: randomMatrix(2 * LENGTH, 2 * DIM, 1),
  k: randomMatrix(2 * LENGTH, DIM, 2),
  v: randomMatrix(2 * LENGTH, DIM, 3),
};
/** With a channel that stands out in every key. */
const BIASED: Heads = {
  ...ONE,
  k: matrix(
    2 * LENGTH,
    DIM,
    ONE.k.data.map((v, i) => (i % DIM === 3 ? v + 30 : v)),
  ),
};

describe('smoothing', () => {
  it.each(['causal', 'full'] as const)('of keys changes no probability (%s)', async (mask) => {
    // Values that are unit vectors: what attention reads is its probabilities.
    const unit = matrix(2 * LENGTH, DIM);
    for (let row = 0; row < unit.rows; row++) unit.data[row * DIM + (row % LENGTH)] = 1;
    const { geometry, q, k } = ONE;
    const of = (x: Matrix, heads: number) => splitHeads(upload(gpu, x), geometry, { first: 0, heads, dim: DIM });
    const inputs = { q: of(q, 2), k: of(k, 1), v: of(unit, 1) };
    const options = { ...ONE.options, mask };
    const plain = await attend(inputs, geometry, options, true).y.read();
    const { centred } = centre(inputs.k, { length: LENGTH, pitch: 16 });
    const smooth = await attend({ ...inputs, k: centred }, geometry, options, true).y.read();
    expect(Math.max(...plain.map((value, i) => Math.abs(value - smooth[i])))).toBeLessThan(1e-6);
    expect(smooth).not.toEqual(plain);
  });

  it('takes the error of a channel that stands out with it', async () => {
    const plain = await attended(gpu, null, {}, BIASED).read();
    const error = async (smoothKeys: boolean) => {
      const given = { smoothKeys, smoothQueries: false, values: 'full', groups: 'token' };
      return relativeDifference(await attended(gpu, 'sage', given, BIASED).read(), plain);
    };
    expect(await error(true)).toBeLessThan((await error(false)) / 3);
  });

  it('of queries adds back what it takes: nearly nothing is lost with many bits', async () => {
    const plain = await attended(gpu, null, {}, BIASED).read();
    for (const smoothQueries of [true, false]) {
      const given = { bits: 16, smoothQueries, values: 'full' };
      expect(relativeDifference(await attended(gpu, 'sage', given, BIASED).read(), plain)).toBeLessThan(1e-3);
    }
  });
});

describe('groups', () => {
  it('are those of threads: the twin’s, head by head', async () => {
    const rounded = (x: Matrix, cells: Cells) => {
      const format: ActivationFormat = { code: { kind: 'symmetric', bits: 4 }, cells, rounding: 'away' };
      const y = matrix(x.rows, x.cols);
      for (let first = 0; first < x.cols; first += DIM) {
        const at = (i: number) => Math.floor(i / DIM) * x.cols + first + (i % DIM);
        const head = matrix(x.rows, DIM);
        head.data.forEach((_, i) => (head.data[i] = x.data[at(i)]));
        fakeQuantize(head, format, { windows: { length: LENGTH } }).data.forEach((v, i) => (y.data[at(i)] = v));
      }
      return y;
    };
    const given = { smoothKeys: false, smoothQueries: false, values: 'full' };
    const q = rounded(ONE.q, { per: 'block', tokens: 128, columns: DIM, turns: { of: 8, width: 1 } });
    const k = rounded(ONE.k, { per: 'block', tokens: 64, columns: DIM, turns: { of: 8, width: 2 } });
    await expectClose(attended(gpu, 'sage', given, ONE), attention(q, k, ONE.v, LENGTH, ONE.options), 1e-4);
    // Of 13 tokens the queries 0 and 8 share a range and 1 does not: a large query 8 costs query 0 its bits, and query 1 none.
    const large = matrix(
      ONE.q.rows,
      ONE.q.cols,
      ONE.q.data.map((v, i) => (Math.floor(i / ONE.q.cols) === 8 ? 50 * v : v)),
    );
    const rows = async (queries: Matrix) => {
      const y = await attended(gpu, 'sage', given, {
        ...ONE,
        q: queries,
        options: { ...ONE.options, mask: 'full' },
      }).read();
      return [0, 1].map((t) => [...y.subarray(t * 2 * DIM, (t + 1) * 2 * DIM)]);
    };
    const [before, after] = [await rows(ONE.q), await rows(large)];
    expect(after[0]).not.toEqual(before[0]);
    expect(after[1]).toEqual(before[1]);
  });
});

describe('rows with SageAttention2', () => {
  const rows = [
    { bits: 16, values: 'full' },
    { bits: 8 },
    { bits: 4 },
    { bits: 4, groups: 'block', smoothKeys: false, smoothQueries: false },
    { bits: 4, groups: 'token', values: 'full' },
  ];

  it.each([...TEXT, ...IMAGES])('run on %s', async (name) => {
    const distance = await distances(gpu, name, 'sage', rows);
    expect(distance[0]).toBeLessThan(1e-6);
    expect(distance[2]).toBeGreaterThan(0);
  });

  it('are refused without attention', async () => {
    const facts = factsOf(openNetwork(await checkpointOf('vim')));
    expect(sageFace.refuses?.(facts, optionsOf('sage', {}))).toMatch(/no attention/);
  });
});
