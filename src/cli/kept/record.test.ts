/** Kept records: the same bits again, and nothing from a file that is not whole. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeRecord, encodeRecord } from './record';

const value = {
  row: 1,
  place: 6,
  value: {
    tensor: {
      codes: Uint8Array.of(1, 2, 3),
      scales: Float32Array.of(0.1, NaN, -0),
      groupOf: Uint32Array.of(7).subarray(0, 1),
      assignments: Uint16Array.of(1, 65535, 3, 4, 5),
      signs: null,
    },
    result: { errors: { weight: NaN, output: Infinity, small: -0 }, name: 'ä', note: null, list: [1, [2.5]] },
    measured: false,
  },
};
const bytes = encodeRecord(value);

describe('a kept record', () => {
  it('gives the same bits back', () => {
    expect(decodeRecord(bytes)?.value).toStrictEqual(value);
    expect(decodeRecord(Buffer.from(bytes))?.value).toStrictEqual(value);
  });

  it('does not decode when it was cut off anywhere', () => {
    for (let size = 0; size < bytes.length; size++) expect(decodeRecord(bytes.slice(0, size)), `${size}`).toBeNull();
  });

  it('does not decode with any bit changed', () => {
    for (let at = 0; at < 8 * bytes.length; at++) {
      const damaged = bytes.slice();
      damaged[at >> 3] ^= 1 << (at & 7);
      expect(decodeRecord(damaged), `bit ${at}`).toBeNull();
    }
  });

  it('keeps any plain value', () => {
    const array = fc.oneof(fc.uint8Array(), fc.float32Array(), fc.uint32Array(), fc.float64Array());
    const plain = fc.letrec((tie) => ({
      any: fc.oneof(
        { maxDepth: 4 },
        fc.double(),
        fc.string(),
        fc.boolean(),
        fc.constant(null),
        array,
        fc.array(tie('any'), { maxLength: 4 }),
        fc.dictionary(
          fc.string().filter((key) => !key.startsWith('$') && key !== '__proto__'),
          tie('any'),
          { maxKeys: 4, noNullPrototype: true },
        ),
      ),
    })).any;
    fc.assert(
      fc.property(plain, (one) => {
        expect(decodeRecord(encodeRecord(one))?.value).toStrictEqual(one);
      }),
      { numRuns: 500 },
    );
  });

  it('says nothing of bytes that are no record', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (any) => {
        expect(decodeRecord(any)).toBeNull();
      }),
    );
  });
});
