/** ResNets: opened by their names, run stage by stage beside a float64 pass of their own, and what is refused. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../base/random';
import { testGpu } from '../../gpu/testing/gpus';
import { fixedLinear } from '../../gradient/linear';
import { meanSquare } from '../../gradient/loss';
import { Parameter, Tape } from '../../gradient/tape';
import { matrix, type Matrix } from '../../tensor/reference/matrix';
import { Tensor } from '../../tensor/tensor';
import { expectClose, randomMatrix, relativeDifference, upload } from '../../tensor/testing';
import { openNetwork, readsText } from '../architecture';
import { loadLinear, uploadLinear } from '../linear';
import { linearsIn } from '../linears';
import { loadStagedBlock } from '../load-block';
import type { Linear } from '../model';
import { runStaged } from '../staged-block';
import { altered, memoryWeights, withTensor, type MemorySource } from '../testing/fixtures';
import { CLASSES, forwardResNet, TINY_RESNETS, tinyResNet, type Traces } from '../testing/resnet';
import { PatchEmbedder } from './image-ends';
import type { Classifier } from './image-model';
import { ImageClassifier } from './image-network';

const IMAGES = 3;

function open(source: MemorySource): Classifier {
  const network = openNetwork(source);
  if (readsText(network) || network.task !== 'classification') throw new Error('no classifier');
  return network;
}

function example(name: string) {
  const tiny = TINY_RESNETS[name];
  const source = tinyResNet(tiny);
  const length = 3 * tiny.size ** 2;
  const pixels = new Random(5).normals(IMAGES * length);
  const traces = Array.from({ length: IMAGES }, (_, i) => {
    return forwardResNet(source, pixels.subarray(i * length, (i + 1) * length), tiny.size);
  });
  return { tiny, source, pixels, traces, model: open(source) };
}

/** All images' trace of a module, pixels × channels. */
function pixelsOf(traces: readonly Traces[], name: string): Matrix {
  const images = traces.map((own) => {
    const image = own.get(name);
    if (!image) throw new Error(`no trace of ${name}`);
    return image;
  });
  const [{ channels, size }] = images;
  const area = size ** 2;
  const all = matrix(images.length * area, channels);
  images.forEach(({ data }, n) => {
    for (let p = 0; p < area; p++) {
      for (let c = 0; c < channels; c++) all.data[(n * area + p) * channels + c] = data[c * area + p];
    }
  });
  return all;
}

describe.each(Object.keys(TINY_RESNETS))('a tiny ResNet, %s', async (name) => {
  const gpu = await testGpu();
  const { tiny, source, pixels, traces, model } = example(name);
  const g = { windows: IMAGES, length: model.tokens };

  it('is known by its tensors, one convolution a stage', () => {
    expect([model.title, model.classes, model.image.size]).toEqual(['ResNet', CLASSES, tiny.size]);
    const weights = linearsIn(model).map(({ weight }) => weight);
    const files = [...source.tensors].filter(([, { shape }]) => shape.length === 4).map(([tensor]) => tensor);
    expect([...weights].sort()).toEqual(files.sort());
    expect(model.blocks.every(({ stages }) => stages.every(({ linears }) => linears.length === 1))).toBe(true);
    expect(model.blocks).toHaveLength(1 + tiny.depth * tiny.widths.length);
    const total = [...source.tensors.values()].reduce(
      (sum, { dtype, values }) => sum + (dtype === 'F32' ? values.length : 0),
      0,
    );
    expect(model.parameters).toBe(total);
  });

  it('agrees with float64 stage by stage, and gives every buffer back', async () => {
    const before = gpu.buffers.bytesInUse;
    const embedder = await PatchEmbedder.load(gpu, source, model);
    let hidden = embedder.embed(pixels);
    embedder.release();
    for (const block of model.blocks) {
      const staged = await loadStagedBlock(gpu, source, block);
      const tape = new Tape(gpu, { recording: false });
      let state = staged.begin(tape, tape.constant(hidden), null, g);
      for (const [stage, { linears }] of block.stages.entries()) {
        const [linear] = linears;
        const weight = await uploadLinear(gpu, source, linear);
        if (!state.tap) throw new Error('no tap');
        const y = fixedLinear(tape, state.tap, weight, staged.bias(linear));
        await expectClose(y.value, pixelsOf(traces, linear.name), 1e-5);
        state = staged.advance(tape, stage, state, [y], g);
        weight.release();
      }
      expect(state.tap).toBeNull();
      await expectClose(state.residual.value, pixelsOf(traces, block.name === 'conv1' ? 'stem' : block.name), 1e-5);
      const next = state.residual.value.clone();
      tape.release();
      staged.release();
      hidden.release();
      hidden = next;
    }
    hidden.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('comes to the same features and logits as a whole', async () => {
    const before = gpu.buffers.bytesInUse;
    const network = await ImageClassifier.load(gpu, source, model);
    const { features, logits } = await network.classify(pixels);
    network.release();
    expect(relativeDifference(features, pixelsOf(traces, 'features').data)).toBeLessThan(1e-5);
    expect(relativeDifference(logits, pixelsOf(traces, 'logits').data)).toBeLessThan(1e-5);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('goes back through a block to its weights', async () => {
    const block = model.blocks[model.blocks.length - 1 - (tiny.depth - 1)];
    const [linear] = block.stages[0].linears;
    const [height, channels] = [block.plan.kind === 'convolution' ? block.plan.windows[0].height : 0, inputsOf(linear)];
    const input = randomMatrix(IMAGES * height ** 2, channels, 3);
    const staged = await loadStagedBlock(gpu, source, block);
    const values = new Map<string, Float32Array>();
    for (const each of linearsIn({ blocks: [block] })) values.set(each.name, await loadLinear(source, each));
    const lossOf = async (change: (weights: Map<string, Float32Array>) => void, wanted: boolean) => {
      const own = new Map([...values].map(([key, w]) => [key, Float32Array.from(w)]));
      change(own);
      const parameters = new Map(
        linearsIn({ blocks: [block] }).map((each) => [
          each.name,
          new Parameter(Tensor.from(gpu, each.rows, each.cols, own.get(each.name) ?? [])),
        ]),
      );
      const tape = new Tape(gpu);
      const hidden = tape.keep(upload(gpu, input));
      const weight = ({ name: key }: Linear) => parameters.get(key) as Parameter;
      const y = runStaged(tape, staged, tape.constant(hidden), null, g, { weight });
      const target = tape.keep(upload(gpu, randomMatrix(y.value.rows, y.value.cols, 9)));
      const loss = meanSquare(tape, y, target);
      const [value] = await loss.value.read();
      if (wanted) tape.backward(loss);
      const grad = wanted ? ((await parameters.get(linear.name)?.grad?.read()) ?? null) : null;
      tape.release();
      for (const parameter of parameters.values()) {
        parameter.clearGrad();
        parameter.value.release();
      }
      return { value, grad };
    };
    const before = gpu.buffers.bytesInUse;
    const { grad } = await lossOf(() => undefined, true);
    if (!grad) throw new Error('no gradient');
    // Along the gradient itself, far enough for f32 to see it.
    const norm = Math.sqrt(grad.reduce((sum, d) => sum + d * d, 0));
    const step = 2e-3;
    const along = (sign: number) =>
      lossOf(
        (weights) => weights.get(linear.name)?.forEach((w, i, all) => (all[i] = w + (sign * step * grad[i]) / norm)),
        false,
      );
    const slope = ((await along(1)).value - (await along(-1)).value) / (2 * step);
    expect(slope / norm).toBeGreaterThan(0.97);
    expect(slope / norm).toBeLessThan(1.03);
    expect(gpu.buffers.bytesInUse).toBe(before);
    staged.release();
  });

  it('uploads a weight in tiles to the same bits', async () => {
    const linear = linearsIn(model)[2];
    const whole = await loadLinear(source, linear);
    const weight = await uploadLinear(gpu, source, linear, { tileBytes: linear.cols * 4 * 2 });
    expect(await weight.read()).toEqual(whole);
    weight.release();
  });
});

function inputsOf({ convolution }: Linear): number {
  return convolution?.channels ?? NaN;
}

describe('opening a ResNet', () => {
  const source = tinyResNet(TINY_RESNETS.basic);
  const without = (from: MemorySource, ...names: RegExp[]): MemorySource =>
    memoryWeights(from.config, new Map([...from.tensors].filter(([name]) => !names.some((each) => each.test(name)))));
  const bare = (from: MemorySource): MemorySource => ({ ...from, config: null as unknown as Record<string, unknown> });

  it('takes the size that a stem is made for where nothing says it, and tells', () => {
    const [large, small] = [source, tinyResNet(TINY_RESNETS.small)].map((from) => open(bare(from)));
    expect([large.image.size, small.image.size]).toEqual([224, 32]);
    expect(large.notes.join(' ')).toContain('224 × 224 is taken');
    expect(open(source).notes.join(' ')).not.toContain('is taken, as this stem');
  });

  it('tells option A, identities and convolutions apart', () => {
    const shortcuts = (from: MemorySource) =>
      open(from).blocks.map(({ plan }) => (plan.kind === 'convolution' ? plan.shortcut : plan.kind));
    expect(shortcuts(source)).toEqual(['none', 'identity', 'identity', 'convolution', 'identity']);
    expect(shortcuts(tinyResNet(TINY_RESNETS.small))).toEqual([
      ...['none', 'identity', 'identity', 'subsample', 'identity', 'subsample', 'identity'],
    ]);
    const renamed = memoryWeights(
      source.config,
      new Map([...source.tensors].map(([name, tensor]) => [name.replace('downsample', 'shortcut'), tensor])),
    );
    expect(shortcuts(renamed)).toEqual(shortcuts(source));
  });

  it('needs no head', () => {
    const model = open(without(source, /^fc\./));
    expect([model.classes, model.ends.head]).toEqual([0, null]);
  });

  it.each([
    ['a shortcut that is missing', without(source, /downsample/), 'QS-FILE-07', 'downsample.0.weight'],
    ['a batch norm that is missing', without(source, /layer1\.0\.bn1\.running_var/), 'QS-FILE-07', 'running_var'],
    ['a tensor more', withTensor(source, 'layer1.0.se.fc1.weight', [2, 6], 'F32'), 'QS-FILE-07', 'se.fc1'],
    ['grouped convolutions', withShape(source, 'layer1.0.conv2.weight', [6, 3, 3, 3]), 'QS-FILE-02', 'grouped'],
    ['another stem', withShape(source, 'conv1.weight', [6, 3, 5, 5]), 'QS-FILE-02', '5 × 5'],
    ['another kernel', withShape(source, 'layer1.1.conv1.weight', [6, 6, 5, 5]), 'QS-FILE-07', '6 × 6 × 3 × 3'],
    [
      'an odd difference of channels',
      without(tinyResNet({ ...TINY_RESNETS.small, widths: [5, 8] })),
      'QS-FILE-04',
      '8 channels do not hold 5',
    ],
  ])('refuses %s', (_, from, code, words) => {
    expect(() => open(from)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) as string }) as Error,
    );
  });

  it('takes no bad batch norm', async () => {
    const spoiled = (tensor: string, value: number) => {
      const own = new Map(source.tensors);
      const found = source.tensors.get(tensor);
      if (!found) throw new Error(tensor);
      const values = Float32Array.from(found.values);
      values[2] = value;
      own.set(tensor, { ...found, values });
      return memoryWeights(source.config, own);
    };
    const [, linear] = linearsIn(open(source));
    expect(linear.name).toBe('layer1.0.conv1');
    const load = (tensor: string, value: number) => loadLinear(spoiled(`layer1.0.bn1.${tensor}`, value), linear);
    await expect(load('running_var', -0.5)).rejects.toMatchObject({
      code: 'QS-FILE-07',
      message: expect.stringContaining('"layer1.0.bn1" has a running variance of -0.5 in channel 2') as string,
    });
    await expect(load('weight', 0)).rejects.toMatchObject({
      code: 'QS-FILE-07',
      message: expect.stringContaining('a weight of 0 in channel 2') as string,
    });
    await expect(load('running_mean', NaN)).rejects.toMatchObject({ code: 'QS-FILE-07' });
    await expect(load('weight', 1e-30)).resolves.toBeDefined();
  });

  it('is opened no less where config.json is read twice', () => {
    expect(altered(source, { input_size: 24 }).config.input_size).toBe(24);
    expect(open(altered(source, { input_size: 24 })).image.size).toBe(24);
  });
});

function withShape(source: MemorySource, name: string, shape: readonly number[]): MemorySource {
  const values = new Float32Array(shape.reduce((a, b) => a * b, 1));
  return memoryWeights(source.config, new Map([...source.tensors, [name, { shape, dtype: 'F32', values }]]));
}
