/** What the comparison of two implementations sees, and what it must not miss. */
import { expect, it } from 'vitest';
import { defineKernel } from '../../gpu/kernel';
import { entryPoints } from './entry-points';
import { fromText, toText } from './exchange';
import { compareLaunch, integerOutputs, type RecordedLaunch } from './launches';

const kernel = defineKernel({ shader: 'linalg/scale', entry: 'scale', buffers: ['read', 'write'], params: {} });
const bytesOf = (...values: number[]) => new Uint8Array(Float32Array.from(values).buffer);

function launch(before: Uint8Array, after: Uint8Array): RecordedLaunch {
  return { kernel, launch: { params: {}, grid: [1] }, before: [bytesOf(1), before], after: [after] };
}

it('finds equal results equal, and looks away from what neither wrote', () => {
  const recorded = launch(bytesOf(1e30, 0, 0), bytesOf(1e30, 2, 3));
  expect(compareLaunch(recorded, [bytesOf(1e30, 2, 3)], [false])).toEqual({ bitEqual: true, relative: 0, integers: 0 });
  // The 1e30 was there before: it does not make the difference small.
  const found = compareLaunch(recorded, [bytesOf(1e30, 2, 3.3)], [false]);
  expect(found.bitEqual).toBe(false);
  expect(found.relative).toBeCloseTo(0.1, 5);
});

it('finds what was not written, written elsewhere, or is no number', () => {
  const recorded = launch(bytesOf(0, 0), bytesOf(5, 0));
  expect(compareLaunch(recorded, [bytesOf(0, 0)], [false]).relative).toBe(1);
  expect(compareLaunch(recorded, [bytesOf(5, 1)], [false]).bitEqual).toBe(false);
  expect(compareLaunch(recorded, [bytesOf(NaN, 0)], [false]).relative).toBe(Infinity);
  expect(compareLaunch(recorded, [bytesOf(-5, 0)], [true]).integers).toBe(1);
});

it('knows which outputs are integers, and the entry points of a module', () => {
  const source =
    '@group(0) @binding(1) var<storage, read> a: array<u32>;\n@group(0) @binding(2) var<storage, read_write> b: ';
  expect(integerOutputs(kernel, `${source}array<vec4f>;`)).toEqual([false]);
  expect(integerOutputs(kernel, `${source}array<atomic<u32>, 2>;`)).toEqual([true]);
  expect(entryPoints('linalg/matmul').sort()).toEqual(['nn', 'nt', 'tn']);
  expect(entryPoints('common/index')).toEqual([]);
});

it('hands bytes and odd numbers over', () => {
  const value = { a: Float32Array.of(1, NaN), b: [Uint8Array.of(1, 2, 3)], c: Infinity, d: NaN, e: null, f: 'x' };
  expect(fromText(toText(value))).toEqual(value);
});
