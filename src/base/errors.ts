/**
 * The one error type that crosses rooms. A message is one sentence: what, where, the offending value and the limit, what to do.
 * The code (QS-FILE-03, QS-GPU-04, …) is stable: the page's failure wording and the command line's exit text are looked up by it.
 */
export class StudioError extends Error {
  constructor(
    readonly code: ErrorCode,
    message: string,
    /** Machine-readable facts behind the sentence (sizes, names, limits); never file contents or weights. */
    readonly facts: Readonly<Record<string, string | number | boolean>> = {},
  ) {
    super(message);
    this.name = 'StudioError';
  }
}

/** Every way the studio can fail on purpose. The families: GPU, storage, file, run, numerics, recipe, application. */
export type ErrorCode =
  | 'QS-GPU-01' // no WebGPU
  | 'QS-GPU-02' // no adapter
  | 'QS-GPU-03' // a limit is too small
  | 'QS-GPU-04' // device lost
  | 'QS-GPU-05' // out of memory
  | 'QS-STO-01' // storage full
  | 'QS-STO-03' // a stored file was evicted
  | 'QS-FILE-01' // dtype we cannot compute with
  | 'QS-FILE-02' // unknown architecture
  | 'QS-FILE-03' // truncated or inconsistent data
  | 'QS-FILE-04' // malformed header, or another format under this name
  | 'QS-FILE-05' // Git LFS pointer
  | 'QS-FILE-06' // missing shard
  | 'QS-FILE-07' // a tensor is missing or has the wrong shape for this config
  | 'QS-FILE-08' // tokenizer missing or unreadable
  | 'QS-FILE-09' // calibration text empty or too short
  | 'QS-FILE-10' // a file or tensor larger than the studio holds in memory
  | 'QS-FILE-20' // a file that goes with a model, and none is open
  | 'QS-RUN-01' // not with the run as it stands
  | 'QS-RUN-02' // fingerprint mismatch on resume
  | 'QS-RUN-03' // another tab holds the run
  | 'QS-NUM-01' // Hessian not positive definite
  | 'QS-NUM-02' // NaN or infinity
  | 'QS-RECIPE-01' // recipe value out of range
  | 'QS-LINK-01' // damaged or newer link
  | 'QS-APP-01'; // our own bug

/** An invariant of ours is broken; never a user's fault. */
export function bug(message: string): never {
  throw new StudioError('QS-APP-01', `bug: ${message}`);
}

/** True for errors that should reach a person as they are. */
export function isStudioError(error: unknown): error is StudioError {
  return error instanceof Error && error.name === 'StudioError' && 'code' in error;
}

/** The sentence of any thrown value. */
export function sentenceOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/**
 * A message as a whole sentence, for where it stands among others: with a full stop, and with a capital unless it begins with a name
 * (a file, a tensor, an option).
 */
export function asSentence(message: string): string {
  if (message === '') return '';
  const begun = message.replace(/^[a-z]+(?=[\s,:])/, (word) => `${word[0].toUpperCase()}${word.slice(1)}`);
  return /[.!?…]$/.test(begun) ? begun : `${begun}.`;
}
