/** What steers a network's blocks, the same for all streams: a row a window, and where blocks look at a text, its tokens. */
import type { Tape, Variable } from '../gradient/tape';
import type { Tensor } from '../tensor/tensor';

export interface Context<T = Tensor> {
  /** windows × width, of the time embedding. */
  readonly steer: T;
  /** (windows · tokens) × width, of a caption; null where nothing reads any. */
  readonly tokens: T | null;
}

export function mapContext<T, U>({ steer, tokens }: Context<T>, each: (part: T) => U): Context<U> {
  return { steer: each(steer), tokens: tokens && each(tokens) };
}

/** Nothing flows into it; its tensors stay whose they are. */
export function contextOn(tape: Tape, context: Context | null): Context<Variable> | null {
  return context && mapContext(context, (part) => tape.constant(part));
}

export function releaseContext(context: Context | null): void {
  if (context) mapContext(context, (part) => part.release());
}
