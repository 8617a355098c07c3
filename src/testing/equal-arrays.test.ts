/** What vitest's matchers say of arrays of numbers is what they said before they were made quicker, and they still tell them apart. */
import { describe, expect, it } from 'vitest';
import { equalNumbers } from './equal-arrays';

describe('arrays of numbers', () => {
  it('are equal entry by entry, NaN to itself, and 0 not to −0', () => {
    expect(equalNumbers(new Float32Array([1, NaN, 0]), new Float32Array([1, NaN, 0]))).toBe(true);
    expect(equalNumbers(new Float32Array([0]), new Float32Array([-0]))).toBe(false);
    expect(equalNumbers([1, 2], [1, 3])).toBe(false);
    expect(equalNumbers([1, 2], [1, 2, 3])).toBe(false);
    expect(new Float64Array([1, 2])).not.toEqual(new Float64Array([1, 2.5]));
    expect(() => expect(new Uint8Array([1])).toEqual(new Uint8Array([2]))).toThrow(/expected/);
  });

  it('of two kinds, with holes, or with other entries are left to vitest', () => {
    expect(equalNumbers(new Float32Array([1]), new Float64Array([1]))).toBeUndefined();
    expect(equalNumbers([1, 'a'], [1, 'a'])).toBeUndefined();
    expect(equalNumbers([1, , 2], [1, , 2])).toBeUndefined();
    expect([1, expect.any(Number)]).toEqual([1, 2]);
    expect([[1, 2], { a: [3] }]).toEqual([[1, 2], { a: [3] }]);
    expect([[1, 2], { a: [3] }]).not.toEqual([[1, 2], { a: [4] }]);
  });
});
