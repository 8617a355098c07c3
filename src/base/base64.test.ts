import { expect, it } from 'vitest';
import { fromBase64, toBase64 } from './base64';

it.each([0, 1, 2, 3, 255, 8191, 8192, 8193, 40_000])('base64 gives %i bytes back', (length) => {
  const bytes = Uint8Array.from({ length }, (_, i) => (i * 197) % 256);
  expect(toBase64(bytes)).toBe(Buffer.from(bytes).toString('base64'));
  expect(fromBase64(toBase64(bytes))).toEqual(bytes);
});

it('base64 refuses what is none', () => {
  expect(() => fromBase64('no base64!')).toThrow();
});
