/** What a quantizer did to activations over many calls: signal over error, and how much of it became zero. */
import type { Gpu } from '../gpu/gpu';
import { Scalars } from './reduce';
import type { Tensor } from './tensor';

export interface DistortionFigures {
  /** Σ x². */
  readonly signal: number;
  /** Σ (x − x̂)². */
  readonly error: number;
  /** 10·log10(signal / error) in dB; null where there is no error, or no signal. */
  readonly sqnr: number | null;
  /** Share of x̂ that is 0: CrossQuant's quantization kernel (arXiv 2410.07505). */
  readonly zeros: number;
  /** Share of x that was 0 before. */
  readonly zerosBefore: number;
}

export class Distortion {
  readonly #scalars: Scalars;
  #calls = 0;
  #values = 0;

  constructor(gpu: Gpu) {
    this.#scalars = new Scalars(gpu);
  }

  add(x: Tensor, quantized: Tensor): void {
    this.#scalars.sumOfSquares(x);
    this.#scalars.sumOfSquaredDifferences(x, quantized);
    this.#scalars.nonZeroCount(x);
    this.#scalars.nonZeroCount(quantized);
    this.#calls++;
    this.#values += x.rows * x.cols;
  }

  /** Of all calls since the last read: one readback. */
  async read(): Promise<DistortionFigures> {
    const [calls, count] = [this.#calls, this.#values];
    if (calls === 0) throw new Error('bug: the distortion of nothing');
    const read = await this.#scalars.read();
    const sum = (which: number) =>
      Array.from({ length: calls }, (_, i) => read[4 * i + which]).reduce((a, b) => a + b, 0);
    [this.#calls, this.#values] = [0, 0];
    const [signal, error] = [sum(0), sum(1)];
    const sqnr = signal === 0 || error === 0 ? null : 10 * Math.log10(signal / error);
    return { signal, error, sqnr, zeros: 1 - sum(3) / count, zerosBefore: 1 - sum(2) / count };
  }

  release(): void {
    this.#scalars.release();
  }
}
