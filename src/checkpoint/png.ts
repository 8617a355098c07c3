/**
 * A PNG picture into bytes (ISO/IEC 15948): 8 bits a channel, grey, RGB or palette, with or without alpha (which is dropped), not
 * interlaced. Nothing larger than its header says is ever inflated, and that is bounded.
 */
import { Unzlib } from 'fflate';
import { StudioError } from '../base/errors';
import { crc32 } from './crc32';
import { quoted } from './wording';

export interface Pixels {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  /** Rows of pixels, channels last. */
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const MOST_PIXELS = 2 ** 24;
/** Bytes a pixel in the file, and channels that come out, by colour type. */
const COLOUR_TYPES: Readonly<Record<number, { readonly stored: number; readonly channels: 1 | 3 }>> = {
  0: { stored: 1, channels: 1 },
  2: { stored: 3, channels: 3 },
  3: { stored: 1, channels: 3 },
  4: { stored: 2, channels: 1 },
  6: { stored: 4, channels: 3 },
};
const PALETTE = 3;

interface Header {
  readonly width: number;
  readonly height: number;
  readonly type: number;
}

/** @throws QS-FILE-04 when it is no PNG or of a kind that is not read; QS-FILE-03 when it is damaged; QS-FILE-10 when it is too large */
export function decodePng(file: Uint8Array, name: string): Pixels {
  if (SIGNATURE.some((byte, i) => file[i] !== byte)) {
    throw new StudioError('QS-FILE-04', `${quoted(name)} is no PNG picture: save it as PNG.`);
  }
  let header: Header | null = null;
  let palette: Uint8Array | null = null;
  const data: Uint8Array[] = [];
  for (const { type, body } of chunksOf(file, name)) {
    if (type === 'IHDR') header = headerOf(body, name);
    else if (type === 'PLTE') palette = body;
    else if (type === 'IDAT') data.push(body);
  }
  if (!header) throw damaged(name, 'it has no header');
  const { width, height, type } = header;
  const { stored, channels } = COLOUR_TYPES[type];
  const stride = width * stored;
  const rows = inflate(data, height * (stride + 1), name);
  unfilter(rows, height, stride, stored, name);
  const bytes = new Uint8Array(width * height * channels);
  for (let i = 0; i < width * height; i++) {
    const at = Math.floor(i / width) * (stride + 1) + 1 + (i % width) * stored;
    for (let c = 0; c < channels; c++) {
      bytes[i * channels + c] = type === PALETTE ? colour(palette, rows[at], c, name) : rows[at + c];
    }
  }
  return { width, height, channels, bytes };
}

function* chunksOf(file: Uint8Array, name: string): Generator<{ type: string; body: Uint8Array }> {
  const view = new DataView(file.buffer, file.byteOffset, file.byteLength);
  for (let at = SIGNATURE.length; ;) {
    if (at + 12 > file.length) throw damaged(name, 'it ends early');
    const length = view.getUint32(at);
    const end = at + 12 + length;
    if (end > file.length) throw damaged(name, 'it ends early');
    const type = String.fromCharCode(...file.subarray(at + 4, at + 8));
    if (crc32(file.subarray(at + 4, end - 4)) !== view.getUint32(end - 4)) {
      throw damaged(name, `the checksum of its part ${quoted(type)} is wrong`);
    }
    yield { type, body: file.subarray(at + 8, end - 4) };
    if (type === 'IEND') return;
    at = end;
  }
}

function headerOf(body: Uint8Array, name: string): Header {
  if (body.length !== 13) throw damaged(name, `its header has ${body.length} bytes instead of 13`);
  const view = new DataView(body.buffer, body.byteOffset, body.byteLength);
  const [width, height] = [view.getUint32(0), view.getUint32(4)];
  const [depth, type, , , interlaced] = body.subarray(8);
  if (depth !== 8 || !Object.hasOwn(COLOUR_TYPES, type) || interlaced !== 0) {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(name)} has ${depth} bits a channel, colour type ${type}${interlaced ? ', interlaced' : ''}: save it with 8 bits a channel and not interlaced.`,
    );
  }
  if (width === 0 || height === 0) throw damaged(name, `it is ${width} × ${height}`);
  if (width * height > MOST_PIXELS) {
    throw new StudioError(
      'QS-FILE-10',
      `${quoted(name)} is ${width} × ${height}, and the limit is ${MOST_PIXELS} pixels: make it smaller.`,
      { present: width * height, limit: MOST_PIXELS },
    );
  }
  return { width, height, type };
}

/** Exactly `size` bytes out of zlib data in pieces; stops as soon as there are more. */
function inflate(pieces: readonly Uint8Array[], size: number, name: string): Uint8Array<ArrayBuffer> {
  const out = new Uint8Array(size);
  let at = 0;
  const stream = new Unzlib((part) => {
    if (at + part.length > size) throw damaged(name, 'it holds more than its size says');
    out.set(part, at);
    at += part.length;
  });
  const STEP = 16 * 2 ** 10;
  try {
    for (const [p, piece] of pieces.entries()) {
      for (let from = 0; from < piece.length || from === 0; from += STEP) {
        const last = p === pieces.length - 1 && from + STEP >= piece.length;
        stream.push(piece.subarray(from, from + STEP), last);
      }
    }
  } catch (error) {
    throw error instanceof StudioError ? error : damaged(name, 'its compressed data cannot be read');
  }
  if (at !== size) throw damaged(name, 'it holds less than its size says');
  return out;
}

/** Takes each row's filter back, in place (clause 9). */
function unfilter(rows: Uint8Array, height: number, stride: number, pixel: number, name: string): void {
  for (let y = 0; y < height; y++) {
    const begin = y * (stride + 1);
    const filter = rows[begin];
    if (filter > 4) throw damaged(name, `row ${y} has the filter ${filter}`);
    for (let x = 0; x < stride; x++) {
      const at = begin + 1 + x;
      const left = x < pixel ? 0 : rows[at - pixel];
      const up = y === 0 ? 0 : rows[at - stride - 1];
      const corner = x < pixel || y === 0 ? 0 : rows[at - stride - 1 - pixel];
      rows[at] += [0, left, up, (left + up) >> 1, paeth(left, up, corner)][filter];
    }
  }
}

function paeth(left: number, up: number, corner: number): number {
  const [a, b, c] = [left, up, corner].map((value) => Math.abs(left + up - corner - value));
  if (a <= b && a <= c) return left;
  return b <= c ? up : corner;
}

function colour(palette: Uint8Array | null, index: number, channel: number, name: string): number {
  const at = 3 * index + channel;
  if (!palette || at >= palette.length) throw damaged(name, `it names colour ${index}, which its palette has not`);
  return palette[at];
}

function damaged(name: string, what: string): StudioError {
  return new StudioError('QS-FILE-03', `${quoted(name)} is damaged, ${what}: save it again.`);
}
