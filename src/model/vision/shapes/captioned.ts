/**
 * Captioned pictures of shapes, 32 × 32 pixels: "small red disc on blue". The bytes of training/vision/captions.py: every picture takes as
 * many random numbers, all uniform, and the arithmetic is sums, products, quotients and roots, which are exact everywhere.
 */
import { clip, distancesBy, nearestEven, SHAPES } from './distances';
import { splitRandom } from './split';

export const CAPTIONED_SIDE = 32;
const SIZES = ['small', 'large'] as const;
const PALETTE = {
  red: [0.85, 0.12, 0.12],
  orange: [0.95, 0.55, 0.1],
  yellow: [0.95, 0.9, 0.2],
  green: [0.15, 0.65, 0.2],
  blue: [0.15, 0.25, 0.85],
  purple: [0.6, 0.2, 0.75],
  white: [0.95, 0.95, 0.95],
  black: [0.06, 0.06, 0.06],
} as const;
const COLOURS = Object.keys(PALETTE) as (keyof typeof PALETTE)[];

/** Smallest radius, how much larger it may be, how far the centre may be from the middle: by size. */
const RADIUS = [6, 9.5];
const MORE = [1.5, 2];
const AWAY = [6, 3];
const LEAN = 0.15;
const JITTER = 0.06;
const GRAIN = 0.02;
/** Random numbers before the grain: four words, radius, place, lean, two colours. */
const FACTS = 14;
const VALUES = CAPTIONED_SIDE * CAPTIONED_SIDE * 3;
const DISTANCES = distancesBy((u, v) => Math.sqrt(u * u + v * v));

export interface CaptionedPicture {
  /** Row by row, red, green and blue of each pixel. */
  readonly pixels: Uint8Array;
  readonly size: (typeof SIZES)[number];
  readonly colour: (typeof COLOURS)[number];
  readonly shape: (typeof SHAPES)[number];
  readonly ground: (typeof COLOURS)[number];
}

export function captionOf({ size, colour, shape, ground }: Omit<CaptionedPicture, 'pixels'>): string {
  return `${size} ${colour} ${shape} on ${ground}`;
}

/** Pictures `first` … `first` + count − 1 of a split. */
export function drawCaptioned(seed: number, split: string, count: number, first = 0): CaptionedPicture[] {
  const random = splitRandom(seed, split);
  random.skip(first * (FACTS + VALUES));
  return Array.from({ length: count }, () => paint(random.uniform(FACTS + VALUES)));
}

function paint(u: Float64Array): CaptionedPicture {
  const size = Math.floor(u[0] * SIZES.length);
  const colour = Math.floor(u[1] * COLOURS.length);
  const shape = SHAPES[Math.floor(u[2] * SHAPES.length)];
  // Any colour but the shape's own.
  const ground = (colour + 1 + Math.floor(u[3] * (COLOURS.length - 1))) % COLOURS.length;
  const r = RADIUS[size] + MORE[size] * u[4];
  const centre = (value: number) => CAPTIONED_SIDE / 2 + AWAY[size] * (2 * value - 1);
  const [left, top] = [centre(u[5]), centre(u[6])];
  // The lean is drawn as a tangent: cosine and sine then need no more than a root.
  const lean = LEAN * (2 * u[7] - 1);
  const cos = 1 / Math.sqrt(1 + lean * lean);
  const sin = lean * cos;
  const tint = (name: (typeof COLOURS)[number], at: number) =>
    PALETTE[name].map((value, c) => value + JITTER * (2 * u[at + c] - 1));
  const front = tint(COLOURS[colour], 8);
  const back = tint(COLOURS[ground], 11);
  const pixels = new Uint8Array(VALUES);
  for (let pixel = 0; pixel < CAPTIONED_SIDE * CAPTIONED_SIDE; pixel++) {
    const dx = (pixel % CAPTIONED_SIDE) + 0.5 - left;
    const dy = Math.floor(pixel / CAPTIONED_SIDE) + 0.5 - top;
    const distance = DISTANCES[shape](dx * cos + dy * sin, dy * cos - dx * sin, r);
    const cover = clip(0.5 - distance, 0, 1);
    for (let c = 0; c < 3; c++) {
      const grain = GRAIN * (2 * u[FACTS + pixel * 3 + c] - 1);
      const value = back[c] + cover * (front[c] - back[c]) + grain;
      pixels[pixel * 3 + c] = nearestEven(clip(value, 0, 1) * 255);
    }
  }
  return { pixels, size: SIZES[size], colour: COLOURS[colour], shape, ground: COLOURS[ground] };
}
