/**
 * A U-Net's residual block: two convolutions, and between them what the time embedding e says, one row an image.
 *
 *   stage 0 time       tap = SiLU(e)
 *   stage 1 conv1      tap = windows(SiLU(GN(x)));       h = conv1 + time
 *   stage 2 conv2      tap = windows(SiLU(GN(h))), or windows(SiLU(GN(conv1) · (1 + scale) + shift)) of time's two halves
 *   stage 3 shortcut   tap = x, where it is a convolution;   y = shortcut(x) + conv2
 *
 * On the way up x is [h | skip] (../../skips.ts), which the shortcut reads as it is.
 * Ho et al. 2020, arXiv 2006.11239; Dhariwal and Nichol 2021 (scale and shift), arXiv 2105.05233. Followed: diffusers' resnet.py,
 * openai/guided-diffusion's unet.py.
 */
import type { Gpu } from '../../../gpu/gpu';
import { silu } from '../../../gradient/activation';
import { add } from '../../../gradient/elementwise';
import { windows } from '../../../gradient/images';
import { modulate, shiftRows } from '../../../gradient/modulation';
import { sliceColumns } from '../../../gradient/slice';
import type { Tape, Variable } from '../../../gradient/tape';
import type { Tensor } from '../../../tensor/tensor';
import type { Context } from '../../context';
import type { Block, Geometry, Linear, UNetResidualPlan, WeightSource } from '../../model';
import type { StagedBlock, StageState } from '../../staged-block';
import { BlockParts } from './parts';

export async function loadUNetResidual(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: UNetResidualPlan,
): Promise<StagedBlock> {
  return new UNetResidual(block, plan, await BlockParts.load(gpu, source, block, plan.norms));
}

class UNetResidual implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: UNetResidualPlan,
    private readonly parts: BlockParts,
  ) {}

  begin(tape: Tape, hidden: Variable, context: Context<Variable> | null, g: Geometry): StageState {
    if (context?.steer.value.rows !== g.windows) {
      throw new Error(`bug: ${this.block.name} needs a context of ${g.windows} rows`);
    }
    return { residual: hidden, tap: silu(tape, context.steer), carry: [] };
  }

  advance(tape: Tape, stage: number, { residual, carry }: StageState, [y]: readonly Variable[]): StageState {
    const { norms, window, shortcut } = this.plan;
    switch (stage) {
      case 0: {
        const x = this.parts.normed(tape, residual, norms[0], window.height * window.width);
        return { residual, tap: windows(tape, x, window), carry: [y] };
      }
      case 1:
        return { residual, tap: windows(tape, silu(tape, this.#timed(tape, y, carry[0])), window), carry: [] };
      case 2:
        return shortcut
          ? { residual, tap: residual, carry: [y] }
          : { residual: add(tape, residual, y), tap: null, carry: [] };
      default:
        return { residual: add(tape, y, carry[0]), tap: null, carry: [] };
    }
  }

  bias(linear: Linear): Tensor | null {
    return this.parts.bias(linear);
  }

  release(): void {
    this.parts.release();
  }

  /** What the second norm gives, with the time's row of each image. */
  #timed(tape: Tape, y: Variable, time: Variable): Variable {
    const { norms, window, modulates } = this.plan;
    const pixels = window.height * window.width;
    const norm = (x: Variable) => this.parts.groupNorm(tape, x, norms[1], pixels);
    if (!modulates) return norm(shiftRows(tape, y, time, pixels));
    const { cols } = y.value;
    const [scale, shift] = [0, 1].map((half) => sliceColumns(tape, time, half * cols, cols));
    return modulate(tape, norm(y), shift, scale, pixels);
  }
}
