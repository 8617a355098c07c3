/** The reader against our writer, against filters written out by hand, and against whatever else. */
import { zlibSync } from 'fflate';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { encodePng } from '../run/png';
import { crc32 } from './crc32';
import { decodePng } from './png';

function chunk(type: string, data: Uint8Array): number[] {
  const body = [...new TextEncoder().encode(type), ...data];
  const number = (value: number) => [24, 16, 8, 0].map((by) => (value >>> by) & 255);
  return [...number(data.length), ...body, ...number(crc32(Uint8Array.from(body)))];
}

interface Parts {
  readonly width: number;
  readonly height: number;
  readonly type: number;
  readonly rows: readonly number[];
  readonly depth?: number;
  readonly interlaced?: number;
  readonly palette?: readonly number[];
}

function png({ width, height, type, rows, depth = 8, interlaced = 0, palette }: Parts): Uint8Array {
  const header = new Uint8Array(13);
  new DataView(header.buffer).setUint32(0, width);
  new DataView(header.buffer).setUint32(4, height);
  header.set([depth, type, 0, 0, interlaced], 8);
  return Uint8Array.from([
    ...[137, 80, 78, 71, 13, 10, 26, 10],
    ...chunk('IHDR', header),
    ...(palette ? chunk('PLTE', Uint8Array.from(palette)) : []),
    ...chunk('IDAT', zlibSync(Uint8Array.from(rows))),
    ...chunk('IEND', new Uint8Array()),
  ]);
}

describe('PNG pictures', () => {
  it('come back as they were written', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.constantFrom(1, 3), (w, h, c) => {
        const channels = c;
        const pixels = Uint8Array.from({ length: w * h * channels }, (_, i) => (i * 37) % 256);
        const picture = decodePng(encodePng({ width: w, height: h, channels, pixels }), 'a.png');
        expect(picture).toEqual({ width: w, height: h, channels, bytes: pixels });
      }),
    );
  });

  it('are freed of every filter', () => {
    // Rows of 10 20 30: none, what is left, what is above, the mean of both, Paeth's choice.
    const rows = [0, 10, 20, 30, 1, 10, 10, 10, 2, 0, 0, 0, 3, 5, 5, 5, 4, 0, 0, 0];
    const { bytes } = decodePng(png({ width: 3, height: 5, type: 0, rows }), 'a.png');
    expect([...bytes]).toEqual(Array.from({ length: 5 }, () => [10, 20, 30]).flat());
  });

  it('lose their alpha, and take colours from their palette', () => {
    const rgba = decodePng(png({ width: 1, height: 1, type: 6, rows: [0, 1, 2, 3, 9] }), 'a.png');
    expect(rgba).toMatchObject({ channels: 3, bytes: Uint8Array.of(1, 2, 3) });
    const grey = decodePng(png({ width: 2, height: 1, type: 4, rows: [0, 7, 255, 8, 0] }), 'a.png');
    expect(grey).toMatchObject({ channels: 1, bytes: Uint8Array.of(7, 8) });
    const palette = [1, 2, 3, 4, 5, 6];
    const indexed = decodePng(png({ width: 2, height: 1, type: 3, rows: [0, 1, 0], palette }), 'a.png');
    expect([...indexed.bytes]).toEqual([4, 5, 6, 1, 2, 3]);
  });

  it.each([
    [{ depth: 16 }, 'QS-FILE-04', '16 bits a channel'],
    [{ interlaced: 1 }, 'QS-FILE-04', 'interlaced'],
    [{ type: 5 }, 'QS-FILE-04', 'colour type 5'],
    [{ width: 0 }, 'QS-FILE-03', '0 × 1'],
    [{ width: 2 ** 31, height: 2 ** 31 }, 'QS-FILE-10', 'the limit is'],
    [{ rows: [0, 1, 2, 3] }, 'QS-FILE-03', 'holds more'],
    [{ rows: [0, 1] }, 'QS-FILE-03', 'holds less'],
    [{ rows: [7, 1, 2] }, 'QS-FILE-03', 'filter 7'],
    [{ type: 3, palette: [1, 2, 3] }, 'QS-FILE-03', 'palette has not'],
  ])('of another kind are refused: %j', (change, code, words) => {
    const file = png({ width: 2, height: 1, type: 0, rows: [0, 1, 2], ...change });
    expect(() => decodePng(file, 'a.png')).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(words) as string }) as Error,
    );
  });

  it('that are damaged give a sentence of ours, never anything else', () => {
    const whole = png({ width: 4, height: 4, type: 2, rows: Array.from({ length: 4 * 13 }, (_, i) => i % 5) });
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: whole.length - 1 }),
        fc.integer({ min: 0, max: 255 }),
        fc.nat(whole.length),
        (at, byte, cut) => {
          const bad = whole.slice(0, cut);
          if (at < bad.length) bad[at] = byte;
          try {
            decodePng(bad, 'a.png');
          } catch (error) {
            expect(isStudioError(error)).toBe(true);
          }
        },
      ),
      { numRuns: 2000 },
    );
  });
});
