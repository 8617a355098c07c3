/**
 * The result inside its own figures, so that a picture in a paper or a chat opens in the studio again: deflated and in base64 within an
 * SVG's <metadata> (and so in an HTML report that has such an SVG), deflated in a chunk of text within a PNG (iTXt, ISO/IEC 15948,
 * 11.3.4.5). What is read comes from anywhere: sizes are bounded before anything is inflated, and what comes out is only text, which
 * the reader of results files checks like any other.
 */
import { Unzlib, zlibSync } from 'fflate';
import { fromBase64, toBase64 } from '../base/base64';
import { StudioError } from '../base/errors';
import { crc32 } from '../checkpoint/crc32';
import type { RunResult } from '../run/events';
import { resultsText } from '../run/figure-files';

/** The text of a results file, at most. */
export const LARGEST_TEXT = 64_000_000;

const NAMESPACE = 'urn:quantelier:results:1';
const OPEN = `<q:results xmlns:q="${NAMESPACE}" encoding="deflate base64">`;
const CLOSE = '</q:results>';

/** What stands in <metadata>. */
export function svgMetadata(result: RunResult): string {
  return `${OPEN}${toBase64(deflated(result))}${CLOSE}`;
}

function deflated(result: RunResult): Uint8Array<ArrayBuffer> {
  return zlibSync(new TextEncoder().encode(resultsText(result)), { level: 9 });
}

/** What a file that carries a result is, by its first bytes; null of any other. */
export function carrierOf(head: Uint8Array): 'png' | 'markup' | null {
  if (SIGNATURE.every((byte, i) => head[i] === byte)) return 'png';
  const text = new TextDecoder().decode(head.subarray(0, 64)).trimStart();
  return text.startsWith('<') ? 'markup' : null;
}

/** The text of the results file that a picture carries. @throws QS-FILE-04 where it carries none, or a damaged one */
export function carriedText(bytes: Uint8Array<ArrayBuffer>, carrier: 'png' | 'markup', limit = LARGEST_TEXT): string {
  return inflated(carrier === 'png' ? dataInPng(bytes) : dataInMarkup(new TextDecoder().decode(bytes)), limit);
}

function dataInMarkup(markup: string): Uint8Array {
  const start = markup.indexOf(OPEN);
  const end = start === -1 ? -1 : markup.indexOf(CLOSE, start);
  if (end === -1) throw none('it has no results inside');
  try {
    return fromBase64(markup.slice(start + OPEN.length, end).replace(/\s+/g, ''));
  } catch {
    throw none('the results inside are damaged');
  }
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const KEYWORD = 'Quantelier results';

/** A PNG with the result in a chunk of text before its end. @throws where the bytes are no PNG, which is a bug */
export function pngWithResult(png: Uint8Array, result: RunResult): Uint8Array<ArrayBuffer> {
  const end = png.length - 12;
  if (carrierOf(png) !== 'png' || typeAt(png, end) !== 'IEND') throw new Error('bug: this is no whole PNG');
  // Keyword, 0, compressed, by deflate, no language, no translation of the keyword.
  const head = [...new TextEncoder().encode(KEYWORD), 0, 1, 0, 0, 0];
  const text = deflated(result);
  const chunk = new Uint8Array(12 + head.length + text.length);
  const view = new DataView(chunk.buffer);
  view.setUint32(0, chunk.length - 12);
  chunk.set(new TextEncoder().encode('iTXt'), 4);
  chunk.set(head, 8);
  chunk.set(text, 8 + head.length);
  view.setUint32(chunk.length - 4, crc32(chunk.subarray(4, chunk.length - 4)));
  const file = new Uint8Array(png.length + chunk.length);
  file.set(png.subarray(0, end));
  file.set(chunk, end);
  file.set(png.subarray(end), end + chunk.length);
  return file;
}

function dataInPng(png: Uint8Array<ArrayBuffer>): Uint8Array {
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let at = SIGNATURE.length; at + 12 <= png.length;) {
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > png.length) break;
    const data = png.subarray(at + 8, at + 8 + length);
    if (typeAt(png, at) === 'iTXt' && isOurs(data)) {
      if (view.getUint32(end - 4) !== crc32(png.subarray(at + 4, end - 4)))
        throw none('the results inside are damaged');
      return data.subarray(KEYWORD.length + 5);
    }
    at = end;
  }
  throw none('it has no results inside');
}

function typeAt(png: Uint8Array, at: number): string {
  return String.fromCharCode(...png.subarray(at + 4, at + 8));
}

function isOurs(data: Uint8Array): boolean {
  const head = [...new TextEncoder().encode(KEYWORD), 0, 1, 0, 0, 0];
  return head.every((byte, i) => data[i] === byte);
}

/** Bytes that are inflated at a time; at most 1032 times as many come out. */
const STEP = 16_384;

/** Stops at the limit, however much more there would be. */
function inflated(bytes: Uint8Array, limit: number): string {
  const parts: Uint8Array[] = [];
  let size = 0;
  let ended = false;
  const inflate = new Unzlib((part, final) => {
    size += part.length;
    parts.push(part);
    ended = final;
  });
  try {
    for (let at = 0; at < bytes.length && size <= limit; at += STEP) {
      inflate.push(bytes.subarray(at, at + STEP), at + STEP >= bytes.length);
    }
  } catch {
    throw none('the results inside are damaged');
  }
  if (size > limit) throw none('the results inside are larger than any results file');
  if (!ended) throw none('the results inside are damaged');
  const whole = new Uint8Array(size);
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return new TextDecoder().decode(whole);
}

function none(why: string): StudioError {
  return new StudioError('QS-FILE-04', `This file is not a result of the studio: ${why}.`);
}
