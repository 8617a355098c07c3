/**
 * The second-order statistics of a layer's inputs and what is derived from them, computed once for all layers that share the inputs.
 *
 * Shapes (cols = inputs C): H = (2/n)·XᵀX and D = (2/n)·(X̃ − X)ᵀX, both C × C, X tokens × C in the quantized stream, X̃ in the full
 * precision stream; U upper with (H + λI)⁻¹ = UᵀU; P = triu₁(D Uᵀ) U (GPTAQ, arXiv:2504.02692, theorem 4.2).
 */
import { diagonal } from '../tensor/diagonal';
import type { Announce, Factor } from '../tensor/factor';
import { buffersOf, type Square } from '../tensor/panels';
import type { Tensor } from '../tensor/tensor';
import { WorkingFactor } from './working-factor';

export class InputStatistics {
  readonly #factors = new Map<string, WorkingFactor>();

  private constructor(
    readonly hessian: Square,
    readonly drift: Square | null,
    /** 1 × C; zero where an input is always zero. */
    readonly diagonal: Tensor,
  ) {}

  /** Takes ownership of `hessian` and `drift`. Nothing of them comes to the host. */
  static of(hessian: Square, drift: Square | null): InputStatistics {
    return new InputStatistics(hessian, drift, diagonal(hessian));
  }

  get cols(): number {
    return this.hessian.rows;
  }

  /** U for this damping, in natural or act-order (falling diagonal): launched when first asked for, and not waited for. */
  working(damping: number, actOrder: boolean): WorkingFactor {
    const key = `${damping} ${actOrder}`;
    const known = this.#factors.get(key);
    if (known) return known;
    const made = new WorkingFactor(this, damping, actOrder);
    this.#factors.set(key, made);
    return made;
  }

  /** The same for those who must know U before they can go on: a readback of its own. Throws QS-NUM-01 and QS-NUM-02. */
  factor(damping: number, actOrder: boolean, announce?: Announce): Promise<Factor> {
    return this.working(damping, actOrder).certain(announce);
  }

  /** Gives back what is still held of it after memory ran out in the middle of something (Gpu.attempt). */
  abandon(): void {
    for (const factor of this.#factors.values()) factor.abandon();
    for (const tensor of [this.hessian, this.drift, this.diagonal]) {
      for (const buffer of tensor ? buffersOf(tensor) : []) this.hessian.gpu.buffers.releaseHeld(buffer);
    }
  }

  async release(): Promise<void> {
    for (const factor of this.#factors.values()) await factor.release();
    for (const tensor of [this.hessian, this.drift, this.diagonal]) tensor?.release();
  }
}
