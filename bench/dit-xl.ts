/**
 * What DiT-XL/2 (675 M parameters) would take: its plan from shapes alone, and one block of it executed for real, forwards and backwards
 * on random weights. The projection multiplies that block's time; nothing of it is measured at full size.
 */
import { Random } from '../src/base/random';
import type { Gpu } from '../src/gpu/gpu';
import { meanSquare } from '../src/gradient/loss';
import { measureTape, planTape } from '../src/gradient/memory';
import { Parameter, Tape } from '../src/gradient/tape';
import { loadLinear } from '../src/model/linear';
import { loadStagedBlock } from '../src/model/load-block';
import type { WeightSource } from '../src/model/model';
import { runStaged } from '../src/model/staged-block';
import { openDiT } from '../src/model/vision/dit';
import { Tensor } from '../src/tensor/tensor';
import type { Benchmark } from './benchmark';
import type { Prepared, Timing } from './measure';

const [HIDDEN, DEPTH, CLASSES, TOKENS, CHANNELS, PATCH] = [1152, 28, 1000, 256, 4, 2];

/** Tensors by name and shape, with values drawn when they are read. */
function randomSource(): WeightSource {
  const shapes: Record<string, readonly number[]> = {
    'x_embedder.proj.weight': [HIDDEN, CHANNELS, PATCH, PATCH],
    'x_embedder.proj.bias': [HIDDEN],
    pos_embed: [1, TOKENS, HIDDEN],
    't_embedder.mlp.0.weight': [HIDDEN, 256],
    't_embedder.mlp.0.bias': [HIDDEN],
    't_embedder.mlp.2.weight': [HIDDEN, HIDDEN],
    't_embedder.mlp.2.bias': [HIDDEN],
    'y_embedder.embedding_table.weight': [CLASSES + 1, HIDDEN],
    'final_layer.adaLN_modulation.1.weight': [2 * HIDDEN, HIDDEN],
    'final_layer.adaLN_modulation.1.bias': [2 * HIDDEN],
    'final_layer.linear.weight': [PATCH * PATCH * 2 * CHANNELS, HIDDEN],
    'final_layer.linear.bias': [PATCH * PATCH * 2 * CHANNELS],
  };
  const linears = {
    'attn.qkv': [3, 1],
    'attn.proj': [1, 1],
    'mlp.fc1': [4, 1],
    'mlp.fc2': [1, 4],
    'adaLN_modulation.1': [6, 1],
  };
  for (let block = 0; block < DEPTH; block++) {
    for (const [path, [out, into]] of Object.entries(linears)) {
      shapes[`blocks.${block}.${path}.weight`] = [out * HIDDEN, into * HIDDEN];
      shapes[`blocks.${block}.${path}.bias`] = [out * HIDDEN];
    }
  }
  const tensors = new Map(Object.entries(shapes).map(([name, shape]) => [name, { shape, dtype: 'F16' }]));
  return {
    config: null,
    tensors,
    read(name) {
      const size = (tensors.get(name)?.shape ?? []).reduce((product, n) => product * n, 1);
      return Promise.resolve(new Random(name.length).normals(size, 0.02));
    },
    readRange: (name, first, last) => Promise.resolve(new Random(name.length).normals(last, 0.02).subarray(first)),
  };
}

export const ditXl: Benchmark = {
  name: 'DiT-XL/2, one block there and back, windows',
  sizes: (software) => (software ? [1] : [1, 8, 32]),
  async prepare(gpu, windows): Promise<Prepared> {
    const source = randomSource();
    const model = openDiT(source, null);
    const [block] = model.blocks;
    const linears = block.stages.flatMap((stage) => stage.linears);
    const staged = await loadStagedBlock(gpu, source, block);
    const weights = new Map<string, Parameter>();
    for (const linear of linears) {
      const values = await loadLinear(source, linear);
      weights.set(linear.name, new Parameter(Tensor.from(gpu, linear.rows, linear.cols, values, linear.name)));
    }
    const random = (rows: number, seed: number) =>
      Tensor.from(gpu, rows, HIDDEN, new Random(seed).normals(rows * HIDDEN), 'random');
    const [hidden, context, target] = [random(windows * TOKENS, 1), random(windows, 2), random(windows * TOKENS, 3)];
    const lossOf = (tape: Tape) => {
      const g = { windows, length: TOKENS };
      const steer = { steer: tape.constant(context), tokens: null };
      const y = runStaged(tape, staged, tape.constant(hidden), steer, g, {
        weight: ({ name }) => weights.get(name) as Parameter,
      });
      return meanSquare(tape, y, target);
    };
    const parameters = [...weights.values()];
    const run = () => {
      const tape = new Tape(gpu);
      tape.backward(lossOf(tape));
      tape.release();
      for (const parameter of parameters) parameter.clearGrad();
    };
    const blockWeights = linears.reduce((sum, { rows, cols }) => sum + rows * cols, 0);
    return {
      // Forwards, and twice as much back; the modulation sees one row a window.
      flop: 6 * windows * (TOKENS * (blockWeights - 6 * HIDDEN ** 2) + 6 * HIDDEN ** 2),
      run,
      async check() {
        const tape = new Tape(gpu);
        const loss = lossOf(tape);
        tape.backward(loss);
        const [value] = await loss.value.read();
        const gradients = await Promise.all(
          parameters.map(async ({ grad }) => (await grad?.read())?.some(Number.isFinite)),
        );
        tape.release();
        for (const parameter of parameters) parameter.clearGrad();
        if (!(value > 0 && value < 100) || !gradients.every(Boolean)) throw new Error(`the block’s loss is ${value}`);
      },
      notes: ({ median }: Timing) => plan(gpu, windows, median, blockWeights, model.parameters, parameters, lossOf),
      release() {
        staged.release();
        for (const { value } of parameters) value.release();
        for (const tensor of [hidden, context, target]) tensor.release();
      },
    };
  },
};

function plan(
  gpu: Gpu,
  windows: number,
  milliseconds: number,
  blockWeights: number,
  parameters: number,
  trained: readonly Parameter[],
  lossOf: (tape: Tape) => ReturnType<typeof meanSquare>,
): string[] {
  const mib = (bytes: number) => `${(bytes / 2 ** 20).toFixed(0)} MiB`;
  const tape = planTape({
    measured: [measureTape(gpu, windows, trained, lossOf)],
    windows,
    parameters: trained,
    slots: 1,
  });
  const quantized = DEPTH * blockWeights;
  const steps = 100;
  return [
    `plan: ${(parameters / 1e6).toFixed(0)} M parameters, ${(quantized / 1e6).toFixed(0)} M of them quantized in ${DEPTH} blocks of ${mib(4 * blockWeights)} in f32`,
    `plan: weights ${mib(2 * parameters)} in f16; quantized ones ${mib((quantized * 2) / 8)} at 2 bits and ${mib((quantized * 3) / 8)} at 3`,
    `plan: a training step of one block takes ${mib(tape.bytes)} (${mib(tape.parts.intermediates)} intermediates) for ${windows} windows`,
    `plan: ${steps} steps a block are ${((DEPTH * steps * milliseconds) / 3.6e6).toFixed(1)} h for all blocks at this speed`,
  ];
}
