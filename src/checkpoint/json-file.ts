/**
 * The JSON files beside the weights (config, tokenizer, index): size-capped, checked for grammar and depth before the platform's
 * parser builds anything; always an object, but for lists of words.
 */
import { StudioError, type ErrorCode } from '../base/errors';
import type { ByteSource } from './bytes';
import { foreignError } from './foreign';
import { JsonScanner } from './json';
import { readUtf8 } from './text';
import { grouped, quoted } from './wording';

const ADVICE = 'download it again or leave it out';

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * @param limit bytes
 * @param code what a malformed file means: QS-FILE-04, or QS-FILE-08 for a tokenizer
 * @throws `code`, QS-FILE-10 above the limit, QS-FILE-05 for a Git LFS pointer in its place
 */
export async function parseJsonObject(source: ByteSource, limit: number, code: ErrorCode): Promise<JsonObject> {
  return (await parsed(source, limit, code, ['{'], 'a JSON object')) as JsonObject;
}

/** The same of an object or a list. */
export function parseJsonTable(source: ByteSource, limit: number, code: ErrorCode): Promise<unknown> {
  return parsed(source, limit, code, ['{', '['], 'a JSON object or list');
}

async function parsed(
  source: ByteSource,
  limit: number,
  code: ErrorCode,
  starts: readonly string[],
  what: string,
): Promise<unknown> {
  const text = await readUtf8(source, limit);
  if (!starts.includes(text.trimStart().slice(0, 1))) {
    throw (await foreignError(source)) ?? new StudioError(code, `${quoted(source.name)} is not ${what}; ${ADVICE}`);
  }
  const scanner = new JsonScanner(text, (what, at) => {
    throw new StudioError(
      code,
      `${quoted(source.name)} is not valid JSON at character ${grouped(at)}: ${what}; ${ADVICE}`,
      { at },
    );
  });
  // The scanner's depth limit also keeps the value safe to pass between threads and to walk.
  scanner.skip();
  scanner.end();
  return JSON.parse(text) as unknown;
}
