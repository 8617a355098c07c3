/**
 * What flows from block to block beside hidden states: in a U-Net some outputs wait, last in first out, and later blocks read them behind
 * their input's own columns, [h | skip]. It is done between blocks, so that a block has one input, and what is kept of it to run it once
 * more is that. Every stream has a stack of its own: a skip of quantized blocks is part of the error.
 * Ronneberger, Fischer and Brox 2015, arXiv 1505.04597. For networks without skips nothing here does anything.
 */
import { concatColumns as joined } from '../gradient/slice';
import type { Tape, Variable } from '../gradient/tape';
import { concatColumns, sliceColumns } from '../tensor/columns';
import { axpy } from '../tensor/elementwise';
import type { Tensor } from '../tensor/tensor';
import type { Block, SkipPlan } from './model';

/** A block as far as it is needed here. */
type Skipping = Pick<Block, 'name'> & { readonly skip?: Pick<SkipPlan, 'reads' | 'keeps'> };

/** A block's input; takes `hidden` and what it reads. */
export function enterBlock(block: Skipping, hidden: Tensor, kept: Tensor[]): Tensor {
  if (!reads(block)) return hidden;
  const skip = popped(block, kept, (tensor) => tensor);
  const input = concatColumns([hidden, skip]);
  hidden.release();
  skip.release();
  return input;
}

/** Lets a block's output wait where later blocks read it; `hidden` stays the caller's. */
export function leaveBlock({ skip }: Skipping, hidden: Tensor, kept: Tensor[]): void {
  if (skip?.keeps) kept.push(hidden.clone('skip'));
}

/** The same on one tape. */
export function enterOn(tape: Tape, block: Skipping, hidden: Variable, kept: Variable[]): Variable {
  return reads(block) ? joined(tape, [hidden, popped(block, kept, ({ value }) => value)]) : hidden;
}

export function leaveOn({ skip }: Skipping, hidden: Variable, kept: Variable[]): void {
  if (skip?.keeps) kept.push(hidden);
}

/**
 * The way back, with a stack of gradients: where a block was left, what came to its output from the blocks that read it is added; takes
 * and gives `gradient`.
 */
export function backToExit(block: Skipping, gradient: Tensor, gradients: Tensor[]): Tensor {
  if (!block.skip?.keeps) return gradient;
  const more = gradients.pop();
  if (!more) throw new Error(`bug: no gradient came to the skip of ${block.name}`);
  axpy(1, more, gradient);
  more.release();
  return gradient;
}

/** Where a block was entered, the gradient at its input is that at what came, and that at what it read. Takes `gradient`. */
export function backToEntry({ skip }: Skipping, gradient: Tensor, gradients: Tensor[]): Tensor {
  if (!skip?.reads) return gradient;
  const width = gradient.cols - skip.reads;
  gradients.push(sliceColumns(gradient, width, skip.reads));
  const own = sliceColumns(gradient, 0, width);
  gradient.release();
  return own;
}

/** The places of the blocks whose outputs wait before a block, the last first to be read. */
export function keptBefore(blocks: readonly Skipping[], place: number): number[] {
  const waiting: number[] = [];
  blocks.slice(0, place).forEach(({ skip }, own) => {
    if (skip?.reads) waiting.pop();
    if (skip?.keeps) waiting.push(own);
  });
  return waiting;
}

function reads({ skip }: Skipping): boolean {
  return (skip?.reads ?? 0) > 0;
}

function popped<T>({ skip, name }: Skipping, kept: T[], valueOf: (held: T) => Tensor): T {
  const held = kept.pop();
  if (held === undefined || valueOf(held).cols !== skip?.reads) {
    throw new Error(
      `bug: ${name} reads a skip of ${skip?.reads} columns, and ${held ? valueOf(held).cols : 'nothing'} waits`,
    );
  }
  return held;
}
