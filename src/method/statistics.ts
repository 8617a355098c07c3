/**
 * The second-order statistics of a layer's inputs and what is derived from them, computed once for all layers that share the inputs.
 *
 * Shapes (cols = inputs C): H = (2/n)·XᵀX and D = (2/n)·(X̃ − X)ᵀX, both C × C, X tokens × C in the quantized stream, X̃ in the full
 * precision stream; U upper with (H + λI)⁻¹ = UᵀU; P = triu₁(D Uᵀ) U (GPTAQ theorem 4.2). algorithms.md sections 0.2 and 3.
 */
import { diagonal, setDiagonalWhereDead } from '../tensor/diagonal';
import { invertedFactor, type Factor } from '../tensor/factor';
import { matmul } from '../tensor/matmul';
import { permuteSymmetric, strictUpper } from '../tensor/permute';
import type { Tensor } from '../tensor/tensor';

/** The factor in one working order. */
export interface WorkingFactor {
  /** order[c] is the original column at working place c. */
  readonly order: Uint32Array<ArrayBuffer>;
  readonly factor: Factor;
}

export class InputStatistics {
  readonly #factors = new Map<string, Promise<WorkingFactor>>();
  readonly #drifts = new Map<boolean, Tensor>();
  readonly #deviations = new Map<string, Tensor>();

  private constructor(
    readonly hessian: Tensor,
    readonly drift: Tensor | null,
    /** 1 × C on the GPU; zero where an input is always zero. */
    readonly diagonal: Tensor,
    readonly hostDiagonal: Float32Array,
  ) {}

  /** Takes ownership of `hessian` and `drift`; reads the diagonal back. */
  static async of(hessian: Tensor, drift: Tensor | null): Promise<InputStatistics> {
    const diag = diagonal(hessian);
    return new InputStatistics(hessian, drift, diag, await diag.read());
  }

  get cols(): number {
    return this.hessian.rows;
  }

  /** Number of inputs that are zero for every token. */
  get deadColumns(): number {
    return this.hostDiagonal.reduce((count, value) => count + (value === 0 ? 1 : 0), 0);
  }

  /** U for this damping, in natural or act-order (falling diagonal). Computed once. Throws QS-NUM-01. */
  factor(damping: number, actOrder: boolean): Promise<WorkingFactor> {
    const key = `${damping} ${actOrder}`;
    const known = this.#factors.get(key);
    if (known) return known;
    const made = this.#factorize(damping, actOrder);
    this.#factors.set(key, made);
    return made;
  }

  async #factorize(damping: number, actOrder: boolean): Promise<WorkingFactor> {
    const order = actOrder ? descending(this.hostDiagonal) : identity(this.cols);
    const h = this.#ordered(this.hessian, order, actOrder);
    setDiagonalWhereDead(h);
    try {
      return { order, factor: await invertedFactor(h, { damping }) };
    } finally {
      h.release();
    }
  }

  /** D in the working order. Throws where no full-precision stream was collected. */
  workingDrift(order: Uint32Array<ArrayBuffer>, actOrder: boolean): Tensor {
    if (!this.drift) throw new Error('bug: this method needs the drift of the inputs, which was not collected');
    const known = this.#drifts.get(actOrder);
    if (known) return known;
    const made = this.#ordered(this.drift, order, actOrder);
    this.#drifts.set(actOrder, made);
    return made;
  }

  /** P = triu₁(D Uᵀ) U in the working order, without α. Computed once a factor. */
  async deviation(damping: number, actOrder: boolean): Promise<Tensor> {
    const key = `${damping} ${actOrder}`;
    const known = this.#deviations.get(key);
    if (known) return known;
    const { order, factor } = await this.factor(damping, actOrder);
    const product = matmul('nt', this.workingDrift(order, actOrder), factor.u, { label: 'D Uᵀ' });
    strictUpper(product);
    const p = matmul('nn', product, factor.u, { label: 'P' });
    // P is strictly upper by construction; rounding leaves nothing below because both factors are zero there.
    product.release();
    this.#deviations.set(key, p);
    return p;
  }

  #ordered(matrix: Tensor, order: Uint32Array<ArrayBuffer>, permuted: boolean): Tensor {
    if (!permuted) return matrix.clone();
    return permuteSymmetric(matrix, order);
  }

  async release(): Promise<void> {
    for (const made of this.#factors.values()) {
      const result = await made.catch(() => null);
      result?.factor.u.release();
    }
    for (const tensor of [...this.#drifts.values(), ...this.#deviations.values()]) tensor.release();
    this.hessian.release();
    this.drift?.release();
    this.diagonal.release();
  }
}

export function identity(n: number): Uint32Array<ArrayBuffer> {
  return Uint32Array.from({ length: n }, (_, i) => i);
}

/** Indices by falling value; equal values keep their order, as torch's stable sort does. */
export function descending(values: Float32Array): Uint32Array<ArrayBuffer> {
  return identity(values.length).sort((a, b) => values[b] - values[a] || a - b);
}
