/**
 * Signed distances to the outlines of ten shapes, below zero inside: u to the right, v down, r the shape's radius, all in pixels.
 * The same sums in the same order as training/vision/shapes.py, so that the last bit is the same too.
 */

/** The classes of the samples on shapes, in their order. */
export const SHAPES = [
  'disc',
  'ring',
  'square',
  'frame',
  'triangle',
  'plus',
  'saltire',
  'bars',
  'diamond',
  'crescent',
] as const;

type Distance = (u: number, v: number, r: number) => number;

const { abs, max, min } = Math;

/** Halves to the even neighbour, as numpy rounds. */
export function nearestEven(value: number): number {
  const floor = Math.floor(value);
  if (value - floor !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}

export function clip(value: number, low: number, high: number): number {
  return min(max(value, low), high);
}

function cross(u: number, v: number, r: number): number {
  const arm = 0.3 * r;
  return min(max(abs(u) - arm, abs(v) - r), max(abs(v) - arm, abs(u) - r));
}

/** By a way to measure a hypotenuse: C's, or the root of a sum of squares. They differ in the last bit. */
export function distancesBy(hypotenuse: (u: number, v: number) => number): Record<(typeof SHAPES)[number], Distance> {
  const slant = Math.sqrt(1.75 * 1.75 + 1);
  return {
    disc: (u, v, r) => hypotenuse(u, v) - 0.95 * r,
    ring: (u, v, r) => abs(hypotenuse(u, v) - 0.76 * r) - 0.2 * r,
    square: (u, v, r) => max(abs(u), abs(v)) - 0.84 * r,
    frame: (u, v, r) => abs(max(abs(u), abs(v)) - 0.7 * r) - 0.19 * r,
    triangle: (u, v, r) => max(v - 0.75 * r, (1.75 * abs(u) - (v + r)) / slant),
    plus: cross,
    saltire: (u, v, r) => cross((u + v) * Math.SQRT1_2, (u - v) * Math.SQRT1_2, r),
    bars: (u, v, r) => {
      const nearest = 0.75 * r * clip(nearestEven(v / (0.75 * r)), -1, 1);
      return max(abs(u) - 0.95 * r, abs(v - nearest) - 0.22 * r);
    },
    diamond: (u, v, r) => (abs(u) + abs(v) - 1.05 * r) * Math.SQRT1_2,
    crescent: (u, v, r) => max(hypotenuse(u, v) - r, 0.78 * r - hypotenuse(u - 0.55 * r, v)),
  };
}
