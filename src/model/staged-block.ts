/**
 * A block without its linears, on a tape: the caller applies the linears, so that quantized weights can be put in between, and
 * trained there. One description serves the plain forward pass of a run (a tape that does not record) and training through the block.
 */
import type { Gpu } from '../gpu/gpu';
import { Tape, type Variable } from '../gradient/tape';
import { add } from '../gradient/elementwise';
import { fixedLinear, linear as applyLinear } from '../gradient/linear';
import { addBias } from '../tensor/bias';
import type { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import { contextOn, type Context } from './context';
import { hookedTap, type Hooks } from './hooks';
import type { Block, Geometry, Linear } from './model';

/** The activations between two stages, tokens × width each, window after window, on the tape of the call that made them. */
export interface StageState {
  readonly residual: Variable;
  /** Input of the next stage's linears; null after the last stage. */
  readonly tap: Variable | null;
  /** What later stages of this block still need. */
  readonly carry: readonly Variable[];
}

/** The same off any tape: tensors of whoever holds the state. */
export interface HeldState {
  readonly residual: Tensor;
  readonly tap: Tensor | null;
  readonly carry: readonly Tensor[];
}

export interface StagedBlock {
  readonly block: Block;
  /** `hidden` has what it reads of earlier blocks behind its own columns (skips.ts); `context` steers it, null where nothing does. */
  begin(tape: Tape, hidden: Variable, context: Context<Variable> | null, g: Geometry): StageState;
  /** `outputs`: y = x·Wᵀ + b of the stage's linears, in their order. Hooks act within; those of taps are the caller's to ask. */
  advance(
    tape: Tape,
    stage: number,
    state: StageState,
    outputs: readonly Variable[],
    g: Geometry,
    hooks?: Hooks | null,
  ): StageState;
  /** A linear's bias, 1 × rows; it stays the block's. */
  bias(linear: Linear): Tensor | null;
  release(): void;
}

/** How a block is run otherwise than its tensors say. */
export interface Bindings<W> {
  /** A linear's W, rows × cols. */
  weight(linear: Linear): W;
  readonly hooks?: Hooks | null;
  /** What is added to a linear's bias, 1 × rows; it stays the caller's. */
  bias?(linear: Linear): Tensor | null;
  /** A branch beside W, which sees the tap before it is rounded: y + (x·Aᵀ)·Bᵀ. */
  beside?(linear: Linear): Branch<W> | null;
}

/** Low rank: A is r × cols, B rows × r. */
export interface Branch<W> {
  readonly a: W;
  readonly b: W;
}

/** A whole block. */
export function runStaged(
  tape: Tape,
  staged: StagedBlock,
  hidden: Variable,
  context: Context<Variable> | null,
  g: Geometry,
  { weight, hooks = null, bias: more, beside }: Bindings<Variable>,
): Variable {
  const { index } = staged.block;
  let state = staged.begin(tape, hidden, context, g);
  staged.block.stages.forEach((_, stage) => {
    const seen = hookedTap(hooks, tape, index, stage, tapOf(staged, stage, state.tap), g);
    const outputs = staged.block.stages[stage].linears.map((linear) => {
      const bias = staged.bias(linear);
      const y = applyLinear(tape, seen.rounded, weight(linear), bias && tape.constant(bias));
      shift(y, more?.(linear));
      const branch = beside?.(linear);
      return branch ? add(tape, y, applyLinear(tape, applyLinear(tape, seen.tap, branch.a, null), branch.b, null)) : y;
    });
    state = staged.advance(tape, stage, state, outputs, g, hooks);
  });
  return state.residual;
}

/**
 * A whole block that never goes back: each stage's intermediates are given back before the next. Takes `hidden`; `context` stays the
 * caller's, and the bindings keep what they give.
 */
export function passThrough(
  gpu: Gpu,
  staged: StagedBlock,
  hidden: Tensor,
  context: Context | null,
  g: Geometry,
  { weight, hooks = null, bias: more, beside }: Bindings<Weight>,
): Tensor {
  const { index } = staged.block;
  let state = detached(gpu, (tape, own) => staged.begin(tape, own(hidden), contextOn(tape, context), g));
  staged.block.stages.forEach((_, stage) => {
    state = detached(gpu, (tape, own) => {
      const tap = own(tapOf(staged, stage, state.tap));
      const seen = hookedTap(hooks, tape, index, stage, tap, g);
      const outputs = staged.block.stages[stage].linears.map((linear) => {
        const y = fixedLinear(tape, seen.rounded, weight(linear), staged.bias(linear));
        shift(y, more?.(linear));
        const branch = beside?.(linear);
        return branch
          ? add(tape, y, fixedLinear(tape, fixedLinear(tape, seen.tap, branch.a, null), branch.b, null))
          : y;
      });
      const before = { residual: own(state.residual), tap, carry: state.carry.map(own) };
      return staged.advance(tape, stage, before, outputs, g, hooks);
    });
  });
  return state.residual;
}

/** The state that `step` gives on a tape of its own, which does not record. What goes through `own` is taken over. */
export function detached(gpu: Gpu, step: (tape: Tape, own: (tensor: Tensor) => Variable) => StageState): HeldState {
  const tape = new Tape(gpu, { recording: false });
  const taken = new Set<Tensor>();
  // A value may stand in a state twice; the second time it is copied.
  const take = (variable: Variable) => {
    if (taken.has(variable.value)) return variable.value.clone();
    taken.add(variable.value);
    return tape.take(variable);
  };
  try {
    const { residual, tap, carry } = step(tape, (tensor) => tape.constant(tape.keep(tensor)));
    return { residual: take(residual), tap: tap && take(tap), carry: carry.map(take) };
  } finally {
    tape.release();
  }
}

/** A constant added to every row: nothing goes back through it. */
function shift({ value }: Variable, by: Tensor | null | undefined): void {
  if (by) addBias(value, by);
}

function tapOf<T>({ block }: StagedBlock, stage: number, tap: T | null): T {
  if (!tap) throw new Error(`bug: stage ${stage} of ${block.name} has no input`);
  return tap;
}
