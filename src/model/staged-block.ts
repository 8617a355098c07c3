/**
 * A block without its linears, on a tape: the caller applies the linears, so that quantized weights can be put in between, and
 * trained there. One description serves the plain forward pass of a run (a tape that does not record) and training through the block.
 */
import type { Tape, Variable } from '../gradient/tape';
import { linear as applyLinear } from '../gradient/linear';
import type { Tensor } from '../tensor/tensor';
import type { Block, Geometry, Linear } from './model';

/** The activations between two stages, tokens × width each, window after window, on the tape of the call that made them. */
export interface StageState {
  readonly residual: Variable;
  /** Input of the next stage's linears; null after the last stage. */
  readonly tap: Variable | null;
  /** What later stages of this block still need. */
  readonly carry: readonly Variable[];
}

export interface StagedBlock {
  readonly block: Block;
  /** `context` steers the block where the architecture has such a thing (DiT: windows × hidden), else null. */
  begin(tape: Tape, hidden: Variable, context: Variable | null, g: Geometry): StageState;
  /** `outputs`: y = x·Wᵀ + b of the stage's linears, in their order. */
  advance(tape: Tape, stage: number, state: StageState, outputs: readonly Variable[], g: Geometry): StageState;
  /** A linear's bias, 1 × rows; it stays the block's. */
  bias(linear: Linear): Tensor | null;
  release(): void;
}

/** A whole block. `weight` gives each linear's W, rows × cols. */
export function runStaged(
  tape: Tape,
  staged: StagedBlock,
  hidden: Variable,
  context: Variable | null,
  g: Geometry,
  weight: (linear: Linear) => Variable,
): Variable {
  let state = staged.begin(tape, hidden, context, g);
  staged.block.stages.forEach(({ linears }, stage) => {
    const { tap } = state;
    if (!tap) throw new Error(`bug: stage ${stage} of ${staged.block.name} has no input`);
    const outputs = linears.map((linear) => {
      const bias = staged.bias(linear);
      return applyLinear(tape, tap, weight(linear), bias && tape.constant(bias));
    });
    state = staged.advance(tape, stage, state, outputs, g);
  });
  return state.residual;
}
