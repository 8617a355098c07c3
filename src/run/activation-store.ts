/**
 * The activation streams: the full-precision one and one a row, each holding every chunk's state between the stages of a block.
 *
 * A chunk is a few windows of the calibration or the held-out set, in the same order in every stream (as GPTAQ's drift asks).
 * Keeping the state between stages lets each stage run once a stream, where re-running the block for every group of siblings would
 * run it four times. States stay on the GPU up to a byte budget; beyond it they rest in host memory until their turn.
 */
import type { Gpu } from '../gpu/gpu';
import { Tensor } from '../tensor/tensor';

/** A tensor that may rest in host memory. */
interface Held {
  tensor: Tensor | null;
  host: Float32Array<ArrayBuffer> | null;
  readonly rows: number;
  readonly cols: number;
}

/** Tensors by key with a budget of GPU bytes. `put` takes ownership, `take` gives it back. */
export class ActivationStore {
  readonly #held = new Map<string, Held>();
  #bytes = 0;
  #spilled = 0;

  constructor(
    private readonly gpu: Gpu,
    private readonly budgetBytes: number,
  ) {}

  /** Bytes that rest in host memory. */
  get spilledBytes(): number {
    return this.#spilled;
  }

  async put(key: string, tensor: Tensor): Promise<void> {
    if (this.#held.has(key)) throw new Error(`bug: activation ${key} is already held`);
    if (this.#bytes + tensor.bytes <= this.budgetBytes) {
      this.#bytes += tensor.bytes;
      this.#held.set(key, { tensor, host: null, rows: tensor.rows, cols: tensor.cols });
      return;
    }
    const host = await tensor.read();
    this.#spilled += host.byteLength;
    this.#held.set(key, { tensor: null, host, rows: tensor.rows, cols: tensor.cols });
    tensor.release();
  }

  take(key: string): Tensor {
    const held = this.#held.get(key);
    if (!held) throw new Error(`bug: activation ${key} is not held`);
    this.#held.delete(key);
    if (held.tensor) {
      this.#bytes -= held.tensor.bytes;
      return held.tensor;
    }
    const host = held.host as Float32Array<ArrayBuffer>;
    this.#spilled -= host.byteLength;
    return Tensor.from(this.gpu, held.rows, held.cols, host);
  }

  /** Lets `body` launch work on a tensor without taking it. */
  peek<T>(key: string, body: (tensor: Tensor) => T): T {
    const held = this.#held.get(key);
    if (!held) throw new Error(`bug: activation ${key} is not held`);
    if (held.tensor) return body(held.tensor);
    const visiting = Tensor.from(this.gpu, held.rows, held.cols, held.host as Float32Array<ArrayBuffer>);
    const result = body(visiting);
    visiting.release();
    return result;
  }

  releaseAll(): void {
    for (const { tensor } of this.#held.values()) tensor?.release();
    this.#held.clear();
    this.#bytes = 0;
    this.#spilled = 0;
  }
}
