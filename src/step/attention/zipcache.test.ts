/** ZipCache: by its twins, by hand, and in rows through whole runs. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { openNetwork } from '../../model/architecture';
import { leastSalient, normalizedAttention, probeQueries } from '../../numerics/token-weights';
import type { ActivationFormat } from '../../tensor/activation-format';
import { receivedAttention } from '../../tensor/reference/attend-cache';
import { attention } from '../../tensor/reference/attention';
import { fakeQuantize } from '../../tensor/reference/fake-quant';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import { expectClose, randomMatrix } from '../../tensor/testing';
import { factsOf } from '../facts-of';
import { attended, checkpointOf, distances, IMAGES, optionsOf, TEXT, type Heads } from './testing';
import { zipcache } from './zipcache';
import { zipcacheFace } from './zipcache.face';

const gpu = await testGpu();

const [LENGTH, DIM] = [21, 8];
const ONE: Heads = {
  geometry: { windows: 2, length: LENGTH },
  options: { heads: 4, keyHeads: 2, mask: 'causal' },
  q: randomMatrix(2 * LENGTH, 4 * DIM, 1),
  k: randomMatrix(2 * LENGTH, 2 * DIM, 2),
  v: randomMatrix(2 * LENGTH, 2 * DIM, 3),
};

/** Keys and values of every window and head as ZipCache has them, one after the other. */
function twin({ q, k, v, options }: Heads, share: number): { k: Matrix; v: Matrix } {
  const probes = probeQueries(LENGTH, new Random(0));
  const received = receivedAttention(q, k, LENGTH, options, probes);
  const made = { k: matrix(k.rows, k.cols), v: matrix(v.rows, v.cols) };
  for (let window = 0; window < 2; window++) {
    for (let head = 0; head < 2; head++) {
      const row = received.data.subarray((window * 2 + head) * LENGTH, (window * 2 + head + 1) * LENGTH);
      const low = leastSalient(normalizedAttention(row, 'probes', probes), share);
      const at = (t: number, c: number) => (window * LENGTH + t) * k.cols + head * DIM + c;
      const own = (x: Matrix) =>
        matrix(
          LENGTH,
          DIM,
          Float64Array.from({ length: LENGTH * DIM }, (_, i) => x.data[at(Math.floor(i / DIM), i % DIM)]),
        );
      const both = (x: Matrix, cells: ActivationFormat['cells']) =>
        [4, 2].reduce((y, bits, i) => {
          const keptRows = Float64Array.from(low, (mark) => (i === 0 ? mark : 1 - mark));
          return fakeQuantize(y, { code: { kind: 'float offset', bits }, cells }, { dress: { keptRows } });
        }, x);
      const values = own(v);
      const factors = Array.from({ length: DIM }, (_, c) =>
        Math.sqrt(Math.max(...Array.from({ length: LENGTH }, (__, t) => Math.abs(values.data[t * DIM + c])))),
      );
      const small = both(
        matrix(
          LENGTH,
          DIM,
          values.data.map((value, i) => value / factors[i % DIM]),
        ),
        { per: 'token' },
      );
      const keys = both(own(k), { per: 'column' });
      for (let i = 0; i < LENGTH * DIM; i++) {
        const to = at(Math.floor(i / DIM), i % DIM);
        made.k.data[to] = keys.data[i];
        made.v.data[to] = small.data[i] * factors[i % DIM];
      }
    }
  }
  return made;
}

describe('tokens of two classes', () => {
  it.each([0, 0.4, 1])('are the twin’s with a share of %f', async (share) => {
    const { k, v } = twin(ONE, share);
    await expectClose(attended(gpu, 'zipcache', { share }, ONE), attention(ONE.q, k, v, LENGTH, ONE.options), 1e-4);
  });

  it('are one with a share of 0: the bits of the rest say nothing', async () => {
    const of = (lowBits: number) => attended(gpu, 'zipcache', { share: 0, lowBits }, ONE).read();
    expect(await of(2)).toEqual(await of(7));
  });
});

describe('rows with ZipCache', () => {
  const rows = [
    { bits: 16, lowBits: 16 },
    { bits: 4, lowBits: 2 },
    { bits: 4, lowBits: 4, share: 0 },
  ];

  it.each([...TEXT, ...IMAGES])('run on %s', async (name) => {
    const distance = await distances(gpu, name, 'zipcache', rows);
    expect(distance[0]).toBeLessThan(1e-6);
    expect(distance[1]).toBeGreaterThan(distance[2]);
  });

  it('are refused without attention, and count their bits by hand', async () => {
    const facts = factsOf(openNetwork(await checkpointOf('vim')));
    expect(zipcacheFace.refuses?.(facts, optionsOf('zipcache', {}))).toMatch(/no attention/);
    const network = { hidden: 64, blocks: [{ plan: { kind: 'transformer', attention: { dim: 32, causal: true } } }] };
    const bits = zipcache.cacheBits(network as never, optionsOf('zipcache', {}), 100);
    // 40 of 100 tokens have 2 bits; two classes' pairs a channel of keys; a pair a token of values, and a factor a channel.
    expect(bits?.key).toBeCloseTo(3.2 + 1 / 64 + 64 / 100, 12);
    expect(bits?.value).toBeCloseTo(3.2 + 1 / 64 + 1 + 16 / 100, 12);
    expect(zipcache.cacheBits(openNetwork(await checkpointOf('vit')), optionsOf('zipcache', {}), 16)).toBeNull();
  });
});
