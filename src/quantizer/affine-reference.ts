/**
 * Float64 twin of the grid kernels (shaders/quantizer): fitting a grid to a run of weights and rounding to it.
 */
export interface Grid {
  readonly scale: number;
  readonly zero: number;
}

export interface GridOptions {
  readonly bits: number;
  readonly symmetric: boolean;
  readonly clip: 'none' | 'mse';
  /** The least range; default 1e-34. */
  readonly floor?: number;
}

/** The clip search's norm, steps and smallest share (GPTAQ release: norm 2.4, grid 100, maxshrink 0.8). */
export const CLIP = { norm: 2.4, steps: 80, resolution: 100 } as const;

/** Fits scale and zero to `values`, as the weight quantizer of the QuaRot and GPTAQ releases. Zero always lies inside the range. */
export function fitGrid(values: ArrayLike<number>, options: GridOptions): Grid {
  let low = 0;
  let high = 0;
  for (let i = 0; i < values.length; i++) {
    low = Math.min(low, values[i]);
    high = Math.max(high, values[i]);
  }
  const floor = Math.max(options.floor ?? 0, 1e-34);
  const empty = low === 0 && high === 0;
  const grid = (shrink: number): Grid => {
    if (options.symmetric) {
      const absmax = empty ? 1e-5 : Math.max(-low, high, floor);
      return { scale: (shrink * absmax) / (2 ** (options.bits - 1) - 1), zero: 2 ** (options.bits - 1) };
    }
    const [lo, hi] = empty ? [-1, 1] : [low, high];
    const scale = (shrink * Math.max(hi - lo, floor)) / (2 ** options.bits - 1);
    return { scale, zero: roundHalfEven((-shrink * lo) / scale) };
  };
  if (options.clip === 'none') return grid(1);
  let best = grid(1);
  let least = Infinity;
  for (let step = 0; step < CLIP.steps; step++) {
    const candidate = grid(1 - step / CLIP.resolution);
    let error = 0;
    for (let i = 0; i < values.length; i++) {
      error += Math.abs(roundToGrid(values[i], candidate, options.bits).value - values[i]) ** CLIP.norm;
    }
    if (error < least) {
      least = error;
      best = candidate;
    }
  }
  return best;
}

/** The nearest level: its code 0 … 2^b − 1 and its value. */
export function roundToGrid(value: number, grid: Grid, bits: number): { code: number; value: number } {
  const code = Math.min(Math.max(roundHalfEven(value / grid.scale) + grid.zero, 0), 2 ** bits - 1);
  return { code, value: grid.scale * (code - grid.zero) };
}

/** As WGSL's and torch's round. */
export function roundHalfEven(x: number): number {
  const floor = Math.floor(x);
  const part = x - floor;
  if (part !== 0.5) return Math.round(x);
  return floor % 2 === 0 ? floor : floor + 1;
}
