/** Views against picking their elements one by one. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes';
import { denseStrides, isDense, reach, stridedSource, type View } from './strided';
import { counted } from './testing';

/** The offsets of the elements of a view in row-major order. */
function offsets({ offset, shape, strides }: View): number[] {
  return shape.reduce<number[]>(
    (found, size, axis) => found.flatMap((at) => Array.from({ length: size }, (_, i) => at + i * strides[axis])),
    [offset],
  );
}

const numbers = (length: number) => Uint32Array.from({ length }, (_, i) => (i * 2654435761) >>> 0);

describe('stridedSource', () => {
  it('picks the elements of any view, from any byte to any byte', async () => {
    const view = fc
      .array(fc.record({ size: fc.integer({ min: 1, max: 5 }), stride: fc.nat(12) }), { maxLength: 4 })
      .chain((axes) =>
        fc.record({
          axes: fc.constant(axes),
          offset: fc.nat(9),
          width: fc.constantFrom(1, 2, 4, 8),
          cut: fc.tuple(fc.nat(), fc.nat()),
        }),
      );
    await fc.assert(
      fc.asyncProperty(view, async ({ axes, offset, width, cut }) => {
        const view: View = { offset, shape: axes.map(({ size }) => size), strides: axes.map(({ stride }) => stride) };
        const places = offsets(view);
        expect(reach(view)).toBe(Math.max(...places) + 1);
        const bytes = new Uint8Array(numbers(reach(view) * 2 + 1).buffer);
        const expected = places.flatMap((place) => [...bytes.subarray(4 + place * width, 4 + (place + 1) * width)]);
        const source = stridedSource(memorySource(bytes, 'storage'), 4, view, width);
        expect(source.size).toBe(expected.length);
        expect([...(await source.read(0, source.size))]).toEqual(expected);
        const [begin, end] = cut.map((at) => at % (source.size + 1)).sort((a, b) => a - b);
        expect([...(await source.read(begin, end))]).toEqual(expected.slice(begin, end));
        if (isDense(view)) {
          expect(expected).toEqual([...bytes.subarray(4 + offset * width, 4 + offset * width + expected.length)]);
        }
      }),
      { numRuns: 3000 },
    );
  });

  it('gathers a transpose that is larger than a window', async () => {
    const [rows, cols] = [1500, 3001];
    const stored = numbers(rows * cols);
    const storage = counted(memorySource(new Uint8Array(stored.buffer), 'storage'));
    const view: View = { offset: 0, shape: [cols, rows], strides: [1, cols] };
    const source = stridedSource(storage, 0, view, 4);
    const turned = new Uint32Array((await source.read(0, source.size)).buffer);
    const wrong = turned.findIndex((value, i) => value !== stored[(i % rows) * cols + Math.floor(i / rows)]);
    expect(wrong).toBe(-1);
    expect(storage.total).toBe(source.size);
    expect(storage.largest).toBe(16 * 2 ** 20);
  });

  it('leaves out what lies between the rows of a view', async () => {
    const storage = counted(memorySource(new Uint8Array(64 * 2 ** 20), 'storage'));
    const view: View = { offset: 5, shape: [2, 3], strides: [60 * 2 ** 20, 2] };
    await stridedSource(storage, 0, view, 1).read(0, 6);
    expect(storage.total).toBeLessThan(17 * 2 ** 20);
  });

  it('refuses bytes outside of the view', async () => {
    const source = stridedSource(memorySource(new Uint8Array(8), 's'), 0, { offset: 0, shape: [4], strides: [2] }, 1);
    await expect(source.read(0, 5)).rejects.toThrow(RangeError);
    expect(await source.read(4, 4)).toHaveLength(0);
  });
});

describe('strides', () => {
  it('are those of rows or of columns', () => {
    expect(denseStrides([2, 3, 4])).toEqual([12, 4, 1]);
    expect(denseStrides([2, 3, 4], true)).toEqual([1, 2, 6]);
    expect(denseStrides([])).toEqual([]);
  });

  it('of axes of size 1 do not matter, and of an empty view none do', () => {
    expect(isDense({ offset: 0, shape: [1, 3], strides: [77, 1] })).toBe(true);
    expect(isDense({ offset: 0, shape: [0, 3], strides: [9, 9] })).toBe(true);
    expect(isDense({ offset: 0, shape: [2, 3], strides: [1, 2] })).toBe(false);
  });

  it('reach no further than can be counted', () => {
    expect(reach({ offset: 2 ** 52, shape: [3], strides: [2 ** 52] })).toBe(Infinity);
    expect(reach({ offset: 4, shape: [], strides: [] })).toBe(5);
  });
});
