/**
 * How errors cross the worker boundary: comlink would keep only name and message, so thrown StudioErrors travel as plain objects with
 * their code and facts, and client.ts makes StudioErrors of them again.
 */
import { transferHandlers, type TransferHandler } from 'comlink';
import { isStudioError, sentenceOf } from '../base/errors';

/** Comlink's own mark for a thrown value. */
interface Thrown {
  readonly value: unknown;
}

/** Replaces comlink's handler of thrown values; call once in the worker. */
export function sendStudioErrors(): void {
  const throwing = transferHandlers.get('throw') as TransferHandler<Thrown, unknown> | undefined;
  if (!throwing) throw new Error('bug: comlink has no handler for thrown values');
  transferHandlers.set('throw', {
    ...throwing,
    serialize({ value }) {
      const plain = isStudioError(value)
        ? { name: value.name, code: value.code, message: value.message, facts: value.facts }
        : { name: 'StudioError', code: 'QS-APP-01', message: sentenceOf(value), facts: {} };
      return [{ isError: false, value: plain }, []];
    },
  });
}
