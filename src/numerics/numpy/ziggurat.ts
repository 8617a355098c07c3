/**
 * The 256 layers under the normal density from which numpy draws normal numbers.
 * Source: G. Marsaglia and W. W. Tsang, "The Ziggurat Method for Generating Random Variables", 2000, in J. Doornik's form.
 *
 * numpy prints its tables in full. They come out of the recurrence below to the last bit, with exponentials and logarithms rounded
 * correctly, but for one that was rounded the other way.
 */
import { exactExp, exactLog } from './exact';

export interface Layers {
  /** Where the lowest layer's tail begins. */
  readonly tail: number;
  /** Of layer i: its right end over 2⁵²; e^(−x²/2) there; below which multiple of `widths` no look at the density is needed. */
  readonly widths: Float64Array;
  readonly heights: Float64Array;
  readonly inner: Float64Array;
}

const LAYERS = 256;
const TAIL = 3.6541528853610088;
/** Of each layer. */
const AREA = 0.004928673233974652;
const SCALE = 2 ** 52;
/** numpy's e^(−x²/2) of this layer is one place above the nearest double. */
const ROUNDED_UP = 38;

let kept: Layers | null = null;

export function layers(): Layers {
  kept ??= build();
  return kept;
}

function build(): Layers {
  const [widths, heights, inner] = [0, 1, 2].map(() => new Float64Array(LAYERS));
  const nearestEven = (value: number) => {
    const floor = Math.floor(value);
    return value - floor === 0.5 ? floor + (floor % 2) : Math.round(value);
  };
  let right = TAIL;
  widths[LAYERS - 1] = right / SCALE;
  heights[LAYERS - 1] = exactExp(-0.5 * right * right);
  heights[0] = 1;
  widths[0] = AREA / heights[LAYERS - 1] / SCALE;
  inner[0] = nearestEven(((TAIL * heights[LAYERS - 1]) / AREA) * SCALE);
  for (let i = LAYERS - 2; i > 0; i--) {
    const x = Math.sqrt(-2 * exactLog(AREA / right + heights[i + 1]));
    inner[i + 1] = nearestEven((x / right) * SCALE);
    widths[i] = x / SCALE;
    heights[i] = exactExp(-0.5 * x * x) + (i === ROUNDED_UP ? 2 ** -53 : 0);
    right = x;
  }
  return { tail: TAIL, widths, heights, inner };
}
