/**
 * A layer on an affine grid of which something is learned: roundings beside fixed scales, scales and zeros with the weights, or clips of
 * ranges (tensor/learned-grid.ts). Weights, codes and latent roundings are rows × cols; grids rows × (2·groups): scales, then zeros.
 */
import { StudioError } from '../../base/errors';
import { roundHalfEven } from '../../codebook/order';
import type { Gpu } from '../../gpu/gpu';
import { readTogether } from '../../gpu/readback';
import { roundedWeights } from '../../gradient/learned-grid';
import { Tape, type Variable } from '../../gradient/tape';
import type { AffineTensor } from '../../quantizer/affine';
import { groupCount } from '../../quantizer/affine';
import { emptyGrid, fitGroups } from '../../tensor/affine-grid';
import { arrangeWeights } from '../../tensor/compensation';
import { Indices } from '../../tensor/indices';
import { agreement, roundedCodes, roundedWeights as rounded, type RoundingSpec } from '../../tensor/learned-grid';
import { Tensor } from '../../tensor/tensor';
import { decodeOnGpu } from '../finish';
import type { QuantizedLayer } from '../quantized-layer';

/** What of a row's options says what grid a layer has. */
export interface GridOptions {
  readonly bits: number;
  readonly groupSize: number | null;
  readonly symmetric: boolean;
}

/** What is learned, given by the method; all tensors are the method's. */
export interface LearnedParts {
  readonly form: RoundingSpec['form'];
  readonly decide?: RoundingSpec['decide'];
  /** The weight on the tape: a parameter where it is trained. */
  readonly weight: Variable;
  /** V, where the form has one. */
  readonly latent: Variable | null;
  /** The grid on a tape. */
  grid(tape: Tape): Variable;
  /** The grid before the first step. */
  readonly startGrid: Tensor;
}

export class GridLayer {
  readonly size: number;
  readonly groups: number;
  readonly #spec: RoundingSpec;

  constructor(
    /** Full precision; not changed. */
    readonly original: Tensor,
    readonly options: GridOptions,
    readonly parts: LearnedParts,
  ) {
    this.size = options.groupSize ?? original.cols;
    this.groups = groupCount(original.cols, options.groupSize);
    this.#spec = { form: parts.form, bits: options.bits, size: this.size, decide: parts.decide };
  }

  get weights(): number {
    return this.original.rows * this.original.cols;
  }

  /** What takes part in the loss. */
  effective(tape: Tape): Variable {
    const { weight, latent } = this.parts;
    return roundedWeights(tape, { weight, grid: this.parts.grid(tape), latent }, this.#spec);
  }

  /** Hard weights as they stand; the caller's. */
  hard(): Tensor {
    return this.#withGrid((grid) => rounded(this.#rounded(grid), this.#hard));
  }

  /** 1 where a code is that of the nearest level of the grid that was begun with, else 0; the caller's. */
  unchanged(): Tensor {
    const first = { weight: this.original, grid: this.parts.startGrid, latent: null };
    const [then, now] = [
      roundedCodes(first, { ...this.#spec, form: 'nearest' }),
      this.#withGrid((grid) => roundedCodes(this.#rounded(grid), this.#hard)),
    ];
    const same = agreement(then, now);
    for (const used of [then, now]) used.release();
    return same;
  }

  /** Throws QS-NUM-02 where a scale is not a positive number. */
  async finish(gpu: Gpu, note: string | null): Promise<QuantizedLayer<AffineTensor>> {
    const { rows, cols } = this.original;
    const { bits, symmetric } = this.options;
    const tape = new Tape(gpu, { recording: false });
    const grid = this.parts.grid(tape).value;
    const made = roundedCodes(this.#rounded(grid), this.#hard);
    const [codes, levels] = await readTogether(gpu, made.readable, grid.readable);
    made.release();
    tape.release();
    const { groups, size } = this;
    const scales = new Float32Array(rows * groups);
    const zeros = new Uint8Array(rows * groups);
    for (let row = 0; row < rows; row++) {
      for (let group = 0; group < groups; group++) {
        const at = 2 * row * groups + group;
        const [scale, zero] = [levels[at], levels[at + groups]];
        if (!Number.isFinite(scale) || !Number.isFinite(zero)) {
          throw new StudioError('QS-NUM-02', `row ${row} got the scale ${scale} and the zero point ${zero}.`);
        }
        // As the kernels take them (shaders/rounding/level.wgsl).
        scales[row * groups + group] = Math.max(scale, Math.fround(LEAST_SCALE));
        zeros[row * groups + group] = Math.min(2 ** bits - 1, Math.max(0, roundHalfEven(zero)));
      }
    }
    const tensor: AffineTensor = {
      ...{ kind: 'affine', rows, cols, bits, symmetric, groups, scales, zeros },
      codes: Uint8Array.from(codes),
      groupOf: Uint32Array.from({ length: cols }, (_, c) => Math.floor(c / size)),
    };
    return { tensor, q: decodeOnGpu(gpu, tensor), damping: null, retries: 0, note };
  }

  get #hard(): RoundingSpec {
    return this.#spec.form === 'soft' ? { ...this.#spec, form: 'hard' } : this.#spec;
  }

  #rounded(grid: Tensor) {
    const { weight, latent } = this.parts;
    return { weight: weight.value, grid, latent: latent?.value ?? null };
  }

  #withGrid(work: (grid: Tensor) => Tensor): Tensor {
    const tape = new Tape(this.original.gpu, { recording: false });
    const made = work(this.parts.grid(tape).value);
    tape.release();
    return made;
  }
}

const LEAST_SCALE = 1e-30;

/** The grid that RTN has of a weight, rows × (2·groups): its range, or the one with the least error. */
export async function fittedGrid(
  weight: Tensor,
  { bits, groupSize, symmetric }: GridOptions,
  clip: 'none' | 'mse',
): Promise<Float32Array<ArrayBuffer>> {
  const { gpu, rows, cols } = weight;
  const groups = groupCount(cols, groupSize);
  const place = Indices.natural(gpu, cols);
  const weights = arrangeWeights(weight, place);
  const grid = emptyGrid(gpu, rows, groups);
  fitGroups(weights, place, grid, { bits, symmetric, clip, groups, size: groupSize ?? cols });
  const values = await grid.read();
  for (const used of [place, weights, grid]) used.release();
  const turned = new Float32Array(values.length);
  values.forEach((value, i) => (turned[(i % rows) * 2 * groups + Math.floor(i / rows)] = value));
  return turned;
}

/** Each group's least and greatest weight, with 0 between them: rows × (2·groups). */
export async function reachOf(weight: Tensor, groupSize: number | null): Promise<Float32Array<ArrayBuffer>> {
  const { rows, cols } = weight;
  const groups = groupCount(cols, groupSize);
  const reach = new Float32Array(2 * rows * groups);
  (await weight.read()).forEach((value, i) => {
    const at = 2 * groups * Math.floor(i / cols) + Math.floor((i % cols) / (groupSize ?? cols));
    reach[at] = Math.min(reach[at], value);
    reach[at + groups] = Math.max(reach[at + groups], value);
  });
  return reach;
}
