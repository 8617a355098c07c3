/**
 * What Stable Diffusion 1.5's U-Net (860 M parameters) would take: its plan from shapes alone, on what this adapter does a second, and one
 * of its blocks executed for real, forwards and backwards on random weights.
 */
import { Random } from '../src/base/random';
import type { Gpu } from '../src/gpu/gpu';
import { meanSquare } from '../src/gradient/loss';
import { measureTape } from '../src/gradient/memory';
import { Parameter, Tape } from '../src/gradient/tape';
import { contextOn, releaseContext } from '../src/model/context';
import { loadLinear } from '../src/model/linear';
import { linearsIn } from '../src/model/linears';
import { loadStagedBlock } from '../src/model/load-block';
import { runStaged } from '../src/model/staged-block';
import { imageLength, type UNet } from '../src/model/vision/image-model';
import { withCaptions } from '../src/model/vision/unet/captions';
import { openUNet } from '../src/model/vision/unet/open';
import { expandRows } from '../src/recipe/rows';
import { parseRecipe } from '../src/recipe/recipe';
import { DiffusionSubject, type NoisySet } from '../src/run/diffusion-subject';
import { planRun } from '../src/run/plan';
import { measureRates } from '../src/tensor/rate';
import { Tensor } from '../src/tensor/tensor';
import type { Benchmark } from './benchmark';
import type { Prepared } from './measure';
import { randomWeights, SD15_CONFIG } from './unet-shapes';

/** 640 channels of 32 × 32 pixels, eight heads of 80, and a text of 77 tokens; on a software adapter 1280 of 8 × 8, heads of 160. */
const BLOCKS = { hardware: 'down_blocks.1.attentions.0', software: 'mid_block.attentions.0' };
const [CALIBRATION, HELD_OUT, STEPS, IMAGES] = [32, 8, 20, 8];

export const sdUNet: Benchmark = {
  name: "SD-1.5's U-Net, a transformer block there and back, images",
  sizes: (software) => (software ? [1] : [1, 4, 8]),
  async prepare(gpu, images): Promise<Prepared> {
    const source = randomWeights(SD15_CONFIG);
    const name = gpu.description.software ? BLOCKS.software : BLOCKS.hardware;
    const model = withCaptions(openUNet(source, SD15_CONFIG), ['one', 'two']);
    const block = model.blocks.find((one) => one.name === name);
    if (block?.plan.kind !== 'unet-transformer') throw new Error(`there is no ${name}`);
    const { pixels } = block.plan;
    const linears = linearsIn({ blocks: [block] });
    const width = linears[linears.length - 1].rows;
    const staged = await loadStagedBlock(gpu, source, block);
    const weights = new Map<string, Parameter>();
    for (const linear of linears) {
      const values = await loadLinear(source, linear);
      weights.set(linear.name, new Parameter(Tensor.from(gpu, linear.rows, linear.cols, values, linear.name)));
    }
    const random = (rows: number, cols: number, seed: number) =>
      Tensor.from(gpu, rows, cols, new Random(seed).normals(rows * cols), 'random');
    const [tokens, cols] = model.context.tokens ?? [1, 1];
    const [hidden, target] = [random(images * pixels, width, 1), random(images * pixels, width, 2)];
    const context = { steer: random(images, model.context.steer, 3), tokens: random(images * tokens, cols, 4) };
    const lossOf = (tape: Tape) => {
      const g = { windows: images, length: model.tokens };
      const y = runStaged(tape, staged, tape.constant(hidden), contextOn(tape, context), g, {
        weight: ({ name }) => weights.get(name) as Parameter,
      });
      return meanSquare(tape, y, target);
    };
    const parameters = [...weights.values()];
    const clear = () => parameters.forEach((parameter) => parameter.clearGrad());
    const read = linears.reduce(
      (sum, linear) => sum + linear.rows * linear.cols * (linear.cols === cols ? tokens : pixels),
      0,
    );
    const attended = 4 * pixels * (pixels + tokens) * width;
    return {
      flop: 3 * images * (2 * read + attended),
      run() {
        const tape = new Tape(gpu);
        tape.backward(lossOf(tape));
        tape.release();
        clear();
      },
      async check() {
        const tape = new Tape(gpu);
        const loss = lossOf(tape);
        tape.backward(loss);
        const [value] = await loss.value.read();
        const gradients = await Promise.all(
          parameters.map(async ({ grad }) => (await grad?.read())?.every(Number.isFinite)),
        );
        tape.release();
        clear();
        if (!(value > 0 && value < 100) || !gradients.every(Boolean)) throw new Error(`the block’s loss is ${value}`);
        for (const line of await planned(gpu, model)) console.log(line);
      },
      notes: () => {
        const { bytes } = measureTape(gpu, images, parameters, lossOf);
        return [`a step of ${name} holds ${mib(bytes)} on its tape for ${images} of 64 × 64 latents`];
      },
      release() {
        staged.release();
        releaseContext(context);
        for (const tensor of [hidden, target, ...parameters.map((parameter) => parameter.value)]) tensor.release();
      },
    };
  },
};

/** A run of RTN and GPTQ on the whole network, on drawn captions. */
async function planned(gpu: Gpu, model: UNet): Promise<string[]> {
  const recipe = parseRecipe({
    version: 2,
    rows: [{ steps: [{ step: 'gptq', options: { bits: 4 } }] }],
    calibration: { source: 'generated', file: null, windows: CALIBRATION, length: 8, seed: 0 },
    heldOut: { file: null, windows: HELD_OUT },
    sampling: { steps: STEPS, guidance: 4, sampler: 'ddim', images: IMAGES },
  });
  const setOf = (count: number): NoisySet => ({
    calls: Array.from({ length: count }, () => 0),
    images: new Float32Array(count * imageLength(model.image)),
    times: Array<number>(count).fill(0),
    labels: Array<number>(count).fill(0),
    label: `${count} latents`,
  });
  const sampling = { steps: STEPS, guidance: 4, sampler: 'ddim', images: IMAGES } as const;
  const options = { sampling, seed: 0, features: () => Promise.resolve(null) };
  const subject = new DiffusionSubject(model, setOf(CALIBRATION), setOf(HELD_OUT), options, []);
  const rates = await measureRates(gpu);
  const plan = planRun({ subject, rows: expandRows(recipe), rates, universal: new Map(), limits: gpu.buffers });
  const quantized = linearsIn(model).reduce((sum, { rows, cols }) => sum + rows * cols, 0);
  const hours = plan.seconds.map((seconds) => (seconds / 3600).toFixed(1)).join(' to ');
  return [
    `plan: ${(model.parameters / 1e6).toFixed(1)} M parameters, ${(quantized / 1e6).toFixed(1)} M of them in ${plan.layers.length} layers of ${plan.blocks} blocks`,
    `plan: RTN and GPTQ on ${CALIBRATION} latents, ${IMAGES} sampled in ${STEPS} steps: ${mib(plan.gpuBytes)} of GPU memory, ${(plan.flop / 1e15).toFixed(2)} PFLOP, ${hours} h at this speed`,
  ];
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
