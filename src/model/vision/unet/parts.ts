/** What the blocks of a U-Net hold on the GPU besides their linears: biases, GroupNorms and LayerNorms. */
import type { Gpu } from '../../../gpu/gpu';
import { silu } from '../../../gradient/activation';
import { groupNorm } from '../../../gradient/images';
import { layerNorm } from '../../../gradient/norm';
import type { Tape, Variable } from '../../../gradient/tape';
import type { Tensor } from '../../../tensor/tensor';
import type { Block, GroupNormPlan, Linear, NormPlan, WeightSource } from '../../model';
import { readVectors, tensorsOf, uploadVector } from '../../norm';

export class BlockParts {
  static async load(
    gpu: Gpu,
    source: WeightSource,
    { stages }: Block,
    norms: readonly (NormPlan | null)[],
  ): Promise<BlockParts> {
    const biases = stages.flatMap(({ linears }) => linears.flatMap(({ bias }) => bias ?? []));
    const vectors = await readVectors(source, [...biases, ...norms.flatMap(tensorsOf)]);
    return new BlockParts(new Map([...vectors.keys()].map((name) => [name, uploadVector(gpu, vectors, name)])));
  }

  private constructor(private readonly vectors: ReadonlyMap<string, Tensor>) {}

  bias({ bias }: Linear): Tensor | null {
    return bias === null ? null : this.#vector(bias);
  }

  /** Of images of so many pixels. */
  groupNorm(tape: Tape, x: Variable, { weight, bias, groups, eps }: GroupNormPlan, pixels: number): Variable {
    const [gain, shift] = [weight, bias].map((name) => tape.constant(this.#vector(name)));
    return groupNorm(tape, x, gain, shift, { groups, pixels, eps });
  }

  /** The norm, and SiLU behind it. */
  normed(tape: Tape, x: Variable, norm: GroupNormPlan, pixels: number): Variable {
    return silu(tape, this.groupNorm(tape, x, norm, pixels));
  }

  layerNorm(tape: Tape, x: Variable, { weight, bias, eps }: NormPlan): Variable {
    const shift = bias === null ? null : tape.constant(this.#vector(bias));
    return layerNorm(tape, x, tape.constant(this.#vector(weight)), shift, eps);
  }

  release(): void {
    for (const vector of this.vectors.values()) vector.release();
  }

  #vector(name: string): Tensor {
    const vector = this.vectors.get(name);
    if (!vector) throw new Error(`bug: ${name} was not read`);
    return vector;
  }
}
