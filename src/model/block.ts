/**
 * Runs a pre-norm transformer block stage by stage (model.ts says which stages there are and who owns what). Everything but the
 * linears happens here: norms, rotary positions, attention, activation, residual additions.
 */
import type { Gpu } from '../gpu/gpu';
import { activate, siluGate } from '../tensor/activation';
import { causalAttention } from '../tensor/attention';
import { addInto } from '../tensor/bias';
import { mergeHeads, splitHeads } from '../tensor/heads';
import { ropeTable, rotate } from '../tensor/rope';
import type { Tensor } from '../tensor/tensor';
import { applyLinear } from './linear';
import type {
  Block,
  BlockRunner,
  BlockState,
  Geometry,
  Linear,
  Model,
  Role,
  TransformerPlan,
  WeightSource,
} from './model';
import { Norm, readVectors, tensorsOf, uploadVector } from './norm';

/** Loads what a block has besides its linears' weights: norms and biases. */
export async function loadBlock(gpu: Gpu, source: WeightSource, model: Model, index: number): Promise<BlockRunner> {
  const block = model.blocks[index];
  const { inputNorm, outputNorm, attention } = transformerPlan(block);
  const biased = block.stages.flatMap(({ linears }) => linears.filter(({ bias }) => bias !== null));
  const vectors = await readVectors(source, [
    ...[inputNorm, outputNorm, attention.queryNorm, attention.keyNorm].flatMap(tensorsOf),
    ...biased.map(({ bias }) => bias),
  ]);
  return new TransformerBlock(gpu, block, {
    input: new Norm(gpu, vectors, inputNorm),
    output: new Norm(gpu, vectors, outputNorm),
    query: attention.queryNorm && new Norm(gpu, vectors, attention.queryNorm),
    key: attention.keyNorm && new Norm(gpu, vectors, attention.keyNorm),
    biases: new Map(biased.map(({ name, bias }) => [name, uploadVector(gpu, vectors, bias ?? '')])),
  });
}

/** A block's plan, known to be a transformer's. */
export function transformerPlan({ name, plan }: Block): TransformerPlan {
  if (plan.kind !== 'transformer') throw new Error(`bug: ${name} is no transformer block`);
  return plan;
}

/** A whole block: takes `hidden` and returns its output. `weight` gives each linear's W, rows × cols, and keeps it. */
export function runBlock(
  runner: BlockRunner,
  block: Block,
  hidden: Tensor,
  g: Geometry,
  weight: (linear: Linear) => Tensor,
): Tensor {
  let state = runner.begin(hidden, g);
  block.stages.forEach(({ linears }, stage) => {
    const { tap } = state;
    if (!tap) throw new Error(`bug: stage ${stage} of ${block.name} has no input`);
    const outputs = linears.map((linear) => applyLinear(tap, weight(linear), runner.bias(linear)));
    state = runner.advance(stage, state, outputs, g);
  });
  return state.residual;
}

interface Parts {
  readonly input: Norm;
  readonly output: Norm;
  readonly query: Norm | null;
  readonly key: Norm | null;
  readonly biases: ReadonlyMap<string, Tensor>;
}

class TransformerBlock implements BlockRunner {
  /** Cosines and sines for at least the longest window seen. */
  #ropeTable: Tensor | null = null;

  constructor(
    private readonly gpu: Gpu,
    private readonly block: Block,
    private readonly parts: Parts,
  ) {}

  begin(hidden: Tensor, g: Geometry): BlockState {
    if (hidden.rows !== g.windows * g.length) {
      throw new Error(`bug: ${hidden.rows} tokens are not ${g.windows} windows of ${g.length}`);
    }
    return { residual: hidden, tap: this.parts.input.apply(hidden) };
  }

  advance(stage: number, { residual, tap }: BlockState, outputs: readonly Tensor[], g: Geometry): BlockState {
    const { linears } = this.block.stages[stage];
    if (!tap || outputs.length !== linears.length || outputs.some((y, i) => y.cols !== linears[i].rows)) {
      throw new Error(`bug: stage ${stage} of ${this.block.name} was given other outputs than its linears make`);
    }
    tap.release();
    switch (stage) {
      case 0:
        return { residual, tap: this.#attend(outputs, g) };
      case 1:
        consume(outputs[0], (branch) => addInto(residual, branch));
        return { residual, tap: this.parts.output.apply(residual) };
      case 2:
        return { residual, tap: this.#activate(outputs) };
      default:
        consume(outputs[0], (branch) => addInto(residual, branch));
        return { residual, tap: null };
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

  /** Tokens × (heads · dim) from the stage's outputs, which are released. */
  #attend(outputs: readonly Tensor[], g: Geometry): Tensor {
    const { heads, keyHeads, slidingWindow } = transformerPlan(this.block).attention;
    const [q, k, v] = this.#split(outputs, g);
    const query = this.#place(q, this.parts.query, g);
    const key = this.#place(k, this.parts.key, g);
    const mixed = causalAttention(query, key, v, g, { heads, keyHeads, slidingWindow });
    for (const part of [query, key, v]) part.release();
    return consume(mixed, (x) => mergeHeads(x, g, heads));
  }

  /** Heads of q, k and v: columns of one fused output, or an output each. */
  #split(outputs: readonly Tensor[], g: Geometry): [Tensor, Tensor, Tensor] {
    const { heads, keyHeads, dim } = transformerPlan(this.block).attention;
    const { linears } = this.block.stages[0];
    const of = (role: Role) => outputs[linears.findIndex((linear) => linear.role === role)];
    if (linears[0].role === 'qkv') {
      return consume(outputs[0], (fused) => [
        splitHeads(fused, g, { first: 0, heads, dim }),
        splitHeads(fused, g, { first: heads * dim, heads: keyHeads, dim }),
        splitHeads(fused, g, { first: (heads + keyHeads) * dim, heads: keyHeads, dim }),
      ]);
    }
    return [
      consume(of('q'), (q) => splitHeads(q, g, { first: 0, heads, dim })),
      consume(of('k'), (k) => splitHeads(k, g, { first: 0, heads: keyHeads, dim })),
      consume(of('v'), (v) => splitHeads(v, g, { first: 0, heads: keyHeads, dim })),
    ];
  }

  /** Norm over heads and rotary positions, where the plan has them. */
  #place(x: Tensor, norm: Norm | null, g: Geometry): Tensor {
    const { rope } = transformerPlan(this.block).attention;
    const normed = norm ? consume(x, (heads) => norm.apply(heads)) : x;
    if (!rope) return normed;
    if (!this.#ropeTable || this.#ropeTable.rows < g.length) {
      this.#ropeTable?.release();
      // Rounded up, because generation grows its window token by token.
      this.#ropeTable = ropeTable(this.gpu, rope, 2 ** Math.ceil(Math.log2(g.length)));
    }
    const table = this.#ropeTable;
    return consume(normed, (heads) => rotate(heads, table, g));
  }

  #activate(outputs: readonly Tensor[]): Tensor {
    const { activation } = transformerPlan(this.block);
    const { linears } = this.block.stages[2];
    if (activation !== 'silu_gate') return consume(outputs[0], (x) => activate(activation, x));
    const of = (role: Role) => outputs[linears.findIndex((linear) => linear.role === role)];
    const gated = siluGate(of('gate'), of('up'));
    for (const output of outputs) output.release();
    return gated;
  }
}

/** Lets `body` launch work on a tensor, then gives the tensor back. */
function consume<T>(tensor: Tensor, body: (tensor: Tensor) => T): T {
  const result = body(tensor);
  tensor.release();
  return result;
}
