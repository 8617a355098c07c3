/** A norm with its weights on the GPU, and reading the small vectors that norms and biases are. */
import type { Gpu } from '../gpu/gpu';
import * as onTape from '../gradient/norm';
import type { Tape, Variable } from '../gradient/tape';
import { layerNorm, rmsNorm } from '../tensor/norm';
import { Tensor } from '../tensor/tensor';
import type { NormPlan, WeightSource } from './model';

/** Tensors' values by name. */
export type Vectors = ReadonlyMap<string, Float32Array>;

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

export class Norm {
  readonly #weight: Tensor;
  readonly #bias: Tensor | null;
  readonly #eps: number;

  constructor(gpu: Gpu, vectors: Vectors, { weight, bias, eps }: NormPlan) {
    this.#weight = uploadVector(gpu, vectors, weight);
    this.#bias = bias === null ? null : uploadVector(gpu, vectors, bias);
    this.#eps = eps;
  }

  /** LayerNorm where there is a bias, else RMSNorm. */
  apply(x: Tensor): Tensor {
    return this.#bias ? layerNorm(x, this.#weight, this.#bias, this.#eps) : rmsNorm(x, this.#weight, this.#eps);
  }

  /** The same on a tape; its weights take no gradient. */
  on(tape: Tape, x: Variable): Variable {
    const weight = tape.constant(this.#weight);
    return this.#bias
      ? onTape.layerNorm(tape, x, weight, tape.constant(this.#bias), this.#eps)
      : onTape.rmsNorm(tape, x, weight, this.#eps);
  }

  release(): void {
    this.#weight.release();
    this.#bias?.release();
  }
}
