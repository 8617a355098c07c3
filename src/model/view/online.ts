/**
 * Operations of a view that act while the network runs: exact, and part of what the view's tensors mean. A fast Hadamard transform of a
 * stage's input stands before weights that took it too, x·Ĥᵀ · (W·Ĥᵀ)ᵀ (QuaRot's and SpinQuant's R4); of queries and keys after rotary
 * positions it cancels in their product (R3). A Kronecker product stands before weights that took its inverse (kronecker.ts), and so do
 * scales of channels (turned-inputs.ts).
 */
import { hadamard } from '../../gradient/hadamard';
import { kronecker } from '../../gradient/kronecker';
import { gateRows } from '../../gradient/modulation';
import type { Tape, Variable } from '../../gradient/tape';
import type { Gpu } from '../../gpu/gpu';
import { hadamardFactors, type HadamardFactors } from '../../numerics/hadamard';
import { Hadamard } from '../../tensor/hadamard';
import { Tensor } from '../../tensor/tensor';
import type { AnyNetwork } from '../architecture';
import type { At, Hooks } from '../hooks';
import { attends, type Block } from '../model';
import type { Edit } from './edits';
import { hadamardMap } from './maps';
import { inputsOf } from './residual';
import { changed, type NetworkView, type OnlineOp } from './view';

interface Shaped {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float32Array | Float64Array;
}

/** Before the last projection of every block: what its MLP or its mixer passes on. */
export function withInnerTransforms<N extends AnyNetwork>(view: NetworkView<N>): NetworkView<N> {
  const edits = new Map<string, readonly Edit[]>();
  const online = view.network.blocks.map((block): OnlineOp => {
    const stage = block.stages.length - 1;
    const [linear] = block.stages[stage].linears;
    const factors = factorsOf(linear.cols);
    const { tensor, axis } = inputsOf(linear);
    edits.set(tensor, [{ kind: 'map', axis, map: hadamardMap(factors) }]);
    return { place: 'tap', block: block.index, stage, kind: 'hadamard', factors };
  });
  return changed(view, { key: 'inner transforms', edits, online });
}

/** On queries and keys of every block that attends. */
export function withHeadTransforms<N extends AnyNetwork>(view: NetworkView<N>): NetworkView<N> {
  const online = view.network.blocks.flatMap((block) => {
    const head = headOf(block, view.network.hidden);
    if (!head) return [];
    const factors = factorsOf(head.dim);
    return (['query', 'key'] as const).map((place): OnlineOp => {
      return { place, block: block.index, stage: head.stage, kind: 'hadamard', factors };
    });
  });
  return changed(view, { key: 'head transforms', edits: new Map(), online });
}

/** A view's operations as hooks, in their order; null where it has none. They hold tables of signs and matrices on the GPU. */
export function onlineHooks(gpu: Gpu, ops: readonly OnlineOp[]): Hooks | null {
  if (ops.length === 0) return null;
  const byPlace = new Map<string, OnlineOp[]>();
  for (const op of ops) byPlace.set(keyOf(op), [...(byPlace.get(keyOf(op)) ?? []), op]);
  const transforms = new Map<string, Hadamard>();
  const transformOf = (factors: HadamardFactors) => {
    const key = JSON.stringify(factors);
    const made = transforms.get(key) ?? new Hadamard(gpu, factors);
    transforms.set(key, made);
    return made;
  };
  const tensors = new Map<object, Tensor>();
  const tensorOf = (key: object, { rows, cols, data }: Shaped) => {
    const made = tensors.get(key) ?? Tensor.from(gpu, rows, cols, data, 'online factor');
    tensors.set(key, made);
    return made;
  };
  const apply = (tape: Tape, op: OnlineOp, x: Variable) => {
    if (op.kind === 'hadamard') return hadamard(tape, x, transformOf(op.factors));
    if (op.kind === 'kronecker') {
      return kronecker(tape, x, tape.constant(tensorOf(op.a, op.a)), tape.constant(tensorOf(op.b, op.b)));
    }
    const row = tensorOf(op.values, { rows: 1, cols: op.values.length, data: op.values });
    return gateRows(tape, x, tape.constant(row), x.value.rows);
  };
  return {
    on(tape: Tape, at: At, x: Variable): Variable {
      return (byPlace.get(keyOf(at)) ?? []).reduce((y, op) => apply(tape, op, y), x);
    },
    release() {
      for (const one of [...transforms.values(), ...tensors.values()]) one.release();
      transforms.clear();
      tensors.clear();
    },
  };
}

function keyOf({ place, block, stage }: Pick<At, 'place' | 'block' | 'stage'>): string {
  return `${place} ${block} ${stage}`;
}

function headOf({ plan }: Block, hidden: number): { readonly dim: number; readonly stage: number } | null {
  if (!attends(plan)) return null;
  return plan.kind === 'dit' ? { dim: hidden / plan.heads, stage: 1 } : { dim: plan.attention.dim, stage: 0 };
}

/** The step's face has looked: throws where there is none. */
function factorsOf(width: number): HadamardFactors {
  const factors = hadamardFactors(width);
  if (!factors) throw new Error(`bug: no Hadamard matrix of order ${width}`);
  return factors;
}
