import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { meanSquare } from '../../gradient/loss';
import { Parameter, Tape } from '../../gradient/tape';
import type { Matrix } from '../../tensor/reference/matrix';
import { Tensor } from '../../tensor/tensor';
import { expectClose, randomMatrix, relativeDifference, upload } from '../../tensor/testing';
import { openNetwork, readsText } from '../architecture';
import { contextOn, releaseContext, type Context } from '../context';
import { loadLinear } from '../linear';
import { loadStagedBlock } from '../load-block';
import type { Block, Linear } from '../model';
import { runStaged } from '../staged-block';
import { loadVisionFixture, VISION_FIXTURES, type VisionFixture } from '../testing/vision-fixtures';
import { altered, withTensor } from '../testing/fixtures';
import { DiffusionEnd } from './diffusion-end';
import { PatchEmbedder } from './image-ends';
import { Denoiser, ImageClassifier } from './image-network';
import type { ImageModel } from './image-model';
import { guide } from './diffusion';

function openImages(source: VisionFixture['source']): ImageModel {
  const network = openNetwork(source);
  if (readsText(network)) throw new Error('the fixture is a language model');
  return network;
}

const linearsOf = (block: Block) => block.stages.flatMap(({ linears }) => linears);

describe('networks on images', async () => {
  const gpu = await testGpu();
  const fixtures = new Map(
    await Promise.all(VISION_FIXTURES.map(async (name) => [name, await loadVisionFixture(name)] as const)),
  );

  async function contextOf(model: ImageModel, { source, facts }: VisionFixture): Promise<Context | null> {
    if (model.task !== 'diffusion') return null;
    const end = await DiffusionEnd.load(gpu, source, model);
    const context = end.context({ times: facts.get('t') as number[], labels: facts.get('y') as number[] });
    end.release();
    return context;
  }

  describe.each(VISION_FIXTURES)('%s', (name) => {
    const fixture = fixtures.get(name) as VisionFixture;
    const { source, images, expected } = fixture;
    const of = (key: string) => expected.get(key) as Matrix;
    const model = openImages(source);
    const g = { windows: images.rows, length: model.tokens };
    const pixels = Float32Array.from(images.data);

    it('agrees with PyTorch block by block, and gives every buffer back', async () => {
      const before = gpu.buffers.bytesInUse;
      const embedder = await PatchEmbedder.load(gpu, source, model);
      let hidden = embedder.embed(pixels);
      embedder.release();
      await expectClose(hidden, of('embedding'), 2e-6);
      const context = await contextOf(model, fixture);
      if (context) await expectClose(context.steer, of('condition'), 2e-6);
      for (const block of model.blocks) {
        const staged = await loadStagedBlock(gpu, source, block);
        const tape = new Tape(gpu, { recording: false });
        const weights = new Map<string, Tensor>();
        for (const linear of linearsOf(block)) {
          weights.set(
            linear.name,
            tape.keep(Tensor.from(gpu, linear.rows, linear.cols, await loadLinear(source, linear))),
          );
        }
        const weight = ({ name }: Linear) => tape.constant(weights.get(name) as Tensor);
        const steer = contextOn(tape, context);
        const next = tape.take(runStaged(tape, staged, tape.constant(hidden), steer, g, { weight }));
        await expectClose(next, of(`block.${block.index}`), 1e-5);
        tape.release();
        staged.release();
        hidden.release();
        hidden = next;
      }
      hidden.release();
      releaseContext(context);
      expect(gpu.buffers.bytesInUse).toBe(before);
    });

    it('agrees with PyTorch at its end', async () => {
      const before = gpu.buffers.bytesInUse;
      if (model.task === 'classification') {
        const network = await ImageClassifier.load(gpu, source, model);
        const { logits } = await network.classify(pixels);
        expect(relativeDifference(logits, of('logits').data)).toBeLessThan(1e-5);
        network.release();
      } else {
        const network = await Denoiser.load(gpu, source, model);
        const { facts } = fixture;
        const ask = (labels: readonly number[]) =>
          network.predict(pixels, { times: facts.get('t') as number[], labels });
        const answer = await ask(facts.get('y') as number[]);
        const length = images.cols;
        const halfOf = (m: Matrix, half: number) =>
          Array.from({ length: m.rows }, (_, r) => [
            ...m.data.subarray((2 * r + half) * length, (2 * r + half + 1) * length),
          ]).flat();
        expect(relativeDifference(answer.noise, halfOf(of('output'), 0))).toBeLessThan(1e-5);
        expect(relativeDifference(answer.variance ?? [], halfOf(of('output'), 1))).toBeLessThan(1e-5);
        const labels = facts.get('guided_y') as number[];
        const [yes, no] = [await ask(labels), await ask(labels.map(() => model.classes))];
        const guided = guide(yes, no, facts.get('guided_scale') as number);
        expect(relativeDifference(guided.noise, halfOf(of('guided'), 0))).toBeLessThan(2e-5);
        network.release();
      }
      expect(gpu.buffers.bytesInUse).toBe(before);
    });

    it('goes back through a whole block: the loss falls as its gradient says', async () => {
      const [block] = model.blocks;
      const staged = await loadStagedBlock(gpu, source, block);
      const context = await contextOf(model, fixture);
      const hidden = upload(gpu, of('embedding'));
      const target = upload(gpu, randomMatrix(hidden.rows, hidden.cols, 3));
      const values = await Promise.all(linearsOf(block).map((linear) => loadLinear(source, linear)));
      const run = (weights: readonly Parameter[]) => {
        const tape = new Tape(gpu);
        const order = linearsOf(block);
        const steer = contextOn(tape, context);
        const y = runStaged(tape, staged, tape.constant(hidden), steer, g, {
          weight: ({ name }) => weights[order.findIndex((linear) => linear.name === name)],
        });
        return { tape, loss: meanSquare(tape, y, target) };
      };
      const parameters = (moved: readonly Float32Array[]) =>
        linearsOf(block).map(({ rows, cols }, i) => new Parameter(Tensor.from(gpu, rows, cols, moved[i])));
      const weights = parameters(values);
      const { tape, loss } = run(weights);
      const [start] = await loss.value.read();
      tape.backward(loss);
      const gradients = await Promise.all(weights.map(({ grad }) => (grad as Tensor).read()));
      tape.release();
      // A small step against the gradient, whose length squared times the step is what the loss should lose.
      const square = gradients.reduce((sum, values) => sum + values.reduce((part, v) => part + v * v, 0), 0);
      const step = (0.003 * start) / square;
      const moved = values.map((w, i) => w.map((value, at) => value - step * gradients[i][at]));
      const after = run(parameters(moved));
      const [end] = await after.loss.value.read();
      after.tape.release();
      expect((start - end) / (step * square)).toBeGreaterThan(0.97);
      expect((start - end) / (step * square)).toBeLessThan(1.03);
    });
  });
});

describe('opening networks on images', async () => {
  const [dit, vit, vim] = await Promise.all(VISION_FIXTURES.map(loadVisionFixture));

  it('knows them by their tensors, with and without a config', () => {
    expect(openNetwork(dit.source)).toMatchObject({ architecture: 'DiT', task: 'diffusion', learnsVariance: true });
    expect(openNetwork(vit.source)).toMatchObject({ architecture: 'VisionTransformer', task: 'classification' });
    expect(openNetwork(vim.source)).toMatchObject({ architecture: 'VisionMamba', task: 'classification' });
    const bare = openNetwork({ ...vim.source, config: null });
    expect(bare).toMatchObject({ architecture: 'VisionMamba', classes: 5, classNames: null });
    expect(bare.blocks).toHaveLength(2);
  });

  it('has the blocks’ linears in the order they run, embedders and heads excluded', () => {
    const stages = (source: VisionFixture['source']) =>
      openNetwork(source).blocks[0].stages.map(({ linears }) => linears.map(({ role }) => role).join());
    expect(stages(dit.source)).toEqual(['modulation', 'qkv', 'o', 'fc', 'down']);
    expect(stages(vit.source)).toEqual(['qkv', 'o', 'fc', 'down']);
    expect(stages(vim.source)).toEqual(['in', 'ssm', 'ssm_back', 'delta', 'delta_back', 'out']);
  });

  it('needs the heads of an unpublished width said', () => {
    expect(() => openNetwork({ ...vit.source, config: null })).toThrow('"num_heads" is missing');
    expect(() => openNetwork(altered(vit.source, { num_heads: 3 }))).toThrow('3 heads do not divide a width of 16');
  });

  it.each([
    [
      'another size',
      () => altered(vit.source, { input_size: 10 }),
      'the image size is 10, and 4 patches of 2 at stride 2 make 8',
    ],
    [
      'another stride',
      () => altered(vim.source, { stride: 1 }),
      'the image size is 4, and 2 patches of 2 at stride 1 make 3',
    ],
    [
      'overlapping patches of DiT',
      () => altered(dit.source, { input_size: undefined, stride: 1 }),
      'that overlap (stride 1)',
    ],
    ['rotary positions', () => altered(vim.source, { if_rope: true }), 'if_rope'],
    ['another activation', () => altered(dit.source, { activation: 'relu' }), 'the activation "relu"'],
    [
      'too many class names',
      () => altered(vit.source, { class_names: ['a'] }),
      'there are 1 class names for 5 classes',
    ],
    ['a cosine schedule', () => altered(dit.source, { diffusion: { schedule: 'cosine' } }), 'noise schedule "cosine"'],
    ['a leftover', () => withTensor(vit.source, 'blocks.0.ls1.gamma', [16]), 'blocks.0.ls1.gamma'],
  ] as const)('refuses %s', (_, source, sentence) => {
    expect(() => openNetwork(source())).toThrow(sentence);
  });
});
