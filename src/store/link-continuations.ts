/**
 * What a prompt was continued by, as it travels in a link: rows share their beginning with full precision, of which only the length is told;
 * probabilities keep as many digits as other figures.
 */
import type { Continuations, DifferingToken } from '../run/events';
import { RECIPE_LIMITS } from '../recipe/recipe';
import { count, list, lists, piece, record, refuse } from './link-reading';

/** Significant digits of a probability. */
const DIGITS = 4;
/** Letters of a token, as results files have them at most. */
const LONGEST_PIECE = 1000;

export function packContinuations({ prompt, tokens, promptTokens, full, rows }: Continuations): unknown {
  return {
    ...{ prompt, tokens, promptTokens, full },
    rows: rows.map(({ row, pieces, differs }) => {
      const same = sharedLength(full, pieces);
      return [row, same, pieces.slice(same), ...(differs ? [packDiffering(differs)] : [])];
    }),
  };
}

/** Plain data; what a results file is held to is checked where it becomes a result. */
export function unpackContinuations(value: unknown): unknown {
  const given = record(value, 'continuations');
  const full = list(given.full, 'continuations.full').map(token);
  return {
    prompt: piece(given.prompt, RECIPE_LIMITS.promptLetters.max),
    tokens: count(given.tokens),
    promptTokens: count(given.promptTokens),
    full,
    rows: list(given.rows, 'continuations.rows').map((one) => {
      const [row, same, rest, differs] = list(one, 'a continuation');
      if (count(same) > full.length) refuse('a continuation shares more than there is');
      return {
        row: count(row),
        pieces: [...full.slice(0, count(same)), ...list(rest, 'a continuation').map(token)],
        differs: differs === undefined ? null : differingIn(differs),
      };
    }),
  };
}

function sharedLength(one: readonly string[], other: readonly string[]): number {
  const at = one.findIndex((text, i) => text !== other[i]);
  return at < 0 ? one.length : at;
}

function packDiffering({ at, full, own }: DifferingToken): unknown {
  const chances = [full, own].flatMap(({ piece: text, byFull, byRow }) => [text, rounded(byFull), rounded(byRow)]);
  return [at, ...chances];
}

function differingIn(value: unknown): DifferingToken {
  const [at, full, fullByFull, fullByRow, own, ownByFull, ownByRow] = lists(value, 7, 'a differing token');
  return {
    at: count(at),
    full: { piece: token(full), byFull: count(fullByFull), byRow: count(fullByRow) },
    own: { piece: token(own), byFull: count(ownByFull), byRow: count(ownByRow) },
  };
}

function token(value: unknown): string {
  return piece(value, LONGEST_PIECE);
}

function rounded(probability: number): number {
  return Number(probability.toPrecision(DIGITS));
}
