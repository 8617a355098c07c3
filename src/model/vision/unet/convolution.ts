/**
 * A single convolution of a U-Net as a block of one stage, whose tap is its windows:
 *
 *   in    {conv}   tap = windows(x)
 *   down  {conv}   the same, every other pixel; zeros around the image, or below it and to the right alone (DDPM)
 *   up    {conv}   tap = windows(x with each pixel four times)
 *   out   {conv}   tap = windows(SiLU(GN(x)))
 *
 * Ho et al. 2020, arXiv 2006.11239, appendix B. Followed: pesser/pytorch_diffusion, diffusers' downsampling.py and upsampling.py.
 */
import type { Gpu } from '../../../gpu/gpu';
import { upsample2x, windows } from '../../../gradient/images';
import type { Tape, Variable } from '../../../gradient/tape';
import type { Tensor } from '../../../tensor/tensor';
import type { Block, Linear, UNetConvolutionPlan, WeightSource } from '../../model';
import type { StagedBlock, StageState } from '../../staged-block';
import { BlockParts } from './parts';

export async function loadUNetConvolution(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: UNetConvolutionPlan,
): Promise<StagedBlock> {
  return new UNetConvolution(block, plan, await BlockParts.load(gpu, source, block, [plan.norm]));
}

class UNetConvolution implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: UNetConvolutionPlan,
    private readonly parts: BlockParts,
  ) {}

  begin(tape: Tape, hidden: Variable): StageState {
    const { norm, doubled, window } = this.plan;
    const x = norm ? this.parts.normed(tape, hidden, norm, window.height * window.width) : hidden;
    const large = doubled ? upsample2x(tape, x, { height: window.height / 2, width: window.width / 2 }) : x;
    return { residual: hidden, tap: windows(tape, large, window), carry: [] };
  }

  advance(_tape: Tape, _stage: number, _state: StageState, [y]: readonly Variable[]): StageState {
    return { residual: y, tap: null, carry: [] };
  }

  bias(linear: Linear): Tensor | null {
    return this.parts.bias(linear);
  }

  release(): void {
    this.parts.release();
  }
}
