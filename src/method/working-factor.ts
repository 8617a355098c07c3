/**
 * A Hessian's factor in the order that a method works in, with what is derived from it, made once for all layers that share inputs.
 *
 * It is launched and not waited for: methods go on with U at once, and `status`, read back together with the layer's codes, says
 * whether U held. Where it did not, what was made of it is dropped, `recover` finds a factor that does (float64 on the CPU, more
 * damping), and the layer is done again. Shapes as in statistics.ts.
 */
import { known, readTogether, type Readable } from '../gpu/readback';
import type { Pivots } from '../tensor/cholesky';
import { fallingOrder, setDiagonalWhereDead } from '../tensor/diagonal';
import {
  acceptFactor,
  holds,
  launchFactor,
  recoverFactor,
  type Announce,
  type Factor,
  type LaunchedFactor,
} from '../tensor/factor';
import { Indices } from '../tensor/indices';
import { multiplySquares } from '../tensor/matmul';
import { buffersOf, type Square } from '../tensor/panels';
import { permuteSymmetric, strictUpper } from '../tensor/permute';
import type { Tensor } from '../tensor/tensor';

/** Where columns stand: order[place] is the original column, position[column] its place. The same list in natural order. */
export interface WorkingOrder {
  readonly order: Indices;
  readonly position: Indices;
}

/** What the factor is made of; not owned. */
export interface FactorSource {
  readonly hessian: Square;
  readonly drift: Square | null;
  /** 1 × C, of the Hessian. */
  readonly diagonal: Tensor;
}

const SOUND: Readable<Pivots> = known({ clamped: 0, first: null, nonFinite: 0 });

export class WorkingFactor {
  readonly places: WorkingOrder;
  /** Until it is known to hold or to fail. */
  #launched: LaunchedFactor | null;
  #factor: Factor | null = null;
  #recovery: Promise<Factor> | null = null;
  #drift: Square | null = null;
  #deviation: Square | null = null;

  /** Launches the factor. */
  constructor(
    private readonly source: FactorSource,
    damping: number,
    private readonly actOrder: boolean,
  ) {
    this.places = actOrder ? fallingOrder(source.diagonal) : naturalOrder(source.hessian);
    const h = this.#revived();
    this.#launched = launchFactor(h, damping);
    h.release();
  }

  /** Waits where another layer has found that the factor does not hold. Throws QS-NUM-01 and QS-NUM-02 where none does. */
  async ready(): Promise<void> {
    await this.#recovery;
  }

  /** U, upper; worth what `status` says. */
  get u(): Square {
    const factor = this.#factor ?? this.#launched;
    if (!factor) throw new Error('bug: this Hessian has no factor');
    return factor.u;
  }

  /** To be read back with what was made of U. */
  get status(): Readable<Pivots> {
    return this.#launched?.status ?? SOUND;
  }

  /** The factor, where the status that was read lets it hold; null where it is to be recovered. */
  accept(status: Pivots): Factor | null {
    if (this.#launched && holds(status)) {
      this.#factor = acceptFactor(this.#launched);
      this.#launched = null;
    }
    return this.#factor;
  }

  /** Finds a factor in place of the launched one, which did not hold. Throws as `ready` does. */
  recover(status: Pivots, announce?: Announce): Promise<Factor> {
    this.#recovery ??= this.#recover(status, announce);
    return this.#recovery;
  }

  async #recover(status: Pivots, announce?: Announce): Promise<Factor> {
    const failed = this.#launched;
    if (!failed) throw new Error('bug: a factor that holds is not to be recovered');
    this.#launched = null;
    this.#deviation?.release();
    this.#deviation = null;
    const h = this.#revived();
    try {
      this.#factor = await recoverFactor(h, failed, status, announce);
      return this.#factor;
    } finally {
      h.release();
    }
  }

  /** The factor once it is certain: a readback of its own. Throws as `ready` does. */
  async certain(announce?: Announce): Promise<Factor> {
    await this.ready();
    if (this.#factor) return this.#factor;
    const [status] = await readTogether(this.source.hessian.gpu, this.status);
    return this.accept(status) ?? this.recover(status, announce);
  }

  /** D in the working order. Throws where no full-precision stream was collected. */
  get drift(): Square {
    if (!this.source.drift) throw new Error('bug: this method needs the drift of the inputs, which was not collected');
    this.#drift ??= this.#ordered(this.source.drift);
    return this.#drift;
  }

  /** P = triu₁(D Uᵀ) U in the working order, without α. */
  get deviation(): Square {
    this.#deviation ??= this.#deviate();
    return this.#deviation;
  }

  #deviate(): Square {
    const product = multiplySquares('nt', this.drift, this.u, 'D Uᵀ');
    strictUpper(product);
    const p = multiplySquares('nn', product, this.u, 'P');
    // P is strictly upper by construction; rounding leaves nothing below because both factors are zero there.
    product.release();
    return p;
  }

  /** H in the working order, with ones where inputs are always zero. */
  #revived(): Square {
    const h = this.#ordered(this.source.hessian);
    setDiagonalWhereDead(h);
    return h;
  }

  #ordered(matrix: Square): Square {
    return this.actOrder ? permuteSymmetric(matrix, this.places.order) : matrix.clone('matrix in working order');
  }

  /** Gives back what is still held of it after memory ran out in the middle of something (Gpu.attempt). */
  abandon(): void {
    const { gpu } = this.source.hessian;
    const parts = [this.#factor?.u, this.#launched?.u, this.#launched?.status, this.#drift, this.#deviation];
    for (const part of new Set([...parts, this.places.order, this.places.position])) {
      for (const buffer of part ? buffersOf(part) : []) gpu.buffers.releaseHeld(buffer);
    }
  }

  async release(): Promise<void> {
    await this.#recovery?.catch(() => null);
    this.#factor?.u.release();
    this.#launched?.u.release();
    this.#launched?.status.release();
    this.#drift?.release();
    this.#deviation?.release();
    for (const places of new Set([this.places.order, this.places.position])) places.release();
  }
}

function naturalOrder({ gpu, cols }: Square): WorkingOrder {
  const places = Indices.natural(gpu, cols);
  return { order: places, position: places };
}
