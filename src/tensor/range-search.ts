/**
 * A static range by least error: of shares 1, 1 − 1/steps, … of the range that was seen, the one whose Σ |x − x̂|^p over all that is shown is
 * least, for each cell (tensor, group of columns, column). 80 of 100 steps with p = 2.4 are QuaRot's and GPTQ's search; p = 2 is mean square.
 *
 *   const search = new RangeSearch(gpu, format, observer.ranges);
 *   for (const x of taps) search.add(x);
 *   const { ranges, shares } = await search.best();
 *
 * The kernel (shaders/activation/shrink.wgsl) sums by candidate and column, the host by cell, in float64.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import { leastByCell } from '../numerics/quantiles';
import { codeNumbers, layoutOf, sharedLayout, type ActivationFormat } from './activation-format';
import { axpy } from './elementwise';
import { foldCells } from './fake-quant';
import { Tensor } from './tensor';

const SHRINK = defineKernel({
  shader: 'activation/shrink',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    rows: 'u32',
    cols: 'u32',
    stride: 'u32',
    tile_cols: 'u32',
    range_stride: 'u32',
    candidates: 'u32',
    first: 'u32',
    steps: 'f32',
    parts: 'u32',
    panel: 'u32',
    power: 'f32',
    top: 'f32',
    least: 'f32',
    clip: 'f32',
    detail: 'f32',
    mantissa: 'u32',
    exponent: 'i32',
  },
  overrides: ['CODE', 'AWAY'],
});

/** Rows one thread adds up. */
const PANEL = 64;

export interface RangeSearchOptions {
  /** How many shares are tried, at most `steps`; default 80. */
  readonly candidates?: number;
  /** Default 100. */
  readonly steps?: number;
  /** Of the error; default 2. */
  readonly power?: number;
}

export class RangeSearch {
  readonly #candidates: number;
  readonly #steps: number;
  readonly #power: number;
  /** candidates × cols. */
  #errors: Tensor | null = null;

  /** `ranges` (2 × across) stays the caller's, and must stay until `best`. */
  constructor(
    private readonly gpu: Gpu,
    private readonly format: ActivationFormat,
    private readonly ranges: Tensor,
    { candidates = 80, steps = 100, power = 2 }: RangeSearchOptions = {},
  ) {
    if (!Number.isInteger(candidates) || candidates < 1 || candidates > steps || !(power > 0)) {
      throw new Error(`bug: ${candidates} of ${steps} shares of a range, by errors to the ${power}`);
    }
    [this.#candidates, this.#steps, this.#power] = [candidates, steps, power];
  }

  add(x: Tensor): void {
    const { gpu, ranges } = this;
    const { across, tileCols } = sharedLayout(x.rows, x.cols, this.format.cells);
    if (ranges.rows !== 2 || ranges.cols !== across || (this.#errors && this.#errors.cols !== x.cols)) {
      throw new Error(`bug: ${ranges.rows} × ${ranges.cols} ranges searched on ${x.rows} × ${x.cols}`);
    }
    const { code, ...numbers } = codeNumbers(this.format);
    const parts = Math.ceil(x.rows / PANEL);
    const sums = Tensor.zeros(gpu, this.#candidates, x.cols, 'errors of shares');
    // So few candidates at once that a launch stays within its work.
    const each = 40 * x.rows * x.stride;
    const atOnce = Math.max(1, Math.min(this.#candidates, Math.floor(gpu.workBudget / each)));
    for (let first = 0; first < this.#candidates; first += atOnce) {
      const candidates = Math.min(atOnce, this.#candidates - first);
      const errors = Tensor.zeros(gpu, candidates * parts, x.cols, 'errors of shares, by panels');
      gpu.launch(SHRINK, {
        buffers: [x.buffer, ranges.buffer, errors.buffer],
        params: {
          rows: x.rows,
          cols: x.cols,
          stride: x.stride / 4,
          tile_cols: tileCols,
          range_stride: ranges.stride,
          candidates,
          first,
          steps: this.#steps,
          parts,
          panel: PANEL,
          power: this.#power,
          clip: this.format.clip ?? 1,
          ...numbers,
        },
        grid: linearGrid((candidates * parts * x.stride) / 4, 64),
        overrides: { CODE: code, AWAY: this.format.rounding === 'away' ? 1 : 0 },
        work: candidates * each,
      });
      const folded = foldCells(
        errors,
        layoutOf(candidates * parts, x.cols, { per: 'column', tokens: parts }),
        0,
        'sums',
      );
      gpu.copy(folded.buffer, 0, sums.buffer, first * sums.stride * 4, candidates * sums.stride * 4);
      errors.release();
      folded.release();
    }
    if (this.#errors) {
      axpy(1, sums, this.#errors);
      sums.release();
    } else this.#errors = sums;
  }

  /** The ranges (2 × across, the caller's) and what share of those given they are; null where no share gave a number, which keeps its range. */
  async best(): Promise<{ ranges: Tensor; shares: (number | null)[] }> {
    if (!this.#errors) throw new Error('bug: the best range of nothing');
    const { cols } = this.#errors;
    const across = this.ranges.cols;
    const [errors, ends] = [await this.#errors.read(), await this.ranges.read()];
    const { tileCols } = sharedLayout(1, cols, this.format.cells);
    const best = leastByCell(errors, this.#candidates, cols, tileCols);
    const shares = best.map((k) => (k === null ? null : 1 - k / this.#steps));
    const shrunk = ends.slice();
    shares.forEach((share, cell) => {
      const [low, high] = clippedEnds(this.format, ends[cell], ends[across + cell], share ?? 1);
      [shrunk[cell], shrunk[across + cell]] = [low, high];
    });
    this.release();
    return { ranges: Tensor.from(this.gpu, 2, across, shrunk, 'ranges'), shares };
  }

  release(): void {
    this.#errors?.release();
    this.#errors = null;
  }
}

/** A range whose whole is `share` of the one given, as the format's clip understands it: about the middle, or towards zero. */
function clippedEnds({ code }: ActivationFormat, low: number, high: number, share: number): [number, number] {
  if (code.kind !== 'float offset') return [low * share, high * share];
  const [near, far] = [(1 + share) / 2, (1 - share) / 2];
  return [low * near + high * far, high * near + low * far];
}
