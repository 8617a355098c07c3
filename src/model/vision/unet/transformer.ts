/**
 * A U-Net's transformer block on pixels: self-attention, cross-attention to the tokens of a text, and a gated MLP, between two projections.
 *
 *   stage 0 k′, v′     tap = tokens (which no stream changes, so that they are read first and the block carries what it makes of them)
 *   stage 1 in         tap = GN(x);         z = in
 *   stage 2 q, k, v    tap = LN(z)
 *   stage 3 o          tap = attention;     z += o
 *   stage 4 q′         tap = LN′(z)
 *   stage 5 o′         tap = attention to the tokens;   z += o′
 *   stage 6 up         tap = LN″(z);        [a | g] = up
 *   stage 7 down       tap = a · GELU(g);   z += down
 *   stage 8 out        tap = z;             y = x + out
 *
 * Rombach et al. 2022, arXiv 2112.10752; Shazeer 2020 (GEGLU), arXiv 2002.05202. Followed: CompVis/latent-diffusion's attention.py,
 * diffusers' transformer_2d.py.
 */
import type { Gpu } from '../../../gpu/gpu';
import { gelu } from '../../../gradient/activation';
import { add, multiply } from '../../../gradient/elementwise';
import { sliceColumns } from '../../../gradient/slice';
import type { Tape, Variable } from '../../../gradient/tape';
import type { Tensor } from '../../../tensor/tensor';
import type { Context } from '../../context';
import type { Hooks } from '../../hooks';
import type { Block, Geometry, Linear, UNetTransformerPlan, WeightSource } from '../../model';
import type { StagedBlock, StageState } from '../../staged-block';
import { tokenAttention } from './attention';
import { BlockParts } from './parts';

export async function loadUNetTransformer(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: UNetTransformerPlan,
): Promise<StagedBlock> {
  return new UNetTransformer(block, plan, await BlockParts.load(gpu, source, block, [plan.norm, ...plan.norms]));
}

class UNetTransformer implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: UNetTransformerPlan,
    private readonly parts: BlockParts,
  ) {}

  begin(tape: Tape, hidden: Variable, context: Context<Variable> | null, g: Geometry): StageState {
    const tokens = context?.tokens;
    if (!tokens || tokens.value.rows % g.windows !== 0) {
      throw new Error(`bug: ${this.block.name} needs as many tokens for each of ${g.windows} images`);
    }
    // A copy, since a state owns what is in it.
    return { residual: hidden, tap: sliceColumns(tape, tokens, 0, tokens.value.cols), carry: [] };
  }

  advance(
    tape: Tape,
    stage: number,
    { residual, carry }: StageState,
    outputs: readonly Variable[],
    g: Geometry,
    hooks: Hooks | null = null,
  ): StageState {
    const [y] = outputs;
    const { norms, norm, heads, pixels } = this.plan;
    const of = { block: this.block.index, stage, heads, pixels };
    const normed = (z: Variable, i: number) => this.parts.layerNorm(tape, z, norms[i]);
    // Keys and values of the text until they are used, then z alone.
    const [k, v, before] = carry;
    switch (stage) {
      case 0:
        return { residual, tap: this.parts.groupNorm(tape, residual, norm, pixels), carry: [...outputs] };
      case 1:
        return { residual, tap: normed(y, 0), carry: [k, v, y] };
      case 2:
        return { residual, tap: tokenAttention(tape, outputs, g, of, hooks), carry };
      case 3: {
        const z = add(tape, before, y);
        return { residual, tap: normed(z, 1), carry: [k, v, z] };
      }
      case 4:
        return { residual, tap: tokenAttention(tape, [y, k, v], g, of, hooks), carry: [before] };
      case 5: {
        const z = add(tape, carry[0], y);
        return { residual, tap: normed(z, 2), carry: [z] };
      }
      case 6: {
        const half = y.value.cols / 2;
        const [a, gate] = [0, half].map((first) => sliceColumns(tape, y, first, half));
        return { residual, tap: multiply(tape, a, gelu(tape, 'gelu_erf', gate)), carry };
      }
      case 7:
        return { residual, tap: add(tape, carry[0], y), carry: [] };
      default:
        return { residual: add(tape, residual, y), tap: null, carry: [] };
    }
  }

  bias(linear: Linear): Tensor | null {
    return this.parts.bias(linear);
  }

  release(): void {
    this.parts.release();
  }
}
