/** A norm with its weights on the GPU, and reading the small vectors that norms and biases are. */
import type { Gpu } from '../gpu/gpu';
import * as onTape from '../gradient/norm';
import { Variable, type Tape } from '../gradient/tape';
import { layerNorm, rmsNorm } from '../tensor/norm';
import { Tensor } from '../tensor/tensor';
import type { BlockPlan, NormPlan, WeightSource } from './model';

/** Tensors' values by name. */
export type Vectors = ReadonlyMap<string, Float32Array>;

/** Vectors that are trained, by tensor: they stay the caller's. */
export type Leaves = ReadonlyMap<string, Variable>;

/** Reads tensors before anything is uploaded, so that a read that fails leaves nothing on the GPU. */
export async function readVectors(source: WeightSource, names: readonly (string | null)[]): Promise<Vectors> {
  const wanted = names.filter((name) => name !== null);
  const values = await Promise.all(wanted.map((name) => source.read(name)));
  return new Map(wanted.map((name, i) => [name, values[i]]));
}

/** One of `vectors` as a 1 × n tensor. */
export function uploadVector(gpu: Gpu, vectors: Vectors, name: string): Tensor {
  const values = vectors.get(name);
  if (!values) throw new Error(`bug: ${name} was not read`);
  return Tensor.from(gpu, 1, values.length, values, name);
}

/** Names of the tensors a norm needs. */
export function tensorsOf(norm: NormPlan | null): (string | null)[] {
  return norm ? [norm.weight, norm.bias] : [];
}

/** Those of a block that have gains of their own. */
export function normsOf(plan: BlockPlan): NormPlan[] {
  switch (plan.kind) {
    case 'transformer':
      return [plan.inputNorm, plan.outputNorm, plan.attention.queryNorm, plan.attention.keyNorm].filter(
        (norm) => norm !== null,
      );
    case 'mamba':
      return [plan.norm];
    case 'dit':
    case 'convolution':
    case 'unet-convolution':
    case 'unet-residual':
    case 'unet-attention':
    case 'unet-transformer':
      return [];
  }
}

export class Norm {
  readonly #weight: Variable;
  readonly #bias: Variable | null;
  readonly #eps: number;
  readonly #owned: Tensor[] = [];

  constructor(gpu: Gpu, vectors: Vectors, { weight, bias, eps }: NormPlan, leaves: Leaves = new Map()) {
    const variable = (name: string) => {
      const leaf = leaves.get(name);
      if (leaf) return leaf;
      const tensor = uploadVector(gpu, vectors, name);
      this.#owned.push(tensor);
      return new Variable(tensor, false);
    };
    this.#weight = variable(weight);
    this.#bias = bias === null ? null : variable(bias);
    this.#eps = eps;
  }

  /** LayerNorm where there is a bias, else RMSNorm. */
  apply(x: Tensor): Tensor {
    const [weight, bias] = [this.#weight.value, this.#bias?.value];
    return bias ? layerNorm(x, weight, bias, this.#eps) : rmsNorm(x, weight, this.#eps);
  }

  /** The same on a tape; of its weights only leaves take a gradient. */
  on(tape: Tape, x: Variable): Variable {
    return this.#bias
      ? onTape.layerNorm(tape, x, this.#weight, this.#bias, this.#eps)
      : onTape.rmsNorm(tape, x, this.#weight, this.#eps);
  }

  release(): void {
    for (const tensor of this.#owned) tensor.release();
  }
}
