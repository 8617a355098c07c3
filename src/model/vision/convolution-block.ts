/**
 * Convolutions one after another, as stages: a ResNet's stem, basic block and bottleneck. Pixels are rows and channels columns, image after
 * image. A stage's tap is the windows of its convolution (src/tensor/convolution.ts), so that its linear is a product like any other, and
 * its Hessian that of the unrolled windows; a window of the run is one image, and chunks bound how many are unrolled at once.
 *
 *   basic block   {shortcut}? {conv1} {conv2}            y = ReLU(conv2(ReLU(conv1(x))) + shortcut(x))
 *   bottleneck    {shortcut}? {conv1} {conv2} {conv3}    the same of three
 *   stem          {conv}                                 y = pool(ReLU(conv(x)))
 *
 * Batch norms are in the weights and biases (../convolution.ts). He et al. 2016, arXiv 1512.03385. Followed: torchvision's resnet.py, and
 * pytorch_resnet_cifar10's for shortcuts without weights.
 */
import type { Gpu } from '../../gpu/gpu';
import { relu } from '../../gradient/activation';
import { add } from '../../gradient/elementwise';
import { maxPool, windows } from '../../gradient/images';
import { placeColumns } from '../../gradient/slice';
import type { Tape, Variable } from '../../gradient/tape';
import { Tensor } from '../../tensor/tensor';
import { biasBehind } from '../convolution';
import type { Block, ConvolutionPlan, Linear, WeightSource } from '../model';
import type { StagedBlock, StageState } from '../staged-block';

export async function loadConvolutionBlock(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: ConvolutionPlan,
): Promise<StagedBlock> {
  const biases = new Map<string, Tensor>();
  for (const linear of block.stages.flatMap(({ linears }) => linears)) {
    const values = await biasBehind(source, linear);
    if (values) biases.set(linear.name, Tensor.from(gpu, 1, values.length, values, `bias of ${linear.name}`));
  }
  return new ConvolutionBlock(block, plan, biases);
}

class ConvolutionBlock implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: ConvolutionPlan,
    private readonly biases: ReadonlyMap<string, Tensor>,
  ) {}

  /** The residual is the block's input: who trains the block begins with it once more. */
  begin(tape: Tape, hidden: Variable): StageState {
    return { residual: hidden, tap: windows(tape, hidden, this.plan.windows[0]), carry: [] };
  }

  /** It stays so to the end, but where a convolution beside the others, which is the first stage, takes its place. */
  advance(tape: Tape, stage: number, { residual }: StageState, [y]: readonly Variable[]): StageState {
    const { shortcut, windows: looks, pool } = this.plan;
    if (shortcut === 'convolution' && stage === 0) {
      return { residual: y, tap: windows(tape, residual, looks[1]), carry: [] };
    }
    if (stage < this.block.stages.length - 1) {
      return { residual, tap: windows(tape, relu(tape, y), looks[stage + 1]), carry: [] };
    }
    const beside = shortcut === 'subsample' ? this.#subsampled(tape, residual) : residual;
    const out = relu(tape, shortcut === 'none' ? y : add(tape, y, beside));
    return { residual: pool ? maxPool(tape, out, pool) : out, tap: null, carry: [] };
  }

  bias(linear: Linear): Tensor | null {
    return this.biases.get(linear.name) ?? null;
  }

  release(): void {
    for (const bias of this.biases.values()) bias.release();
  }

  /** x[::stride, ::stride] in the middle of as many channels as the block puts out. */
  #subsampled(tape: Tape, hidden: Variable): Variable {
    const { height, width, stride } = this.plan.windows[0];
    const { stages } = this.block;
    const [{ rows: outputs }] = stages[stages.length - 1].linears;
    const some = windows(tape, hidden, { height, width, side: 1, stride });
    return placeColumns(tape, some, outputs, (outputs - hidden.value.cols) / 2);
  }
}
