/**
 * Figures of logit rows that come a tile of columns at a time (shaders/model/stream-*.wgsl), so that the logits of a large vocabulary
 * are never there as a whole. A row's state is eight floats on the GPU; what it means is worked out on the host, in float64.
 */
import { defineKernel } from '../gpu/kernel';
import type { Gpu } from '../gpu/gpu';
import type { Readable } from '../gpu/readback';
import { Indices } from './indices';
import { ROW_OVERRIDES, rowLaunch, type RowOptions } from './row-lanes';
import { Tensor } from './tensor';

const PARAMS = { rows: 'u32', padded_rows: 'u32', cols: 'u32', stride: 'u32' } as const;
const CROSS_ENTROPY = defineKernel({
  shader: 'model/stream-cross-entropy',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { ...PARAMS, first: 'u32', fresh: 'u32' },
  overrides: ROW_OVERRIDES,
});
const KL = defineKernel({
  shader: 'model/stream-kl',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: { ...PARAMS, fresh: 'u32' },
  overrides: ROW_OVERRIDES,
});

/** Floats of a row's state. */
export const STATE_FLOATS = 8;
/** |E g| or |E g − E δ| from which KL is taken as a difference of sums; below, that would cancel. */
const FAR = 0.5;

/** What a state says of a row; NaN where a logit was NaN or infinite. */
export interface CrossEntropyRow {
  /** −log softmax(l)[target]; 0 where the row has no target. */
  readonly loss: number;
  /** Column of the largest logit. */
  readonly best: number;
}

/** A running state for `rows` rows. */
abstract class Streamed<T> implements Readable<T[]> {
  protected readonly state: Tensor;
  protected fresh = true;

  constructor(gpu: Gpu, rows: number, label: string) {
    this.state = Tensor.empty(gpu, rows, STATE_FLOATS, label);
  }

  get rows(): number {
    return this.state.rows;
  }

  protected abstract row(state: Float32Array, index: number): T;

  get ranges() {
    return this.state.readable.ranges;
  }

  decode(bytes: readonly ArrayBuffer[]): T[] {
    const values = this.state.readable.decode(bytes);
    return Array.from({ length: this.state.rows }, (_, r) =>
      this.row(values.subarray(r * STATE_FLOATS, (r + 1) * STATE_FLOATS), r),
    );
  }

  release(): void {
    this.state.release();
  }
}

export class StreamedCrossEntropy extends Streamed<CrossEntropyRow> {
  readonly #wanted: Indices;

  /** `targets`: a column of the whole each row; at or past `columns` means none. */
  constructor(
    gpu: Gpu,
    private readonly targets: Uint32Array<ArrayBuffer>,
    private readonly columns: number,
  ) {
    super(gpu, targets.length, 'cross-entropy so far');
    this.#wanted = Indices.from(gpu, targets, 'targets');
  }

  /** Joins columns first … first + logits.cols − 1, all rows. */
  add(logits: Tensor, first: number, options: RowOptions = {}): void {
    const { state } = this;
    if (logits.rows !== state.rows || first + logits.cols > this.columns) {
      throw new Error(`bug: logits of ${logits.rows} × ${logits.cols} at ${first} for ${state.rows} × ${this.columns}`);
    }
    logits.gpu.launch(CROSS_ENTROPY, {
      buffers: [logits.buffer, this.#wanted.buffer, state.buffer],
      params: { ...paramsOf(logits), first, fresh: this.fresh ? 1 : 0 },
      ...rowLaunch(logits.gpu, logits.paddedRows, options),
    });
    this.fresh = false;
  }

  protected row([highest, sum, wanted, best, bad]: Float32Array, index: number): CrossEntropyRow {
    if (bad > 0) return { loss: NaN, best: NaN };
    return { loss: this.targets[index] < this.columns ? Math.log(sum) + (highest - wanted) : 0, best };
  }

  override release(): void {
    super.release();
    this.#wanted.release();
  }
}

export class StreamedKl extends Streamed<number> {
  constructor(gpu: Gpu, rows: number) {
    super(gpu, rows, 'KL so far');
  }

  /** Joins the same columns of both. */
  add(p: Tensor, q: Tensor, options: RowOptions = {}): void {
    const { state } = this;
    if (p.rows !== state.rows || q.rows !== p.rows || q.cols !== p.cols) {
      throw new Error(`bug: KL of ${p.rows} × ${p.cols} and ${q.rows} × ${q.cols} for ${state.rows} rows`);
    }
    p.gpu.launch(KL, {
      buffers: [p.buffer, q.buffer, state.buffer],
      params: { ...paramsOf(p), fresh: this.fresh ? 1 : 0 },
      ...rowLaunch(p.gpu, p.paddedRows, options),
    });
    this.fresh = false;
  }

  protected row(state: Float32Array): number {
    return klOfState(state);
  }
}

/** KL of a row's state, as stream-kl.wgsl lays it out. */
export function klOfState(state: ArrayLike<number>): number {
  const [pHigh, pSum, qHigh, qSum, shift, spreadSum, meanSum, bad] = Array.from(state);
  if (bad > 0) return NaN;
  const [spread, mean] = [spreadSum / pSum, meanSum / pSum];
  const change = spread - mean; // E e⁻ᵈ − 1
  const near = Math.abs(spread) < FAR && Math.abs(change) < FAR;
  if (near) return Math.max(0, spread - (change - Math.log1p(change)));
  return Math.max(0, mean + shift - (pHigh - qHigh) - Math.log(pSum / qSum));
}

function paramsOf(x: Tensor) {
  return { rows: x.rows, padded_rows: x.paddedRows, cols: x.cols, stride: x.stride / 4 };
}
