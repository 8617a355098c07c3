/** A failure as the screens show it: plain data, so that it can live in a store. */
import { isStudioError, sentenceOf, type ErrorCode } from '../base/errors';

export interface Failure {
  readonly code: ErrorCode;
  /** The engine's own sentence. */
  readonly sentence: string;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
}

/** Any thrown value; what is not a StudioError is a bug of ours. */
export function failureOf(error: unknown): Failure {
  if (isStudioError(error)) return { code: error.code, sentence: error.message, facts: error.facts };
  return { code: 'QS-APP-01', sentence: sentenceOf(error), facts: {} };
}
