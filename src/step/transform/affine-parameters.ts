/**
 * The parameters of a learned affine transform before one stage, and what the tape makes of them (Sun et al. 2025, arXiv:2410.09426; as
 * released):
 *   A = U·diag(s)·Vᵀ,  A⁻ᵀ = U·diag(1/s)·Vᵀ,  U = U₀·Cayley(P), V = V₀·Cayley(R), s = eᵗ;  c = c₀·eᵈ
 * so that neither factor is ever inverted, and its condition is the ratio of the largest and the smallest s. P = R = 0, t = 0, d = 0 is the
 * start. A bound on the condition is a bound on t.
 */
import { cayley } from '../../gradient/cayley';
import { exp } from '../../gradient/activation';
import { multiply, negative } from '../../gradient/elementwise';
import { kronecker } from '../../gradient/kronecker';
import { matmul } from '../../gradient/matmul';
import { gateRows } from '../../gradient/modulation';
import { Parameter, type Tape, type Variable } from '../../gradient/tape';
import type { Gpu } from '../../gpu/gpu';
import * as host from '../../numerics/matrix';
import * as orthogonal from '../../numerics/orthogonal';
import { Tensor } from '../../tensor/tensor';

/** What a factor is before it learns: U₀·V₀ᵀ. */
export interface FactorStart {
  readonly u: host.Matrix;
  readonly v: host.Matrix;
}

export interface TapStart {
  readonly stage: number;
  readonly factors: readonly [a: FactorStart, b: FactorStart];
  /** c₀; null without a diagonal. */
  readonly diagonal: Float64Array | null;
}

/** A transform as plain numbers. */
export interface TapValues {
  readonly stage: number;
  readonly a: host.Matrix;
  readonly b: host.Matrix;
  readonly diagonal: Float64Array | null;
  readonly condition: number;
}

/** What stands before a stage's linears on a tape. */
export interface TapOnTape {
  /** (x ⊙ c)·(A ⊗ B). */
  inputs(x: Variable): Variable;
  /** (W ⊘ c)·(A ⊗ B)⁻ᵀ. */
  weight(w: Variable): Variable;
}

class LearnedFactor {
  readonly #u: Tensor;
  readonly #v: Tensor;
  readonly turnU: Parameter;
  readonly turnV: Parameter;
  /** t, 1 × n. */
  readonly logs: Parameter;

  constructor(
    gpu: Gpu,
    private readonly start: FactorStart,
  ) {
    const n = start.u.rows;
    this.#u = Tensor.from(gpu, n, n, start.u.data, 'U₀');
    this.#v = Tensor.from(gpu, n, n, start.v.data, 'V₀');
    this.turnU = new Parameter(Tensor.zeros(gpu, n, n, 'turn of U'));
    this.turnV = new Parameter(Tensor.zeros(gpu, n, n, 'turn of V'));
    this.logs = new Parameter(Tensor.zeros(gpu, 1, n, 'logarithms of singular values'));
  }

  get parameters(): Parameter[] {
    return [this.turnU, this.turnV, this.logs];
  }

  /** The factor, and its inverse transposed. */
  on(tape: Tape): { readonly factor: Variable; readonly back: Variable } {
    const u = matmul(tape, 'nn', tape.constant(this.#u), cayley(tape, this.turnU));
    const v = matmul(tape, 'nn', tape.constant(this.#v), cayley(tape, this.turnV));
    const of = (logs: Variable) => matmul(tape, 'nt', gateRows(tape, u, exp(tape, logs), u.value.rows), v);
    return { factor: of(this.logs), back: of(negative(tape, this.logs)) };
  }

  async values(): Promise<{ readonly matrix: host.Matrix; readonly condition: number }> {
    const u = turned(this.start.u, await this.turnU.value.read());
    const v = turned(this.start.v, await this.turnV.value.read());
    const s = Float64Array.from(await this.logs.value.read(), Math.exp);
    const scaled = host.matrix(
      u.rows,
      u.cols,
      u.data.map((value, i) => value * s[i % u.cols]),
    );
    return { matrix: host.matmul('nt', scaled, v), condition: Math.max(...s) / Math.min(...s) };
  }

  release(): void {
    for (const parameter of this.parameters) parameter.clearGrad();
    for (const tensor of [this.#u, this.#v, ...this.parameters.map(({ value }) => value)]) tensor.release();
  }
}

/** Q₀·Cayley of the skew part. */
function turned(start: host.Matrix, turn: Float32Array): host.Matrix {
  return host.multiply(start, orthogonal.cayley(orthogonal.skewPart(host.matrix(start.rows, start.cols, turn))));
}

export class LearnedTap {
  readonly #factors: readonly [LearnedFactor, LearnedFactor];
  /** c₀ and 1/c₀, 1 × width; null without a diagonal. */
  readonly #scales: { readonly there: Tensor; readonly back: Tensor } | null;
  /** d, 1 × width. */
  readonly #logs: Parameter | null;

  constructor(
    gpu: Gpu,
    private readonly start: TapStart,
  ) {
    const [a, b] = start.factors;
    this.#factors = [new LearnedFactor(gpu, a), new LearnedFactor(gpu, b)];
    const { diagonal } = start;
    const row = (values: Float64Array, label: string) => Tensor.from(gpu, 1, values.length, values, label);
    this.#scales = diagonal && {
      there: row(diagonal, 'diagonal'),
      back: row(
        diagonal.map((scale) => 1 / scale),
        'inverse diagonal',
      ),
    };
    this.#logs = diagonal && new Parameter(Tensor.zeros(gpu, 1, diagonal.length, 'logarithms of a diagonal'));
  }

  get stage(): number {
    return this.start.stage;
  }

  get parameters(): Parameter[] {
    return [...this.#factors.flatMap(({ parameters }) => parameters), ...(this.#logs ? [this.#logs] : [])];
  }

  on(tape: Tape): TapOnTape {
    const [a, b] = this.#factors.map((factor) => factor.on(tape));
    const gate = (x: Variable, c: Variable | null) => (c ? gateRows(tape, x, c, x.value.rows) : x);
    const logs = this.#logs;
    const scales = this.#scales;
    const there = logs && scales && multiply(tape, tape.constant(scales.there), exp(tape, logs));
    const back = logs && scales && multiply(tape, tape.constant(scales.back), exp(tape, negative(tape, logs)));
    return {
      inputs: (x) => kronecker(tape, gate(x, there), a.factor, b.factor),
      weight: (w) => kronecker(tape, gate(w, back), a.back, b.back),
    };
  }

  /** Brings the singular values of either factor, and what the diagonal has moved by, back within √bound of each other. */
  async bound(condition: number): Promise<void> {
    const most = Math.log(condition) / 4;
    const held = [...this.#factors.map(({ logs }) => logs), ...(this.#logs ? [this.#logs] : [])];
    for (const { value } of held) {
      const values = await value.read();
      if (values.every((log) => Math.abs(log) <= most)) continue;
      value.writeRows(
        0,
        values.map((log) => Math.min(Math.max(log, -most), most)),
      );
    }
  }

  async values(): Promise<TapValues> {
    const [a, b] = [await this.#factors[0].values(), await this.#factors[1].values()];
    const logs = this.#logs && (await this.#logs.value.read());
    const diagonal = logs && (this.start.diagonal?.map((scale, i) => scale * Math.exp(logs[i])) ?? null);
    return { stage: this.stage, a: a.matrix, b: b.matrix, diagonal, condition: a.condition * b.condition };
  }

  release(): void {
    for (const factor of this.#factors) factor.release();
    this.#logs?.clearGrad();
    for (const tensor of [this.#scales?.there, this.#scales?.back, this.#logs?.value]) tensor?.release();
  }
}
