import { describe, expect, it } from 'vitest';
import { testGpu } from '../../../gpu/testing/gpus';
import { linear as applyLinear } from '../../../gradient/linear';
import { Parameter, Tape, type Variable } from '../../../gradient/tape';
import type { Matrix } from '../../../tensor/reference/matrix';
import { Tensor } from '../../../tensor/tensor';
import { expectClose, randomMatrix, relativeDifference, upload } from '../../../tensor/testing';
import { openNetwork } from '../../architecture';
import { contextOn, releaseContext, type Context } from '../../context';
import { loadLinear } from '../../linear';
import { loadStagedBlock } from '../../load-block';
import { isOfUNet, type Block, type UNetPlan } from '../../model';
import { enterBlock, leaveBlock } from '../../skips';
import { runStaged } from '../../staged-block';
import { loadVisionFixture, UNET_FIXTURES, type VisionFixture } from '../../testing/vision-fixtures';
import { withCaptions } from './captions';
import { DiffusionEnd } from '../diffusion-end';
import type { UNet } from '../image-model';
import { PatchEmbedder } from '../image-ends';
import { Denoiser } from '../image-network';

const gpu = await testGpu();
const fixtures = new Map(
  await Promise.all(UNET_FIXTURES.map(async (name) => [name, await loadVisionFixture(name)] as const)),
);

/** What stands within a block under the name of a part, by kind of block and stage: the stage's output with its bias. */
const WITHIN: Readonly<Record<UNetPlan['kind'], Readonly<Record<number, string>>>> = {
  'unet-convolution': {},
  'unet-residual': { 1: 'conv1', 2: 'conv2' },
  'unet-attention': { 1: 'attn' },
  'unet-transformer': { 1: 'proj_in', 3: 'attn1', 5: 'attn2', 7: 'ff' },
};
/** Names of whole parts, in the order in which they are computed. */
const PART = /^(conv_in|output|.*\.(resnets|attentions|downsamplers|upsamplers)\.\d+)$/;

async function contextOf(model: UNet, { source, facts, inputs, expected }: VisionFixture): Promise<Context> {
  const times = facts.get('t') as number[];
  const encodes = expected.has('text');
  // The tokens 1 4 2 6 0, and 1 0 0 0 0, which says nothing.
  const own = encodes ? withCaptions(model, ['c a e']) : model;
  const end = await DiffusionEnd.load(gpu, source, own);
  const context = end.context({ times, labels: encodes ? [0, 1] : times.map(() => own.classes) });
  end.release();
  const given = inputs.get('context');
  if (!context.tokens || !given) return context;
  context.tokens.release();
  return { ...context, tokens: upload(gpu, given) };
}

async function through(block: Block, fixture: VisionFixture, hidden: Tensor, context: Context, part: string) {
  const { source, expected, images } = fixture;
  const staged = await loadStagedBlock(gpu, source, block);
  const tape = new Tape(gpu, { recording: false });
  const g = { windows: images.rows, length: 64 };
  let state = staged.begin(tape, tape.constant(hidden), contextOn(tape, context), g);
  for (const [stage, { linears }] of block.stages.entries()) {
    const outputs: Variable[] = [];
    for (const linear of linears) {
      const weight = tape.keep(Tensor.from(gpu, linear.rows, linear.cols, await loadLinear(source, linear)));
      const bias = staged.bias(linear);
      outputs.push(applyLinear(tape, state.tap as Variable, tape.constant(weight), bias && tape.constant(bias)));
    }
    const name = WITHIN[block.plan.kind as UNetPlan['kind']][stage];
    if (name) await expectClose(outputs[0].value, expected.get(`${part}.${name}`) as Matrix, 1e-5);
    state = staged.advance(tape, stage, state, outputs, g);
  }
  const taken = state.residual.value.clone();
  tape.release();
  staged.release();
  hidden.release();
  return taken;
}

describe.each(UNET_FIXTURES)('%s', (name) => {
  const fixture = fixtures.get(name) as VisionFixture;
  const { images, expected } = fixture;
  const source = { ...fixture.source, vocabulary: ['<pad>', '<bos>', 'a', 'b', 'c', 'd', 'e'] };
  const model = openNetwork(source) as UNet;
  const pixels = Float32Array.from(images.data);

  it('agrees with PyTorch part by part and within them, and gives every buffer back', async () => {
    const before = gpu.buffers.bytesInUse;
    const context = await contextOf(model, { ...fixture, source });
    if (expected.has('text')) await expectClose(context.tokens as Tensor, expected.get('text') as Matrix, 2e-6);
    await expectClose(context.steer, expected.get('time_embedding') as Matrix, 2e-6);
    const embedder = await PatchEmbedder.load(gpu, source, model);
    let hidden = embedder.embed(pixels);
    embedder.release();
    const parts = [...expected.keys()].filter((key) => PART.test(key));
    expect(model.blocks).toHaveLength(parts.length);
    const kept: Tensor[] = [];
    for (const [i, block] of model.blocks.entries()) {
      hidden = enterBlock(block, hidden, kept);
      hidden = await through(block, fixture, hidden, context, parts[i]);
      if (parts[i] !== 'output') await expectClose(hidden, expected.get(parts[i]) as Matrix, 1e-5);
      leaveBlock(block, hidden, kept);
    }
    const end = await DiffusionEnd.load(gpu, source, model);
    const { noise } = await end.predict(hidden, context);
    end.release();
    expect(relativeDifference(noise, (expected.get('output') as Matrix).data)).toBeLessThan(1e-5);
    expect(kept).toEqual([]);
    hidden.release();
    releaseContext(context);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('goes back through every kind of block: losses fall as gradients say, at inputs, skips, steering and weights', async () => {
    const before = gpu.buffers.bytesInUse;
    const context = await contextOf(model, { ...fixture, source });
    const seen = new Set<string>();
    for (const block of model.blocks) {
      const kind = `${block.plan.kind} ${(block.skip?.reads ?? 0) > 0} ${block.stages.length}`;
      if (seen.has(kind)) continue;
      seen.add(kind);
      await expectFalls(source, block, context, images.rows);
    }
    releaseContext(context);
    expect(gpu.buffers.bytesInUse).toBe(before);
  });

  it('predicts as a whole what PyTorch does, for any images of a batch', async () => {
    if (fixture.inputs.has('context')) return;
    const before = gpu.buffers.bytesInUse;
    const own = expected.has('text') ? withCaptions(model, ['c a e']) : model;
    const network = await Denoiser.load(gpu, source, own);
    const times = fixture.facts.get('t') as number[];
    const both = await network.predict(pixels, { times, labels: expected.has('text') ? [0, 1] : [0, 0] });
    expect(relativeDifference(both.noise, (expected.get('output') as Matrix).data)).toBeLessThan(1e-5);
    expect(both.variance).toBeNull();
    const second = await network.predict(pixels.slice(images.cols), {
      times: times.slice(1),
      labels: [expected.has('text') ? 1 : 0],
    });
    expect(relativeDifference(second.noise, both.noise.subarray(images.cols))).toBeLessThan(1e-6);
    network.release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});

/** Against central differences of the block itself, along the gradient of each of its inputs. */
async function expectFalls(source: VisionFixture['source'], block: Block, context: Context, windows: number) {
  const g = { windows, length: 64 };
  const staged = await loadStagedBlock(gpu, source, block);
  const linears = block.stages.flatMap((stage) => stage.linears);
  const [rows, cols] = inputOf(block, windows);
  const values = [
    Float32Array.from(randomMatrix(rows, cols, 1).data),
    await context.steer.read(),
    ...(context.tokens ? [await context.tokens.read()] : []),
    ...(await Promise.all(linears.map((linear) => loadLinear(source, linear)))),
  ];
  const shapes = [
    [rows, cols],
    [context.steer.rows, context.steer.cols],
    ...(context.tokens ? [[context.tokens.rows, context.tokens.cols]] : []),
    ...linears.map((linear) => [linear.rows, linear.cols]),
  ];
  const first = context.tokens ? 3 : 2;
  const run = (tape: Tape, inputs: readonly Variable[]) => {
    const steering = { steer: inputs[1], tokens: context.tokens ? inputs[2] : null };
    return runStaged(tape, staged, inputs[0], steering, g, {
      weight: (linear) => inputs[first + linears.findIndex(({ name }) => name === linear.name)],
    });
  };
  const upTo = (moved: readonly Float32Array[]) =>
    moved.map((own, i) => new Parameter(Tensor.from(gpu, shapes[i][0], shapes[i][1], Float32Array.from(own))));
  let seed: Tensor | null = null;
  /** Σ seed ⊙ y. */
  const lossOf = async (moved: readonly Float32Array[]) => {
    const inputs = upTo(moved);
    const tape = new Tape(gpu, { recording: false });
    const y = run(tape, inputs).value;
    seed ??= upload(gpu, randomMatrix(y.rows, y.cols, 7));
    const [read, weights] = [await y.read(), await seed.read()];
    tape.release();
    for (const { value } of inputs) value.release();
    return read.reduce((sum, value, i) => sum + value * weights[i], 0);
  };
  await lossOf(values);
  const inputs = upTo(values);
  const tape = new Tape(gpu);
  tape.backward(run(tape, inputs), seed as unknown as Tensor);
  tape.release();
  for (const [i, input] of inputs.entries()) {
    if (!input.grad) {
      // Only what a block does not read has none: time, or a text.
      expect(i === 1 || i === 2).toBe(true);
      continue;
    }
    const gradient = await input.grad.read();
    const length = Math.hypot(...gradient);
    const step = 2e-2 / Math.max(1, Math.sqrt(gradient.length) / 8);
    const along = (sign: number) =>
      lossOf(
        values.map((own, j) => (j === i ? own.map((value, at) => value + (sign * step * gradient[at]) / length) : own)),
      );
    const slope = ((await along(1)) - (await along(-1))) / (2 * step);
    expect(Math.abs(slope - length) / length, `${block.name}, input ${i}`).toBeLessThan(1e-2);
    input.clearGrad();
  }
  for (const { value } of inputs) value.release();
  (seed as unknown as Tensor).release();
  staged.release();
}

function inputOf({ plan, stages }: Block, windows: number): [rows: number, cols: number] {
  if (!isOfUNet(plan)) throw new Error('no U-Net');
  const linear = (stage: number) => stages[stage].linears[0];
  switch (plan.kind) {
    case 'unet-convolution': {
      const { window, doubled } = plan;
      return [(windows * window.height * window.width) / (doubled ? 4 : 1), linear(0).cols / window.side ** 2];
    }
    case 'unet-residual':
      return [windows * plan.window.height * plan.window.width, linear(1).cols / 9];
    case 'unet-attention':
      return [windows * plan.pixels, linear(0).cols];
    case 'unet-transformer':
      return [windows * plan.pixels, linear(1).cols];
  }
}
