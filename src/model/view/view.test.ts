/** Views keep the function: bit for bit where they only flip signs, to the rounding of float32 where they rotate. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { hadamardFactors } from '../../numerics/hadamard';
import { meanKeepingOrthogonal, randomOrthogonal, randomSigns } from '../../numerics/orthogonal';
import { transpose } from '../../numerics/matrix';
import { openModel, openNetwork, type AnyNetwork, type Model } from '../architecture';
import { LanguageModel } from '../forward';
import { FIXTURES, loadFixture } from '../testing/fixtures';
import { loadVisionFixture } from '../testing/vision-fixtures';
import type { Classifier, DiffusionNetwork } from '../vision/image-model';
import { Denoiser, ImageClassifier } from '../vision/image-network';
import { fuseNorms } from './fuse-norms';
import { dense, scaling, signedHadamard, type VectorMap } from './maps';
import { diagonalPairs, divided, type DiagonalPair } from './pairs';
import { residualOf, type ResidualStream } from './residual';
import { rotateResidual, rotateValues, UNTIED_HEAD, untied } from './rotate';
import { changed, plainView, type NetworkView } from './view';

const gpu = await testGpu();

interface Case {
  readonly view: NetworkView;
  logits(view: NetworkView): Promise<Float32Array>;
}

const CASES: Readonly<Record<string, () => Promise<Case>>> = {
  ...Object.fromEntries(
    FIXTURES.map((name) => [
      name,
      async () => {
        const { source, ids, geometry } = await loadFixture(name);
        return {
          view: plainView(openModel(source), source),
          async logits({ network, source: own }: NetworkView) {
            const model = await LanguageModel.load(gpu, own, network as ReturnType<typeof openModel>);
            const logits = await model.logits(ids, geometry);
            const values = await logits.read();
            logits.release();
            model.release();
            return values;
          },
        };
      },
    ]),
  ),
  ...Object.fromEntries(
    (['vit', 'vim'] as const).map((name) => [
      name,
      async () => {
        const { source, images } = await loadVisionFixture(name);
        return {
          view: plainView(openNetwork(source), source),
          async logits({ network, source: own }: NetworkView) {
            const model = await ImageClassifier.load(gpu, own, network as Classifier);
            const { logits } = await model.classify(Float32Array.from(images.data));
            model.release();
            return logits;
          },
        };
      },
    ]),
  ),
};

const DIT = {
  dit: async (): Promise<Case> => {
    const { source, images, facts } = await loadVisionFixture('dit');
    const conditions = { times: facts.get('t') as number[], labels: facts.get('y') as number[] };
    return {
      view: plainView(openNetwork(source), source),
      async logits({ network, source: own }) {
        const model = await Denoiser.load(gpu, own, network as DiffusionNetwork);
        const { noise } = await model.predict(Float32Array.from(images.data), conditions);
        model.release();
        return noise;
      },
    };
  },
};

function streamOf(network: AnyNetwork): ResidualStream {
  const stream = residualOf(network);
  if ('refusal' in stream) throw new Error(stream.refusal);
  return stream;
}

/** A view whose stream may be rotated: its head is its own, its norms have no gains. */
async function ready(view: NetworkView): Promise<NetworkView> {
  const own = untied(view);
  return changed(own, await fuseNorms(own, streamOf(own.network)));
}

const hasMeans = (network: AnyNetwork) => streamOf(network).norms.some(({ norm }) => norm.bias !== null);

/** A rotation that the network's norms allow, the fast one where there is one. */
function rotation(network: AnyNetwork, seed: number): VectorMap {
  if (hasMeans(network)) return dense(meanKeepingOrthogonal(network.hidden, seed));
  const factors = hadamardFactors(network.hidden);
  return factors
    ? signedHadamard(randomSigns(network.hidden, seed), factors)
    : dense(randomOrthogonal(network.hidden, seed));
}

function farthest(a: Float32Array, b: Float32Array): number {
  const size = Math.max(...b.map(Math.abs));
  return a.reduce((most, value, i) => Math.max(most, Math.abs(value - b[i])), 0) / size;
}

describe.each(Object.keys(CASES))('views of %s', async (name) => {
  const { view, logits } = await CASES[name]();
  const before = await logits(view);

  it('keep every bit where signs of heads’ values are flipped', async () => {
    const flipped = changed(
      view,
      rotateValues(view.network.blocks, (dim) => scaling(randomSigns(dim, 3)), 'signs'),
    );
    expect(await logits(flipped)).toEqual(before);
  });

  it('keep every bit where signs of the stream are flipped, unless its norms take means out', async () => {
    const base = untied(view);
    if (hasMeans(base.network)) return;
    const signs = scaling(randomSigns(base.network.hidden, 4));
    const flipped = changed(base, rotateResidual(streamOf(base.network), signs, 'signs'));
    expect(await logits(flipped)).toEqual(before);
  });

  it('change nothing but roundings where norms are fused, the stream and the heads are rotated', async () => {
    const fused = await ready(view);
    expect(farthest(await logits(fused), before)).toBeLessThan(1e-5);
    const turned = changed(fused, rotateResidual(streamOf(fused.network), rotation(fused.network, 5), 'turned'));
    expect(farthest(await logits(turned), before)).toBeLessThan(1e-5);
    const heads = changed(
      turned,
      rotateValues(turned.network.blocks, (dim) => dense(randomOrthogonal(dim, 6)), 'heads turned'),
    );
    expect(farthest(await logits(heads), before)).toBeLessThan(1e-5);
    // It is another network all the same.
    const { weight } = view.network.blocks[0].stages[0].linears[0];
    expect(farthest(await heads.source.read(weight), await view.source.read(weight))).toBeGreaterThan(0.01);
  });

  it('can be taken back: a rotation and its transpose are nothing', async () => {
    const fused = await ready(view);
    const q = randomOrthogonal(fused.network.hidden, 7);
    const stream = streamOf(fused.network);
    const there = changed(fused, rotateResidual(stream, dense(q), 'there'));
    const back = changed(there, rotateResidual(stream, dense(transpose(q)), 'back'));
    for (const { tensor } of [...stream.writers, ...stream.norms.flatMap(({ readers }) => readers)]) {
      expect(farthest(await back.source.read(tensor), await fused.source.read(tensor)), tensor).toBeLessThan(1e-7);
    }
  });

  it('read ranges of tensors as they read the whole', async () => {
    const fused = await ready(view);
    const turned = changed(fused, rotateResidual(streamOf(fused.network), rotation(fused.network, 8), 'turned'));
    const random = new Random(9);
    for (const tensor of turned.source.tensors.keys()) {
      const whole = await turned.source.read(tensor);
      const first = random.integer(whole.length);
      const last = first + 1 + random.integer(whole.length - first);
      expect(await turned.source.readRange(tensor, first, last), tensor).toEqual(whole.slice(first, last));
    }
  });
});

/** Positive scales for each pair. */
function scalesOf(pairs: readonly DiagonalPair[], scale: (random: Random) => number): Map<string, Float64Array> {
  const random = new Random(11);
  return new Map(pairs.map(({ id, width }) => [id, Float64Array.from({ length: width }, () => scale(random))]));
}

describe.each(Object.entries({ ...CASES, ...DIT }))('diagonal pairs of %s', async (name, open) => {
  const { view, logits } = await open();
  const before = await logits(view);
  const pairs = diagonalPairs(view.network);

  it('are named once each, and stand in the order of the stages', () => {
    expect(new Set(pairs.map(({ id }) => id)).size).toBe(pairs.length);
    const kinds = pairs.filter(({ block }) => block === 0).map(({ id }) => id.replace(/^.*: /, ''));
    const expected = {
      gpt2: ['norm → qkv', 'v → o', 'norm → fc'],
      vit: ['norm → qkv', 'v → o', 'norm → fc'],
      vim: ['norm → in'],
      dit: ['modulation → qkv', 'v → o', 'modulation → fc'],
    }[name];
    expect(kinds).toEqual(expected ?? ['norm → k, v, q', 'v → o', 'norm → up, gate', 'up → down']);
  });

  it('change nothing but roundings, whatever the scales', async () => {
    const own = changed(
      view,
      divided(
        pairs,
        scalesOf(pairs, (random) => Math.exp(random.normal())),
        'scaled',
      ),
    );
    expect(farthest(await logits(own), before)).toBeLessThan(1e-5);
  });

  it('keep every bit where scales are powers of two, unless a 1 is added to what is scaled', async () => {
    const power = (random: Random) => 2 ** (random.integer(7) - 3);
    const own = changed(view, divided(pairs, scalesOf(pairs, power), 'powers'));
    const after = await logits(own);
    if (name === 'dit') expect(farthest(after, before)).toBeLessThan(1e-5);
    else expect(after).toEqual(before);
  });
});

describe('a view', () => {
  it('has a key of all its changes, in their order', async () => {
    const { source } = await loadFixture('qwen2');
    const plain = plainView(openModel(source), source);
    expect(plain.key).toBe('');
    const once = changed(plain, { key: 'a', edits: new Map() });
    expect(changed(once, { key: 'b', edits: new Map() }).key).toBe('a · b');
  });

  it('of a tied head has one more tensor, and its embedding is not the head any more', async () => {
    for (const name of FIXTURES) {
      const { source } = await loadFixture(name);
      const model = openModel(source);
      const plain: NetworkView = plainView(model, source);
      const view = untied(plain);
      expect(view === plain).toBe(model.ends.head !== model.ends.embedding);
      if (view === plain) continue;
      expect(view.network.ends).toMatchObject({ head: UNTIED_HEAD, embedding: model.ends.embedding });
      expect(view.source.tensors.get(UNTIED_HEAD)?.shape).toEqual(source.tensors.get(model.ends.embedding)?.shape);
      expect(await view.source.read(UNTIED_HEAD)).toEqual(await source.read(model.ends.embedding));
    }
  });

  it('of a LayerNorm with a gain of 0 is refused, with its channel', async () => {
    const { source } = await loadFixture('gpt2');
    const name = openModel(source).ends.norm.weight;
    const gain = source.tensors.get(name);
    if (gain) gain.values[5] = 0;
    const view = plainView(openModel(source), source);
    const own = untied(view);
    await expect(fuseNorms(own, streamOf(own.network))).rejects.toMatchObject({ code: 'QS-RECIPE-01' });
    await expect(fuseNorms(own, streamOf(own.network))).rejects.toThrow(/gain of 0 at channel 5/);
  });

  it.each([0, 1e-30, 1e-3])(
    'of LayerNorms with a gain of %f has their biases in the layers behind them',
    async (gain) => {
      const { source, ids, geometry } = await loadFixture('gpt2');
      const { norm, readers } = streamOf(untied(plainView(openModel(source), source)).network).norms[0];
      const change = source.tensors.get(norm.weight);
      if (change) change.values[5] = gain;
      const logits = async ({ network, source: own }: NetworkView) => {
        const model = await LanguageModel.load(gpu, own, network as Model);
        const values = await model.logits(ids, geometry);
        const found = await values.read();
        values.release();
        model.release();
        return found;
      };
      const view: NetworkView = plainView(openModel(source), source);
      const fused = await ready(view);
      const turned = changed(fused, rotateResidual(streamOf(fused.network), rotation(fused.network, 5), 'turned'));
      expect(farthest(await logits(turned), await logits(view))).toBeLessThan(1e-5);
      expect(await fused.source.read(norm.bias as string)).toEqual(new Float32Array(norm.bias === null ? 0 : 20));
      // By hand: b + W·β, of weights that lie as inputs × outputs.
      const [w, beta, before, after] = await Promise.all([
        source.read(readers[0].tensor),
        source.read(norm.bias as string),
        source.read(readers[0].bias as string),
        fused.source.read(readers[0].bias as string),
      ]);
      after.forEach((value, r) => {
        const wanted = beta.reduce((sum, b, j) => sum + b * w[j * after.length + r], before[r]);
        expect(value).toBeCloseTo(wanted, 5);
      });
    },
  );

  it('of a last norm without a bias behind it is refused where its own would dwarf its gain', async () => {
    const { source } = await loadFixture('gpt2');
    const { weight, bias } = openModel(source).ends.norm;
    const [gains, biases] = [weight, bias as string].map((name) => source.tensors.get(name)?.values ?? []);
    [gains[5], biases[5]] = [1e-6, 0.25];
    const own = untied(plainView(openModel(source), source));
    await expect(fuseNorms(own, streamOf(own.network))).rejects.toThrow(
      /gain of .*e-7 at channel 5, and its bias of 0.25/,
    );
    // Nothing is left to divide.
    [gains[5], biases[5]] = [0, 0];
    const fused = changed(own, await fuseNorms(own, streamOf(own.network)));
    expect((await fused.source.read(bias as string))[5]).toBe(0);
  });

  it('of a DiT has no rotation of the stream, and says why', async () => {
    const { source } = await loadVisionFixture('dit');
    expect(residualOf(openNetwork(source))).toMatchObject({ refusal: expect.stringMatching(/adaLN/) as unknown });
  });
});
