/** The methods that train on whole blocks: DiT, ViT and Vision Mamba in miniature, minibatches and all. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { meanSquare } from '../../gradient/loss';
import { Tape, type Variable } from '../../gradient/tape';
import { loadLinear, loadStagedBlock, openNetwork, readsText, runStaged } from '../../model/architecture';
import { loadVisionFixture, type VISION_FIXTURES } from '../../model/testing/vision-fixtures';
import { decodeQuantized } from '../../quantizer/quantized';
import { sliceRows } from '../../tensor/embedding';
import { Tensor } from '../../tensor/tensor';
import { randomMatrix, upload } from '../../tensor/testing';
import type { TrainingProblem } from '../training';
import { tensorOf, TestHost, TRAINERS, trainToEnd } from './testing';

const gpu = await testGpu();
const WINDOWS = 2;

/** The first block of a fixture, towards its own outputs, two minibatches of one window. */
async function blockProblem(name: (typeof VISION_FIXTURES)[number]) {
  const { source } = await loadVisionFixture(name);
  const network = openNetwork(source);
  if (readsText(network)) throw new Error('the fixture is a language model');
  const { hidden: width, tokens: length, task } = network;
  const [block] = network.blocks;
  const staged = await loadStagedBlock(gpu, source, block);
  const linears = block.stages.flatMap((stage) => stage.linears);
  const layers = await Promise.all(
    linears.map(async ({ name, weight, rows, cols, ...rest }) => {
      const values = await loadLinear(source, { name, weight, rows, cols, ...rest });
      return { name, weight: Tensor.from(gpu, rows, cols, values), statistics: null };
    }),
  );
  const inputs = upload(gpu, randomMatrix(WINDOWS * length, width, 1));
  const context = task === 'diffusion' ? upload(gpu, randomMatrix(WINDOWS, width, 2)) : null;
  const run = (tape: Tape, first: number, windows: number, weights: readonly Variable[]) => {
    const rows = (x: Tensor, height: number) =>
      tape.constant(tape.keep(sliceRows(x, first * height, windows * height)));
    const steer = context && { steer: rows(context, 1), tokens: null };
    return runStaged(
      tape,
      staged,
      rows(inputs, length),
      steer,
      { windows, length },
      {
        weight: ({ name }) => weights[linears.findIndex((linear) => linear.name === name)],
      },
    );
  };
  const tape = new Tape(gpu, { recording: false });
  const full = layers.map(({ weight }) => tape.constant(weight));
  const targets = tape.take(run(tape, 0, WINDOWS, full));
  tape.release();
  const problem: TrainingProblem = {
    gpu,
    layers,
    batches: 2,
    lossName: 'block output',
    loss: (tape, batch, weights) => {
      const target = tape.keep(sliceRows(targets, batch * length, length));
      return meanSquare(tape, run(tape, batch, 1, weights), target);
    },
  };
  const release = () => {
    for (const used of [inputs, targets, staged, ...layers.map(({ weight }) => weight)]) used.release();
    context?.release();
  };
  return { problem, release };
}

describe.each([
  ['dit', 'vq4dit'],
  ['vit', 'ssvq'],
  ['vim', 'vimvq'],
] as const)('a block of %s by %s', (name, method) => {
  it('comes closer to its full-precision outputs than it was, minibatch by minibatch', async () => {
    const before = gpu.buffers.bytesInUse;
    const { problem, release } = await blockProblem(name);
    const { trainer, options } = TRAINERS[method];
    const given = { ...options, codewords: 24, steps: 24, calibrationSteps: 0 };
    const host = new TestHost();
    const { progress, layers, values } = await trainToEnd(trainer, problem, given, host);
    const [first, last] = [progress[0], progress[progress.length - 1]];
    expect(last.loss).toBeLessThan(first.loss);
    expect(layers).toHaveLength(problem.layers.length);
    layers.forEach((layer, i) => expect(decodeQuantized(tensorOf(layer))).toEqual(values[i]));
    if (method !== 'ssvq') expect(last.settled).toBe(1);
    // Taken up again eight steps from the end.
    const state = host.states[host.states.length - 2];
    const resumed = await trainToEnd(trainer, problem, given, new TestHost(state));
    resumed.layers.forEach((layer, i) => expect(layer.tensor).toEqual(layers[i].tensor));
    release();
    expect(gpu.buffers.bytesInUse).toBe(before);
  });
});
