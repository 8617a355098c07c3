/**
 * A recipe in a link: '#/c/1.' + base64url(deflateRaw(JSON)). The alphabet survives LaTeX and Markdown, the fragment is never
 * sent to the host, and nothing is stored anywhere. A link is from a stranger: its size is capped before and while inflating,
 * what is in it goes through parseRecipe, and opening one never starts a run.
 */
import { Inflate, deflateSync, strFromU8, strToU8 } from 'fflate';
import { StudioError } from '../base/errors';
import { parseRecipe, type Recipe } from '../recipe/recipe';
import '../step/faces';
import { SAMPLES } from './samples';

export const LINK_VERSION = 1;
/** Longest payload that is read, in characters. */
export const LINK_LIMIT = 16_000;
/** Longest JSON that is read, in bytes: a small payload can inflate a thousandfold. */
export const INFLATED_LIMIT = 256_000;

export interface LinkContent {
  readonly recipe: Recipe;
  /** The bundled sample that the recipe was made for; null for a model of one's own, which a link does not name. */
  readonly sample: string | null;
}

/** The text after '#/c/'. */
export function encodeLink({ recipe, sample }: LinkContent): string {
  const json = JSON.stringify(sample === null ? { recipe } : { recipe, sample });
  return `${LINK_VERSION}.${toBase64Url(deflateSync(strToU8(json), { level: 9 }))}`;
}

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
  if (typeof value !== 'object' || value === null || !('recipe' in value)) damaged('the link holds no recipe');
  const sample = 'sample' in value ? value.sample : null;
  try {
    return { recipe: parseRecipe(value.recipe), sample: SAMPLES.find((one) => one.id === sample)?.id ?? null };
  } catch (error) {
    return damaged(error instanceof Error ? error.message.replace(/\.$/, '') : 'the recipe cannot be read');
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
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
}

function fromBase64Url(text: string): Uint8Array {
  try {
    return Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (character) =>
      character.charCodeAt(0),
    );
  } catch {
    return damaged('the link is cut off');
  }
}

function damaged(why: string): never {
  throw new StudioError('QS-LINK-01', `${why[0].toUpperCase()}${why.slice(1)}.`);
}
