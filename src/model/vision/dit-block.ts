/**
 * DiT's block: adaLN-Zero around attention and an MLP. The modulation m = Linear(SiLU(c)), windows × 6·hidden, holds shift, scale and
 * gate of the attention, then those of the MLP; every token of a window is steered by its window's row.
 *
 *   stage 0 modulation   tap = SiLU(c)
 *   stage 1 qkv          tap = LN(x) · (1 + scale) + shift
 *   stage 2 o            tap = attention;          x += gate · o
 *   stage 3 fc           tap = LN(x) · (1 + scale') + shift'
 *   stage 4 down         tap = GELU(fc);           x += gate' · down
 *
 * Peebles and Xie 2023, arXiv 2212.09748, section 3.2.
 */
import type { Gpu } from '../../gpu/gpu';
import { gelu, silu } from '../../gradient/activation';
import { add } from '../../gradient/elementwise';
import { mergeHeads, splitHeads } from '../../gradient/heads';
import { gateRows, modulate } from '../../gradient/modulation';
import { layerNorm } from '../../gradient/norm';
import { sliceColumns } from '../../gradient/slice';
import type { Tape, Variable } from '../../gradient/tape';
import type { Tensor } from '../../tensor/tensor';
import type { Block, DitPlan, Geometry, Linear, WeightSource } from '../model';
import { readVectors, uploadVector } from '../norm';
import type { Context } from '../context';
import type { StagedBlock, StageState } from '../staged-block';
import { hookedAttention, type AttentionPlace, type Hooks } from '../hooks';

export async function loadDitBlock(gpu: Gpu, source: WeightSource, block: Block, plan: DitPlan): Promise<StagedBlock> {
  const linears = block.stages.flatMap((stage) => stage.linears);
  const vectors = await readVectors(
    source,
    linears.map(({ bias }) => bias),
  );
  const biases = linears.flatMap(({ name, bias }) => (bias ? [[name, uploadVector(gpu, vectors, bias)] as const] : []));
  return new DitBlock(block, plan, new Map(biases));
}

class DitBlock implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: DitPlan,
    private readonly biases: ReadonlyMap<string, Tensor>,
  ) {}

  begin(tape: Tape, hidden: Variable, context: Context<Variable> | null, g: Geometry): StageState {
    if (context?.steer.value.rows !== g.windows)
      throw new Error(`bug: ${this.block.name} needs a context of ${g.windows} rows`);
    return { residual: hidden, tap: silu(tape, context.steer), carry: [] };
  }

  advance(
    tape: Tape,
    stage: number,
    { residual, carry }: StageState,
    [y]: readonly Variable[],
    g: Geometry,
    hooks: Hooks | null = null,
  ): StageState {
    const hidden = residual.value.cols;
    /** One sixth of the modulation: 0 shift, 1 scale, 2 gate of the attention; 3, 4, 5 of the MLP. */
    const part = (index: number) => sliceColumns(tape, carry[0], index * hidden, hidden);
    const steered = (x: Variable, shift: Variable, scale: Variable) =>
      modulate(tape, layerNorm(tape, x, null, null, this.plan.eps), shift, scale, g.length);
    switch (stage) {
      case 0: {
        const [shift, scale] = [0, 1].map((index) => sliceColumns(tape, y, index * hidden, hidden));
        return { residual, tap: steered(residual, shift, scale), carry: [y] };
      }
      case 1: {
        const { heads } = this.plan;
        const [q, k, v] = [0, 1, 2].map((index) =>
          splitHeads(tape, y, g, { first: index * hidden, heads, dim: hidden / heads }),
        );
        const at: AttentionPlace = {
          block: this.block.index,
          stage,
          options: { heads, keyHeads: heads, mask: 'full' },
        };
        const mixed = hookedAttention(hooks, tape, at, { query: q, plain: k, value: v, turn: (x) => x }, g);
        return { residual, tap: mergeHeads(tape, mixed, g, heads), carry };
      }
      case 2: {
        const x = add(tape, residual, gateRows(tape, y, part(2), g.length));
        return { residual: x, tap: steered(x, part(3), part(4)), carry };
      }
      case 3:
        return { residual, tap: gelu(tape, 'gelu_tanh', y), carry };
      default:
        return { residual: add(tape, residual, gateRows(tape, y, part(5), g.length)), tap: null, carry: [] };
    }
  }

  bias(linear: Linear): Tensor | null {
    return this.biases.get(linear.name) ?? null;
  }

  release(): void {
    for (const bias of this.biases.values()) bias.release();
  }
}
