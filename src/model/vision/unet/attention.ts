/**
 * A U-Net's plain attention: every pixel of an image looks at all of them.
 *
 *   stage 0 q, k, v or qkv   tap = GN(x)
 *   stage 1 o                tap = attention;   y = x + o
 *
 * One product of q, k and v holds all queries, then all keys, then all values; or, head by head, the three of each.
 * Ho et al. 2020, arXiv 2006.11239; Dhariwal and Nichol 2021, arXiv 2105.05233 (heads). Followed: diffusers' attention.py,
 * openai/guided-diffusion's unet.py (QKVAttention, QKVAttentionLegacy).
 */
import type { Gpu } from '../../../gpu/gpu';
import { add } from '../../../gradient/elementwise';
import { mergeHeads, splitHeads } from '../../../gradient/heads';
import { sliceColumns } from '../../../gradient/slice';
import type { Tape, Variable } from '../../../gradient/tape';
import type { Tensor } from '../../../tensor/tensor';
import { hookedAttention, type Hooks } from '../../hooks';
import type { Block, Geometry, Linear, UNetAttentionPlan, WeightSource } from '../../model';
import type { StagedBlock, StageState } from '../../staged-block';
import { BlockParts } from './parts';

export async function loadUNetAttention(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: UNetAttentionPlan,
): Promise<StagedBlock> {
  return new UNetAttention(block, plan, await BlockParts.load(gpu, source, block, [plan.norm]));
}

class UNetAttention implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: UNetAttentionPlan,
    private readonly parts: BlockParts,
  ) {}

  begin(tape: Tape, hidden: Variable): StageState {
    const { norm, pixels } = this.plan;
    return { residual: hidden, tap: this.parts.groupNorm(tape, hidden, norm, pixels), carry: [] };
  }

  advance(
    tape: Tape,
    stage: number,
    { residual }: StageState,
    outputs: readonly Variable[],
    { windows }: Geometry,
    hooks: Hooks | null = null,
  ): StageState {
    if (stage > 0) return { residual: add(tape, residual, outputs[0]), tap: null, carry: [] };
    const { heads, pixels } = this.plan;
    const g = { windows, length: pixels };
    const [query, plain, value] = this.#heads(tape, outputs, g);
    const at = { block: this.block.index, stage, options: { heads, keyHeads: heads, mask: 'full' } } as const;
    const mixed = hookedAttention(hooks, tape, at, { query, plain, value, turn: (x) => x }, g);
    return { residual, tap: mergeHeads(tape, mixed, g, heads), carry: [] };
  }

  bias(linear: Linear): Tensor | null {
    return this.parts.bias(linear);
  }

  release(): void {
    this.parts.release();
  }

  /** Queries, keys and values, by heads. */
  #heads(tape: Tape, outputs: readonly Variable[], g: Geometry): Variable[] {
    const { heads, fused } = this.plan;
    const width = outputs[0].value.cols / (fused ? 3 : 1);
    const dim = width / heads;
    if (fused === null) return outputs.map((y) => splitHeads(tape, y, g, { first: 0, heads, dim }));
    const [y] = outputs;
    if (fused === 'parts') return [0, 1, 2].map((i) => splitHeads(tape, y, g, { first: i * width, heads, dim }));
    const all = splitHeads(tape, y, g, { first: 0, heads, dim: 3 * dim });
    return [0, 1, 2].map((i) => sliceColumns(tape, all, i * dim, dim));
  }
}

/** Attention of pixels among themselves, or to a text's tokens, of which there may be other than pixels; with its hooks. */
export function tokenAttention(
  tape: Tape,
  [q, k, v]: readonly Variable[],
  { windows }: Geometry,
  { block, stage, heads, pixels }: TokenAttention,
  hooks: Hooks | null,
): Variable {
  const g = { windows, length: pixels };
  const keys = { windows, length: k.value.rows / windows };
  const dim = q.value.cols / heads;
  const [query, plain, value] = [q, k, v].map((x, i) =>
    splitHeads(tape, x, i === 0 ? g : keys, { first: 0, heads, dim }),
  );
  const options = {
    heads,
    keyHeads: heads,
    mask: 'full',
    ...(keys.length === pixels ? {} : { keyLength: keys.length }),
  } as const;
  const mixed = hookedAttention(hooks, tape, { block, stage, options }, { query, plain, value, turn: (x) => x }, g);
  return mergeHeads(tape, mixed, g, heads);
}

export interface TokenAttention {
  readonly block: number;
  readonly stage: number;
  readonly heads: number;
  readonly pixels: number;
}
