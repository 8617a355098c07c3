/**
 * Vision Mamba's block: x += out(½ (forward + backward) of the mixer on RMSNorm(x)), either direction a causal depthwise convolution,
 * SiLU and a selective scan, gated by SiLU(z). Backward works on the tokens of each window in reverse and is reversed back.
 *
 *   stage 0 in          tap = RMSNorm(x);  output [u | z]
 *   stage 1 ssm         tap = u₁ = SiLU(conv(u));                output [Δ' | B | C]
 *   stage 2 ssm_back    tap = u₂ = SiLU(conv_b(reversed u))
 *   stage 3 step        tap = Δ' of stage 1;                     Δ = softplus(step)
 *   stage 4 step_back   tap = Δ' of stage 2
 *   stage 5 out         tap = (scan(u₁) + reversed scan(u₂)) · SiLU(z), halved where the model says so
 *
 * Zhu et al. 2024, arXiv 2401.09417, algorithm 1; Gu and Dao 2023, arXiv 2312.00752. Followed: hustvl/Vim, mamba_simple.py ("v2").
 */
import type { Gpu } from '../../gpu/gpu';
import { silu, softplus } from '../../gradient/activation';
import { depthwiseCausalConv } from '../../gradient/depthwise-conv';
import { add, multiply, scale } from '../../gradient/elementwise';
import { reverseRows } from '../../gradient/rows';
import { selectiveScan } from '../../gradient/selective-scan';
import { sliceColumns } from '../../gradient/slice';
import type { Tape, Variable } from '../../gradient/tape';
import { Tensor } from '../../tensor/tensor';
import type { Block, Geometry, Linear, MambaPlan, ScanPlan, WeightSource } from '../model';
import { Norm, readVectors, uploadVector, type Leaves, type Vectors } from '../norm';
import type { StagedBlock, StageState } from '../staged-block';

export async function loadMambaBlock(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: MambaPlan,
  leaves: Leaves,
): Promise<StagedBlock> {
  const linears = block.stages.flatMap((stage) => stage.linears);
  const own = [plan.forward, plan.backward].flatMap(({ convolution, convolutionBias, decay, skip }) => [
    convolution,
    convolutionBias,
    decay,
    skip,
  ]);
  const vectors = await readVectors(source, [plan.norm.weight, ...own, ...linears.map(({ bias }) => bias)]);
  const biases = linears.flatMap(({ name, bias }) => (bias ? [[name, uploadVector(gpu, vectors, bias)] as const] : []));
  return new MambaBlock(
    block,
    plan,
    new Norm(gpu, vectors, plan.norm, leaves),
    { forward: direction(gpu, vectors, plan, plan.forward), backward: direction(gpu, vectors, plan, plan.backward) },
    new Map(biases),
  );
}

/** One direction's own weights. */
interface Direction {
  /** channels × width. */
  readonly convolution: Tensor;
  /** 1 × channels. */
  readonly convolutionBias: Tensor;
  /** A, channels × N, negative. */
  readonly decay: Tensor;
  /** D, 1 × channels. */
  readonly skip: Tensor;
}

function direction(gpu: Gpu, vectors: Vectors, { channels, state }: MambaPlan, plan: ScanPlan): Direction {
  const kernel = vectors.get(plan.convolution) ?? new Float32Array();
  const logDecay = vectors.get(plan.decay) ?? new Float32Array();
  return {
    convolution: Tensor.from(gpu, channels, kernel.length / channels, kernel, plan.convolution),
    convolutionBias: uploadVector(gpu, vectors, plan.convolutionBias),
    decay: Tensor.from(
      gpu,
      channels,
      state,
      logDecay.map((value) => -Math.exp(value)),
      plan.decay,
    ),
    skip: uploadVector(gpu, vectors, plan.skip),
  };
}

class MambaBlock implements StagedBlock {
  constructor(
    readonly block: Block,
    private readonly plan: MambaPlan,
    private readonly norm: Norm,
    private readonly directions: { readonly forward: Direction; readonly backward: Direction },
    private readonly biases: ReadonlyMap<string, Tensor>,
  ) {}

  begin(tape: Tape, hidden: Variable): StageState {
    return { residual: hidden, tap: this.norm.on(tape, hidden), carry: [] };
  }

  /** Carried: z, u₁, u₂, then the two outputs [Δ' | B | C], then Δ of stage 3. */
  advance(tape: Tape, stage: number, state: StageState, [y]: readonly Variable[], g: Geometry): StageState {
    const { residual, carry } = state;
    const { channels, stepRank } = this.plan;
    const { forward, backward } = this.directions;
    switch (stage) {
      case 0: {
        const u = sliceColumns(tape, y, 0, channels);
        const z = sliceColumns(tape, y, channels, channels);
        const there = this.#convolve(tape, forward, u, g);
        const back = this.#convolve(tape, backward, reverseRows(tape, u, g.length), g);
        return { residual, tap: there, carry: [z, there, back] };
      }
      case 1:
        return { residual, tap: carry[2], carry: [...carry, y] };
      case 2:
        return { residual, tap: sliceColumns(tape, carry[3], 0, stepRank), carry: [...carry, y] };
      case 3:
        return { residual, tap: sliceColumns(tape, carry[4], 0, stepRank), carry: [...carry, softplus(tape, y)] };
      case 4: {
        const [z, there, back, ssm, ssmBack, step] = carry;
        const first = this.#scan(tape, forward, there, step, ssm, g);
        const second = this.#scan(tape, backward, back, softplus(tape, y), ssmBack, g);
        const sum = add(tape, first, reverseRows(tape, second, g.length));
        const gated = multiply(tape, sum, silu(tape, z));
        return { residual, tap: this.plan.halved ? scale(tape, gated, 0.5) : gated, carry: [] };
      }
      default:
        return { residual: add(tape, residual, y), tap: null, carry: [] };
    }
  }

  bias(linear: Linear): Tensor | null {
    return this.biases.get(linear.name) ?? null;
  }

  release(): void {
    const weights = Object.values(this.directions).flatMap((own: Direction) => Object.values(own) as Tensor[]);
    for (const tensor of [this.norm, ...weights, ...this.biases.values()]) tensor.release();
  }

  #convolve(tape: Tape, own: Direction, u: Variable, g: Geometry): Variable {
    const [weight, bias] = [tape.constant(own.convolution), tape.constant(own.convolutionBias)];
    return silu(tape, depthwiseCausalConv(tape, u, weight, bias, g.length));
  }

  #scan(tape: Tape, own: Direction, u: Variable, step: Variable, ssm: Variable, g: Geometry): Variable {
    const { stepRank, state } = this.plan;
    const b = sliceColumns(tape, ssm, stepRank, state);
    const c = sliceColumns(tape, ssm, stepRank + state, state);
    const [decay, skip] = [tape.constant(own.decay), tape.constant(own.skip)];
    return selectiveScan(tape, { u, delta: step, a: decay, b, c, skip }, { length: g.length });
  }
}
