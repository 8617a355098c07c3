/**
 * A pre-norm transformer block (model.ts says which stages there are): norms, heads, rotary positions, attention, activation, residual
 * additions. Language models read causally; in a vision transformer every token sees every other.
 */
import type { Gpu } from '../gpu/gpu';
import { activate, siluGate } from '../gradient/activation';
import { add } from '../gradient/elementwise';
import { mergeHeads, rotate, splitHeads } from '../gradient/heads';
import type { Tape, Variable } from '../gradient/tape';
import type { AttendOptions } from '../tensor/attend-inputs';
import { ropeTable } from '../tensor/rope';
import type { Tensor } from '../tensor/tensor';
import { hookedAttention, type AttentionPlace, type Hooks } from './hooks';
import type { Block, Geometry, Linear, NormPlan, Role, TransformerPlan, WeightSource } from './model';
import { Norm, normsOf, readVectors, tensorsOf, uploadVector, type Leaves } from './norm';
import type { Context } from './context';
import type { StagedBlock, StageState } from './staged-block';

export async function loadTransformerBlock(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  plan: TransformerPlan,
  leaves: Leaves,
): Promise<StagedBlock> {
  const { inputNorm, outputNorm, attention } = plan;
  const linears = block.stages.flatMap((stage) => stage.linears);
  const vectors = await readVectors(source, [...normsOf(plan).flatMap(tensorsOf), ...linears.map(({ bias }) => bias)]);
  const normed = (norm: NormPlan) => new Norm(gpu, vectors, norm, leaves);
  return new TransformerBlock(gpu, block, plan, {
    input: normed(inputNorm),
    output: normed(outputNorm),
    query: attention.queryNorm && normed(attention.queryNorm),
    key: attention.keyNorm && normed(attention.keyNorm),
    biases: new Map(
      linears.flatMap(({ name, bias }) => (bias ? [[name, uploadVector(gpu, vectors, bias)] as const] : [])),
    ),
  });
}

interface Parts {
  readonly input: Norm;
  readonly output: Norm;
  readonly query: Norm | null;
  readonly key: Norm | null;
  readonly biases: ReadonlyMap<string, Tensor>;
}

class TransformerBlock implements StagedBlock {
  /** Cosines and sines for at least the longest window seen. */
  #ropeTable: Tensor | null = null;

  constructor(
    private readonly gpu: Gpu,
    readonly block: Block,
    private readonly plan: TransformerPlan,
    private readonly parts: Parts,
  ) {}

  begin(tape: Tape, hidden: Variable, _context: Context<Variable> | null, g: Geometry): StageState {
    if (hidden.value.rows !== g.windows * g.length) {
      throw new Error(`bug: ${hidden.value.rows} tokens are not ${g.windows} windows of ${g.length}`);
    }
    return { residual: hidden, tap: this.parts.input.on(tape, hidden), carry: [] };
  }

  advance(
    tape: Tape,
    stage: number,
    { residual }: StageState,
    outputs: readonly Variable[],
    g: Geometry,
    hooks: Hooks | null = null,
  ): StageState {
    const { linears } = this.block.stages[stage];
    if (outputs.length !== linears.length || outputs.some((y, i) => y.value.cols !== linears[i].rows)) {
      throw new Error(`bug: stage ${stage} of ${this.block.name} was given other outputs than its linears make`);
    }
    switch (stage) {
      case 0:
        return { residual, tap: this.#attend(tape, outputs, g, hooks), carry: [] };
      case 1: {
        const x = add(tape, residual, outputs[0]);
        return { residual: x, tap: this.parts.output.on(tape, x), carry: [] };
      }
      case 2:
        return { residual, tap: this.#activate(tape, outputs), carry: [] };
      default:
        return { residual: add(tape, residual, outputs[0]), tap: null, carry: [] };
    }
  }

  bias(linear: Linear): Tensor | null {
    return this.parts.biases.get(linear.name) ?? null;
  }

  release(): void {
    const { input, output, query, key, biases } = this.parts;
    for (const part of [input, output, query, key, this.#ropeTable, ...biases.values()]) part?.release();
    this.#ropeTable = null;
  }

  /** Tokens × (heads · dim) from the stage's outputs. */
  #attend(tape: Tape, outputs: readonly Variable[], g: Geometry, hooks: Hooks | null): Variable {
    const { heads, keyHeads, causal, slidingWindow } = this.plan.attention;
    const options: AttendOptions = { heads, keyHeads, mask: causal ? 'causal' : 'full', slidingWindow };
    const at: AttentionPlace = { block: this.block.index, stage: 0, options };
    const [q, k, value] = this.#split(tape, outputs, g);
    const query = this.#turned(tape, this.#normed(tape, q, this.parts.query), g);
    const plain = this.#normed(tape, k, this.parts.key);
    const turn = (x: Variable) => this.#turned(tape, x, g);
    const attended = hookedAttention(hooks, tape, at, { query, plain, value, turn }, g);
    return mergeHeads(tape, attended, g, heads);
  }

  /** Heads of q, k and v: columns of one fused output, or an output each. */
  #split(tape: Tape, outputs: readonly Variable[], g: Geometry): [Variable, Variable, Variable] {
    const { heads, keyHeads, dim } = this.plan.attention;
    const { linears } = this.block.stages[0];
    const part = (x: Variable, first: number, count: number) =>
      splitHeads(tape, x, g, { first: first * dim, heads: count, dim });
    if (linears[0].role === 'qkv') {
      const [fused] = outputs;
      return [part(fused, 0, heads), part(fused, heads, keyHeads), part(fused, heads + keyHeads, keyHeads)];
    }
    const of = (role: Role) => outputs[linears.findIndex((linear) => linear.role === role)];
    return [part(of('q'), 0, heads), part(of('k'), 0, keyHeads), part(of('v'), 0, keyHeads)];
  }

  /** Norm over heads, where the plan has one. */
  #normed(tape: Tape, x: Variable, norm: Norm | null): Variable {
    return norm ? norm.on(tape, x) : x;
  }

  /** Rotary positions, where the plan has them. */
  #turned(tape: Tape, x: Variable, g: Geometry): Variable {
    const { rope } = this.plan.attention;
    if (!rope) return x;
    if (!this.#ropeTable || this.#ropeTable.rows < g.length) {
      this.#ropeTable?.release();
      // Rounded up, because generation grows its window token by token.
      this.#ropeTable = ropeTable(this.gpu, rope, 2 ** Math.ceil(Math.log2(g.length)));
    }
    return rotate(tape, x, this.#ropeTable, g);
  }

  #activate(tape: Tape, outputs: readonly Variable[]): Variable {
    const { activation } = this.plan;
    if (activation !== 'silu_gate') return activate(tape, activation, outputs[0]);
    const { linears } = this.block.stages[2];
    const of = (role: Role) => outputs[linears.findIndex((linear) => linear.role === role)];
    return siluGate(tape, of('gate'), of('up'));
  }
}
