/**
 * Rotations of a network on the tape. The stream itself stays in the checkpoint's basis, so that norms, embeddings, biases and the head stay
 * what they are; what is rounded is turned, rounded, and turned back:
 *   reads the stream     Q(x·R1) · Q(W·R1)ᵀ
 *   writes into it       x · (R1·Q(R1ᵀ·W))ᵀ
 *   v, o                 the same with R2 on either side, head by head
 * which is what the rotated network computes. Where weights are kept, the ways out cancel, and only inputs turn.
 */
import type { Gpu } from '../../gpu/gpu';
import { mergeHeads, splitHeads } from '../../gradient/heads';
import { matmul, transpose } from '../../gradient/matmul';
import { concatRows, sliceRows } from '../../gradient/slice';
import { Parameter, type Tape, type Variable } from '../../gradient/tape';
import type { Block, Geometry, Linear } from '../../model/model';
import type { Bindings } from '../../model/staged-block';
import { valueHeadsOf, type ResidualStream, type ValueHeads } from '../../model/view/residual';
import type { DiagonalPair } from '../../model/view/pairs';
import { headMap, residualMap, takesMeans, type RotationOptions } from '../../model/view/rotation';
import type { VectorMap } from '../../model/view/maps';
import type { NetworkView } from '../../model/view/view';
import { identity, matrix, multiply, type Matrix } from '../../numerics/matrix';
import { cayleyTurn } from '../../numerics/stiefel';
import { Tensor } from '../../tensor/tensor';
import type { NetworkLesson, StepState } from '../step';
import { LearnedScales } from './learned-scales';
import { headsOf, RESIDUAL, squareOf } from './rotation-state';

interface RotatedFrom {
  readonly gpu: Gpu;
  readonly lesson: NetworkLesson;
  /** Whose norms have no gains left, by rotation.ts. */
  readonly view: NetworkView;
  readonly stream: ResidualStream;
  readonly options: RotationOptions;
  /** Whether weights are rounded. */
  readonly weights: boolean;
  /** Whose scales are learned too. */
  readonly pairs?: readonly DiagonalPair[];
}

/** R = Q·T: T is in f32, so that what is stored is what is gone on with. */
class LearnedMatrix {
  readonly parameter: Parameter;
  #turn: Matrix;

  constructor(
    gpu: Gpu,
    private readonly start: Matrix,
    private readonly keepsMean: boolean,
  ) {
    const n = start.rows;
    this.#turn = identity(n);
    this.parameter = new Parameter(Tensor.from(gpu, n, n, start.data, 'rotation'));
  }

  get turn(): Float32Array<ArrayBuffer> {
    return Float32Array.from(this.#turn.data);
  }

  set turn(values: ArrayLike<number>) {
    this.#turn = squareOf(values);
    this.parameter.value.writeRows(0, Float32Array.from(multiply(this.start, this.#turn).data));
  }

  /** Takes the gradient up; false where it is not finite. */
  async step(rate: number): Promise<boolean> {
    const { rows: n } = this.start;
    const gradient = await this.parameter.grad?.read();
    this.parameter.clearGrad();
    if (!gradient) return true;
    if (!gradient.every(Number.isFinite)) return false;
    const turn = cayleyTurn(multiply(this.start, this.#turn), matrix(n, n, gradient), rate, this.keepsMean);
    if (turn) this.turn = Float32Array.from(multiply(this.#turn, turn).data);
    return true;
  }

  release(): void {
    this.parameter.clearGrad();
    this.parameter.value.release();
  }
}

export class RotatedNetwork {
  readonly #residual: LearnedMatrix;
  /** R2 by block. */
  readonly #heads = new Map<number, LearnedMatrix>();
  readonly #reads: ReadonlySet<string>;
  readonly #writes: ReadonlySet<string>;
  readonly #scales: LearnedScales | null;

  constructor(private readonly from: RotatedFrom) {
    const { gpu, view, stream, options, pairs = [] } = from;
    this.#scales = pairs.length > 0 ? new LearnedScales(gpu, pairs) : null;
    this.#reads = new Set(stream.norms.flatMap(({ readers }) => readers.map(({ tensor }) => tensor)));
    this.#writes = new Set(stream.writers.map(({ tensor }) => tensor));
    this.#residual = new LearnedMatrix(gpu, matrixOf(residualMap(stream, options)), takesMeans(stream));
    for (const block of options.heads ? view.network.blocks : []) {
      const heads = valueHeadsOf(block);
      if (heads) this.#heads.set(block.index, new LearnedMatrix(gpu, matrixOf(headMap(heads.dim, options)), false));
    }
  }

  /** R1, then R2 by block, then logarithms of scales. */
  get parameters(): Parameter[] {
    return [...[...this.#all.values()].map(({ parameter }) => parameter), ...(this.#scales?.parameters ?? [])];
  }

  /** The rotations as they are, for loss of a lesson. */
  readonly bindings = (tape: Tape, block: Block): Bindings<Variable> => {
    const own = this.#heads.get(block.index);
    const heads = own ? valueHeadsOf(block) : null;
    const turns: BlockTurns = { tape, residual: this.#residual.parameter, heads: own?.parameter ?? null, at: heads };
    return {
      weight: (linear) => this.#weight(block, linear, turns),
      hooks: {
        on: (_, { place, stage }, x, g) => {
          if (place !== 'tap') return x;
          const turned = this.#turned(block, stage, x, turns, g);
          return this.#scales?.inputs(tape, block.index, stage, turned) ?? turned;
        },
      },
    };
  };

  /** Goes one step along the gradients that have gathered; false where they are not finite. */
  async step(rate: number, scaleRate: number): Promise<boolean> {
    let sound = true;
    this.#scales?.step(scaleRate);
    for (const one of this.#all.values()) sound = (await one.step(rate)) && sound;
    return sound;
  }

  /** How far each rotation is turned, and scales. */
  async arrays(): Promise<StepState['arrays']> {
    const turns = Object.fromEntries([...this.#all].map(([name, { turn }]) => [name, turn]));
    return { ...turns, ...(await this.#scales?.arrays()) };
  }

  /** What the next steps depend on besides those. */
  async moments(): Promise<StepState['arrays']> {
    return (await this.#scales?.moments()) ?? {};
  }

  restore({ arrays }: StepState): void {
    for (const [name, one] of this.#all) one.turn = arrays[name];
    this.#scales?.restore(arrays);
  }

  release(): void {
    for (const one of this.#all.values()) one.release();
    this.#scales?.release();
  }

  get #all(): ReadonlyMap<string, LearnedMatrix> {
    const heads = [...this.#heads].map(([block, one]) => [headsOf(block), one] as const);
    return new Map([[RESIDUAL, this.#residual], ...heads]);
  }

  #turned(block: Block, stage: number, x: Variable, turns: BlockTurns, g: Geometry): Variable {
    const { tape, residual, at } = turns;
    if (block.stages[stage].linears.some(({ weight }) => this.#reads.has(weight))) {
      return matmul(tape, 'nn', x, residual);
    }
    return at?.stage === stage ? byHead(turns, x, g, at.output.count) : x;
  }

  /** W as the lesson applies it: inputs turned and scaled, outputs as they were. */
  #weight(block: Block, linear: Linear, turns: BlockTurns): Variable {
    const { lesson, weights } = this.from;
    const { tape, residual, at } = turns;
    const [output, value] = [at?.output.tensor === linear.weight, at?.values[0].tensor === linear.weight];
    let w: Variable = tape.constant(lesson.weight(linear));
    if (this.#reads.has(linear.weight)) w = matmul(tape, 'nn', w, residual);
    if (at && output) w = byHead(turns, w, { windows: 1, length: linear.rows }, at.output.count);
    const stage = block.stages.findIndex(({ linears }) => linears.includes(linear));
    w = this.#scales?.weight(tape, block.index, stage, w) ?? w;
    if (!weights) return w;
    const writes = this.#writes.has(linear.weight);
    if (writes) w = matmul(tape, 'tn', residual, w);
    if (at && value) w = byHeadOfRows(turns, w, at, false);
    w = lesson.storedWeight(tape, linear, w);
    if (at && value) w = byHeadOfRows(turns, w, at, true);
    return writes ? matmul(tape, 'nn', residual, w) : w;
  }
}

/** What turns in a block. */
interface BlockTurns {
  readonly tape: Tape;
  readonly residual: Variable;
  readonly heads: Variable | null;
  readonly at: ValueHeads | null;
}

/** x·(I ⊗ R2), or by R2ᵀ. */
function byHead({ tape, heads: r2 }: BlockTurns, x: Variable, g: Geometry, heads: number, back = false): Variable {
  if (!r2) throw new Error('bug: heads that do not turn');
  const parts = splitHeads(tape, x, g, { first: 0, heads, dim: r2.value.rows });
  return mergeHeads(tape, matmul(tape, back ? 'nt' : 'nn', parts, r2), g, heads);
}

/** The rows of W that values come from, as columns: (I ⊗ R2ᵀ)·W, or back by R2. The others stay. */
function byHeadOfRows(turns: BlockTurns, w: Variable, { dim, values }: ValueHeads, back: boolean): Variable {
  const { tape } = turns;
  const [{ first, count, size }] = values;
  const stretch = (from: number, rows: number) => (rows === 0 ? [] : [sliceRows(tape, w, from, rows)]);
  const own = first === 0 && count * dim === size ? w : sliceRows(tape, w, first, count * dim);
  const columns = transpose(tape, own);
  const g = { windows: 1, length: columns.value.rows };
  const turned = transpose(tape, byHead(turns, columns, g, count, back));
  const end = first + count * dim;
  const parts = [...stretch(0, first), turned, ...stretch(end, size - end)];
  return parts.length === 1 ? turned : concatRows(tape, parts);
}

/** A map as the matrix that it is: row i is what it makes of the i-th unit vector. */
function matrixOf({ size, apply }: VectorMap): Matrix {
  return matrix(size, size, apply(identity(size).data, size));
}
