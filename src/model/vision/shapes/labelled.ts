/**
 * Labelled pictures of ten shapes, 16 × 16 pixels: those of training/vision/shapes.py, drawn in numpy's order. Sines and hypotenuses are the
 * machine's own, so before they are rounded to bytes the values may differ from numpy's in their last bits.
 */
import type { NumpyRandom } from '../../../numerics/numpy/generator';
import { clip, distancesBy, nearestEven, SHAPES } from './distances';
import { splitRandom } from './split';

export const LABELLED_SIDE = 16;
const PIXELS = LABELLED_SIDE * LABELLED_SIDE;
const DISTANCES = distancesBy(Math.hypot);

export interface LabelledPictures {
  /** Picture by picture, row by row, red, green and blue of each pixel. */
  readonly pixels: Uint8Array;
  /** Places in SHAPES. */
  readonly labels: Uint32Array;
}

/** What a picture may be like; calm ones are easier to learn to draw. */
interface Manner {
  readonly radius: number;
  /** Keeps the centre this far from the edges. */
  readonly margin: number;
  readonly lean: number;
  readonly grain: number;
  /** Odds of a flat colour, a gradient, stripes and noise: on the shape, on the ground. */
  readonly shape: readonly number[];
  readonly ground: readonly number[];
  /** A crescent may open in any direction; the others only lean, or a square would be a diamond. */
  readonly crescentsTurn: boolean;
}

const MANNERS: Readonly<Record<'calm' | 'free', Manner>> = {
  calm: {
    ...{ radius: 5, margin: 7.2, lean: Math.PI / 36, grain: 0.01, crescentsTurn: false },
    ...{ shape: [0.5, 0.5, 0, 0], ground: [0.5, 0.5, 0, 0] },
  },
  free: {
    ...{ radius: 3.8, margin: 0, lean: Math.PI / 12, grain: 0.02, crescentsTurn: true },
    ...{ shape: [0.4, 0.3, 0.15, 0.15], ground: [0.4, 0.4, 0.1, 0.1] },
  },
};

export interface Drawing {
  readonly kind?: keyof typeof MANNERS;
  /** Pictures drawn at once. Which random numbers a picture takes depends on it; all at once where nothing is said. */
  readonly chunk?: number;
}

/** The first `count` pictures of a split, as those of `shapes.draw(rng, chunk, calm)` again and again with one generator. */
export function drawLabelled(
  seed: number,
  split: string,
  count: number,
  { kind = 'free', chunk = count }: Drawing = {},
): LabelledPictures {
  const random = splitRandom(seed, split);
  const pixels = new Uint8Array(count * PIXELS * 3);
  const labels = new Uint32Array(count);
  for (let first = 0; first < count; first += chunk) {
    const own = drawNext(random, chunk, MANNERS[kind]);
    const used = Math.min(chunk, count - first);
    pixels.set(own.pixels.subarray(0, used * PIXELS * 3), first * PIXELS * 3);
    labels.set(own.labels.subarray(0, used), first);
  }
  return { pixels, labels };
}

function drawNext(random: NumpyRandom, count: number, manner: Manner): LabelledPictures {
  const labels = random.integers(count, SHAPES.length);
  const radii = random.uniform(count, manner.radius, 6.2);
  const places = random.uniform(2 * count);
  const turns = random.uniform(count, -1, 1);
  const [fronts, backs] = colours(random, count);
  const front = textures(random, fronts, manner.shape);
  const back = textures(random, backs, manner.ground);
  const grain = random.normal(count * PIXELS * 3, 0, manner.grain);
  const pixels = new Uint8Array(count * PIXELS * 3);
  for (let n = 0; n < count; n++) {
    const name = SHAPES[labels[n]];
    const r = radii[n];
    const margin = Math.max(r + 0.4, manner.margin);
    const centre = (value: number) => margin + value * (LABELLED_SIDE - 2 * margin);
    const turn = (manner.crescentsTurn && name === 'crescent' ? Math.PI : manner.lean) * turns[n];
    const [left, top, cos, sin] = [centre(places[n]), centre(places[count + n]), Math.cos(turn), Math.sin(turn)];
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const dx = (pixel % LABELLED_SIDE) + 0.5 - left;
      const dy = Math.floor(pixel / LABELLED_SIDE) + 0.5 - top;
      const cover = clip(0.5 - DISTANCES[name](dx * cos + dy * sin, dy * cos - dx * sin, r), 0, 1);
      for (let c = 0; c < 3; c++) {
        const at = (n * PIXELS + pixel) * 3 + c;
        const under = back(n, pixel, c);
        const value = under + cover * (front(n, pixel, c) - under) + grain[at];
        pixels[at] = nearestEven(clip(value, 0, 1) * 255);
      }
    }
  }
  return { pixels, labels };
}

/** Pairs that can be told apart: at least 0.5 between shape and ground in the unit cube. */
function colours(random: NumpyRandom, count: number): [Float64Array, Float64Array] {
  const values = random.uniform(2 * count * 3);
  const pair: [Float64Array, Float64Array] = [values.subarray(0, count * 3), values.subarray(count * 3)];
  for (;;) {
    const close: number[] = [];
    for (let n = 0; n < count; n++) {
      const [r, g, b] = [0, 1, 2].map((c) => pair[0][n * 3 + c] - pair[1][n * 3 + c]);
      if (Math.sqrt(r * r + g * g + b * b) < 0.5) close.push(n);
    }
    if (close.length === 0) return pair;
    const again = random.uniform(2 * close.length * 3);
    close.forEach((n, i) => {
      pair.forEach((side, k) =>
        side.set(again.subarray((k * close.length + i) * 3, (k * close.length + i + 1) * 3), n * 3),
      );
    });
  }
}

/** One colour a pixel: flat, a gradient, stripes or noise, drawn with these odds. */
function textures(
  random: NumpyRandom,
  colour: Float64Array,
  odds: readonly number[],
): (n: number, pixel: number, c: number) => number {
  const count = colour.length / 3;
  const kinds = random.choice(count, odds);
  const turns = random.uniform(2 * count);
  const periods = random.uniform(count, 3, 4.5);
  const noise = random.normal(count * PIXELS, 0, 0.3);
  const second = random.uniform(count * 3, -0.35, 0.35);
  const mix = new Float64Array(count * PIXELS);
  for (let n = 0; n < count; n++) {
    const angle = turns[n] * 2 * Math.PI;
    const phase = turns[count + n] * 2 * Math.PI;
    const [cos, sin, period] = [Math.cos(angle), Math.sin(angle), periods[n] / LABELLED_SIDE];
    for (let pixel = 0; pixel < PIXELS; pixel++) {
      const x = (pixel % LABELLED_SIDE) + 0.5 - 8;
      const y = Math.floor(pixel / LABELLED_SIDE) + 0.5 - 8;
      const along = (x * cos + y * sin) / LABELLED_SIDE;
      const at = n * PIXELS + pixel;
      if (kinds[n] === 1) mix[at] = along;
      else if (kinds[n] === 2) mix[at] = 0.5 * Math.sin((2 * Math.PI * along) / period + phase);
      else if (kinds[n] === 3) mix[at] = noise[at];
    }
  }
  return (n, pixel, c) => colour[n * 3 + c] + mix[n * PIXELS + pixel] * second[n * 3 + c];
}
