import { unzlibSync } from 'fflate';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../checkpoint/crc32';
import { contactSheet, encodePng } from './png';

/** The chunks of a file by type, checksums checked. */
function chunksOf(file: Uint8Array): Map<string, Uint8Array> {
  expect([...file.subarray(0, 8)]).toEqual([137, 80, 78, 71, 13, 10, 26, 10]);
  const view = new DataView(file.buffer);
  const chunks = new Map<string, Uint8Array>();
  for (let at = 8; at < file.length;) {
    const length = view.getUint32(at);
    const type = new TextDecoder().decode(file.subarray(at + 4, at + 8));
    expect(view.getUint32(at + 8 + length)).toBe(crc32(file.subarray(at + 4, at + 8 + length)));
    chunks.set(type, file.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  return chunks;
}

describe('PNG files', () => {
  it('hold header, pixels and end', () => {
    const pixels = Uint8Array.from({ length: 18 }, (_, i) => i * 10);
    const chunks = chunksOf(encodePng({ width: 3, height: 2, channels: 3, pixels }));
    expect([...chunks.keys()]).toEqual(['IHDR', 'IDAT', 'IEND']);
    expect([...(chunks.get('IHDR') ?? [])]).toEqual([0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0]);
    const rows = unzlibSync(chunks.get('IDAT') ?? new Uint8Array());
    expect([...rows]).toEqual([0, ...pixels.subarray(0, 9), 0, ...pixels.subarray(9)]);
    expect(() => encodePng({ width: 3, height: 3, channels: 3, pixels })).toThrow('18 bytes for 3 × 3');
  });

  it('set images side by side', () => {
    const images = Uint8Array.from({ length: 3 * 12 }, (_, i) => Math.floor(i / 12) + 1);
    const sheet = contactSheet({ size: 2, pixels: images }, 2, 1);
    expect([sheet.width, sheet.height]).toEqual([5, 5]);
    const grey = Array.from({ length: 25 }, (_, i) => sheet.pixels[3 * i]);
    expect(grey).toEqual([
      1, 1, 255, 2, 2, 1, 1, 255, 2, 2, 255, 255, 255, 255, 255, 3, 3, 255, 255, 255, 3, 3, 255, 255, 255,
    ]);
    const large = contactSheet({ size: 2, pixels: images }, 3, 4);
    expect([large.width, large.height]).toEqual([32, 8]);
  });
});
