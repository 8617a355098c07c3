/**
 * How kernels are compared with their float64 twins: the largest difference relative to the largest value, and zero padding.
 */
import { expect } from 'vitest';
import { Random } from '../base/random';
import type { Gpu } from '../gpu/gpu';
import { matrix, type Matrix } from './reference/matrix';
import { Tensor } from './tensor';

/** Shapes every matrix kernel is tried on: 1, odd ones, exact multiples of the tile, and one past them. */
export const SHAPES = [
  [1, 1],
  [1, 7],
  [5, 1],
  [3, 13],
  [8, 8],
  [9, 17],
  [16, 64],
  [33, 100],
  [65, 129],
] as const;

/** Standard normals, rounded to f32 so that both sides see the same numbers. */
export function randomMatrix(rows: number, cols: number, seed: number, scale = 1): Matrix {
  return matrix(rows, cols, new Random(seed).normals(rows * cols, scale));
}

export function upload(gpu: Gpu, m: Matrix): Tensor {
  return Tensor.from(gpu, m.rows, m.cols, Float32Array.from(m.data));
}

/** max |a − b| / max |b|, with 1 in place of a zero maximum. */
export function relativeDifference(actual: ArrayLike<number>, expected: ArrayLike<number>): number {
  let difference = 0;
  let largest = 0;
  for (let i = 0; i < expected.length; i++) {
    const d = Math.abs(actual[i] - expected[i]);
    if (Number.isNaN(d)) return Infinity;
    difference = Math.max(difference, d);
    largest = Math.max(largest, Math.abs(expected[i]));
  }
  return difference / (largest || 1);
}

/** Asserts that a tensor holds `expected` within `tolerance` and that its padding is zero. */
export async function expectClose(actual: Tensor, expected: Matrix, tolerance: number): Promise<void> {
  expect([actual.rows, actual.cols]).toEqual([expected.rows, expected.cols]);
  const [bytes] = await actual.gpu.read({ buffer: actual.buffer, bytes: actual.bytes });
  const host = new Float32Array(bytes);
  expect(relativeDifference(actual.unpad(host), expected.data)).toBeLessThan(tolerance);
  expectZeroPadding(actual, host);
}

/** Asserts that the padding of a tensor, whose buffer was read into `host`, is zero. */
export function expectZeroPadding(actual: Tensor, host: Float32Array): void {
  for (let r = 0; r < actual.paddedRows; r++) {
    for (let c = 0; c < actual.stride; c++) {
      if (r < actual.rows && c < actual.cols) continue;
      if (host[r * actual.stride + c] !== 0)
        throw new Error(`padding at row ${r}, column ${c} is ${host[r * actual.stride + c]}`);
    }
  }
}
