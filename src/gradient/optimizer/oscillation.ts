/**
 * Weights whose codes swing between two levels of their row's grid while they are trained, and are frozen where they do so too often
 * (shaders/optimizer/oscillation.wgsl). Nagel, Fournarakis, Bondarenko, Blankevoort 2022, arXiv 2203.11086.
 */
import { defineKernel, linearGrid } from '../../gpu/kernel';
import { Tensor } from '../../tensor/tensor';

const OSCILLATION = defineKernel({
  shader: 'optimizer/oscillation',
  entry: 'main',
  buffers: ['read', 'write', 'write', 'write', 'write', 'write', 'write'],
  params: {
    count: 'u32',
    stride: 'u32',
    rows: 'u32',
    ends_stride: 'u32',
    top: 'f32',
    keep: 'f32',
    rest: 'f32',
    threshold: 'f32',
  },
});

export interface OscillationOptions {
  readonly bits: number;
  /** Of frequency and mean. */
  readonly momentum: number;
  /** Turns a step above which a weight is frozen. */
  readonly threshold: number;
}

/** Of one weight, rows × cols. Owns what it keeps of it. */
export class Oscillation {
  /** 1 where a weight is still trained, else 0: the optimizer's mask; zero in the padding. */
  readonly free: Tensor;
  readonly #level: Tensor;
  readonly #last: Tensor;
  readonly #frequency: Tensor;
  readonly #mean: Tensor;

  /** `levels`: where weights stand before the first step, rows × cols whole numbers of their grid's steps. */
  constructor(
    private readonly value: Tensor,
    /** 2 · rows × 1: lows, then highs. */
    private readonly ends: Tensor,
    private readonly options: OscillationOptions,
    levels: Float32Array<ArrayBuffer>,
  ) {
    const { gpu, rows, cols } = value;
    const empty = (label: string) => Tensor.zeros(gpu, rows, cols, label);
    this.free = Tensor.from(gpu, rows, cols, new Float32Array(rows * cols).fill(1), 'free weights');
    this.#level = Tensor.from(gpu, rows, cols, levels, 'levels');
    // A mean that begins where the weight stands.
    this.#mean = Tensor.from(gpu, rows, cols, levels, 'mean levels');
    this.#last = empty('last turns');
    this.#frequency = empty('frequency of turns');
  }

  /** All that the next steps depend on; stays its own. */
  get memory(): Readonly<Record<string, Tensor>> {
    return {
      free: this.free,
      level: this.#level,
      last: this.#last,
      frequency: this.#frequency,
      mean: this.#mean,
    };
  }

  /** After a step. */
  observe(): void {
    const { value, ends } = this;
    const { bits, momentum, threshold } = this.options;
    const count = value.bytes / 4;
    value.gpu.launch(OSCILLATION, {
      buffers: [ends, value, this.free, this.#level, this.#last, this.#frequency, this.#mean].map(
        ({ buffer }) => buffer,
      ),
      params: {
        count,
        stride: value.stride,
        rows: value.rows,
        ends_stride: ends.stride,
        top: 2 ** bits - 1,
        keep: momentum,
        rest: 1 - momentum,
        threshold,
      },
      grid: linearGrid(count, 64),
      work: 30 * count,
    });
  }

  release(): void {
    for (const tensor of Object.values(this.memory)) tensor.release();
  }
}
