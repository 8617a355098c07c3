/**
 * A recipe, and where wanted a run's figures, in a link: '#/c/1.' + base64url(deflateRaw(JSON)). The alphabet survives LaTeX and Markdown, the
 * fragment is never sent to the host, and nothing is stored anywhere. A link is from a stranger: its size is capped before and while
 * inflating, what is in it is checked (parseRecipe, link-results.ts), and opening one never starts a run. Figures have a check sum, so that
 * none is shown that changed on its way. Pages of before figures read the recipe alone.
 */
import { Inflate, deflateSync, strFromU8, strToU8 } from 'fflate';
import { fromBase64, toBase64 } from '../base/base64';
import { isStudioError, StudioError } from '../base/errors';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import type { RunResult } from '../run/events';
import '../step/faces';
import { EVERYTHING, METRICS_BY_WEIGHT, packResult, unpackResult, type Packing } from './link-results';
import { UnreadableFigures } from './link-reading';
import { SAMPLES } from './samples';

export const LINK_VERSION = 1;
/** Longest payload that is read, in characters. */
export const LINK_LIMIT = 16_000;
/** Longest JSON that is read, in bytes: a small payload can inflate a thousandfold. */
export const INFLATED_LIMIT = 256_000;
/** Longest payload that is made while something can be left out of it. */
export const COMFORTABLE = 8_000;
/** Letters of an author's note. */
export const NOTE_LIMIT = 500;

export interface LinkContent {
  /** Null where it was left out, or cannot be run by this version; then `fault` says why. */
  readonly recipe: Recipe | null;
  /** The bundled sample that the recipe was made for; null for a model of one's own, which a recipe does not name. */
  readonly sample: string | null;
  /** What the author has to say; empty for nothing. */
  readonly note: string;
  /** The author's figures; null where there are none, or they cannot be read. */
  readonly result: RunResult | null;
  /** Why a part of the link cannot be read, of one whose other part can. */
  readonly fault: string | null;
}

/** What a link is to hold. */
export interface LinkWish {
  readonly recipe: Recipe | null;
  readonly sample: string | null;
  readonly note?: string;
  readonly result?: RunResult | null;
  /** Names of the model and its layers, where there are figures. */
  readonly names?: boolean;
  /** What the prompt was continued by, where there are figures of it. */
  readonly continuations?: boolean;
}

/** What was left out of a link for its length, in the order in which it goes. */
export type LeftAway = 'continuations' | 'ledgers' | 'hessian' | 'output' | 'windows' | 'weight';

/** From everything to the least, each without what the ones before are without. */
const PACKINGS: readonly { readonly packing: Packing; readonly without: readonly LeftAway[] }[] = (
  [
    [{}, []],
    [{ continuations: false }, ['continuations']],
    [{ ledgers: false }, ['ledgers']],
    [{ metrics: METRICS_BY_WEIGHT.slice(0, 2) }, ['hessian', 'output']],
    [{ windows: false }, ['windows']],
    [{ metrics: METRICS_BY_WEIGHT.slice(0, 1) }, ['weight']],
  ] satisfies [Partial<Packing>, LeftAway[]][]
).map((_, last, all) => ({
  packing: Object.assign({}, EVERYTHING, ...all.slice(0, last + 1).map(([change]) => change)) as Packing,
  without: all.slice(0, last + 1).flatMap(([, gone]) => gone),
}));

export interface EncodedLink {
  /** The text after '#/c/'. */
  readonly payload: string;
  /** What it holds, as it is before it is packed. */
  readonly json: string;
  readonly without: readonly LeftAway[];
  /** False where it is longer than any page reads: then a file is the way. */
  readonly fits: boolean;
}

/** The text after '#/c/'. */
export function encodeLink(wish: LinkWish): string {
  return makeLink(wish).payload;
}

/** A link, shortened where it is long; says what was left out of it. */
export function makeLink(wish: LinkWish): EncodedLink {
  const { result = null } = wish;
  if (result === null) return { ...packed(contentOf(wish, null)), without: [] };
  const continuations = (wish.continuations ?? false) && result.continuations !== undefined;
  // Of weights alone there is but one metric, which is the last to go.
  const weightsAlone = result.layers.every(({ errors }) => errors.heldOutOutput === null);
  const choices = PACKINGS.filter(({ without }) => !weightsAlone || !without.includes('weight'));
  let last: EncodedLink | null = null;
  for (const { packing, without } of choices) {
    const figures = packResult(result, {
      ...packing,
      names: wish.names ?? true,
      continuations: continuations && packing.continuations,
    });
    // What was not asked for is not missed.
    const missed = without.filter((one) => one !== 'continuations' || continuations);
    last = { ...packed(contentOf(wish, figures)), without: missed };
    if (last.payload.length <= COMFORTABLE) break;
  }
  return last ?? packedNothing();
}

function packedNothing(): never {
  throw new Error('bug: there is no packing');
}

function packed(content: object): Omit<EncodedLink, 'without'> {
  const json = JSON.stringify(content);
  const payload = `${LINK_VERSION}.${toBase64Url(deflateSync(strToU8(json), { level: 9 }))}`;
  return { payload, json, fits: payload.length <= LINK_LIMIT && json.length <= INFLATED_LIMIT };
}

function contentOf({ recipe, sample, note = '', result }: LinkWish, figures: unknown): object {
  const content = {
    ...(recipe === null ? {} : { recipe }),
    ...(sample === null ? {} : { sample }),
    ...(note === '' ? {} : { note: note.slice(0, NOTE_LIMIT) }),
    ...(figures === null ? {} : { results: figures }),
    // Figures are of data that were read in some way, whether or not the rows are told.
    ...(figures !== null && recipe === null && result ? { data: withoutRows(result.recipe) } : {}),
  };
  return figures === null ? content : { ...content, check: checkOf(content) };
}

function withoutRows(recipe: Recipe): Recipe {
  const { calibration, heldOut } = recipe;
  return {
    ...recipe,
    rows: [],
    calibration: { ...calibration, file: null },
    heldOut: { ...heldOut, file: null },
  };
}

/** 32 bits of an FNV-1a sum. Finds accidents; protects nothing. */
function checkOf(content: object): string {
  let sum = 0x811c9dc5;
  const text = JSON.stringify(content);
  for (let i = 0; i < text.length; i++) sum = Math.imul(sum ^ text.charCodeAt(i), 0x01000193);
  return (sum >>> 0).toString(36);
}

/** In the place of names that an author has left out. */
export const NAMELESS = { model: 'a model that is not named', layer: (layer: number) => `layer ${layer}` };

/** Reads the text after '#/c/'. Throws QS-LINK-01. */
export function decodeLink(text: string): LinkContent {
  if (text.length > LINK_LIMIT) {
    damaged(`the link has ${text.length} characters and the page reads at most ${LINK_LIMIT}`);
  }
  const [, version, payload] = /^(\d{1,4})\.([A-Za-z0-9_-]+)$/.exec(text) ?? damaged('the link is not in the form 1.…');
  if (Number(version) !== LINK_VERSION) {
    damaged(`the link is of version ${Number(version)} and this page reads version ${LINK_VERSION}`);
  }
  const value = parseJson(inflate(fromBase64Url(payload)));
  if (typeof value !== 'object' || value === null || !('recipe' in value || 'results' in value)) {
    damaged('the link holds no recipe');
  }
  const given = value as Record<string, unknown>;
  if ('check' in given) {
    const { check, ...rest } = given;
    if (check !== checkOf(rest)) damaged('what the link holds is not what was put into it');
  }
  const recipe = attempt(() => ('recipe' in given ? parseRecipe(given.recipe) : null));
  const result = attempt(() => figuresIn(given));
  // One part that can be read is worth showing; of none of them there is nothing.
  if (result.value === null && recipe.value === null)
    damaged(recipe.fault ?? result.fault ?? 'the link holds no recipe');
  return {
    recipe: recipe.value,
    sample: SAMPLES.find((one) => one.id === given.sample)?.id ?? null,
    note: noteIn(given.note),
    result: result.value,
    fault: recipe.fault ?? result.fault,
  };
}

function figuresIn({ results, recipe, data }: Record<string, unknown>): RunResult | null {
  if (results === undefined) return null;
  return unpackResult(results, recipe ?? data, NAMELESS.model, NAMELESS.layer);
}

/** Plain text, in lines. */
function noteIn(value: unknown): string {
  if (typeof value !== 'string') return '';
  return value.slice(0, NOTE_LIMIT).replace(/[^\P{Cc}\n]|[\u202A-\u202E\u2066-\u2069]/gu, ' ');
}

/** What is read, or why it cannot be; what is a fault of the program's own goes on. */
function attempt<Value>(read: () => Value): { value: Value | null; fault: string | null } {
  try {
    return { value: read(), fault: null };
  } catch (error) {
    if (error instanceof UnreadableFigures)
      return { value: null, fault: `the figures cannot be read: ${error.message}` };
    if (isStudioError(error)) return { value: null, fault: error.message.replace(/\.$/, '') };
    throw error;
  }
}

function inflate(bytes: Uint8Array): string {
  const parts: Uint8Array[] = [];
  let total = 0;
  const inflater = new Inflate((part) => {
    total += part.length;
    if (total > INFLATED_LIMIT) damaged(`the link inflates to more than ${INFLATED_LIMIT} bytes`);
    parts.push(part);
  });
  try {
    // In small pieces, so that the cap is reached before much has been inflated.
    const step = 64;
    for (let at = 0; at < bytes.length; at += step) {
      inflater.push(bytes.subarray(at, at + step), at + step >= bytes.length);
    }
  } catch (error) {
    if (error instanceof StudioError) throw error;
    damaged('the link cannot be unpacked');
  }
  const whole = new Uint8Array(total);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return strFromU8(whole);
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return damaged('the link does not hold JSON');
  }
}

function toBase64Url(bytes: Uint8Array): string {
  return toBase64(bytes).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array {
  try {
    return fromBase64(text.replaceAll('-', '+').replaceAll('_', '/'));
  } catch {
    return damaged('the link is cut off');
  }
}

function damaged(why: string): never {
  throw new StudioError('QS-LINK-01', `${why[0].toUpperCase()}${why.slice(1)}.`);
}
