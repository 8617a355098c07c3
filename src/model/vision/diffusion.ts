/**
 * Gaussian diffusion as DiT samples it: a schedule of T steps, its respacing to fewer, one step back by DDPM with the learned range of
 * variances or by DDIM with η = 0, and classifier-free guidance. Host arithmetic in float64: an image is a few thousand numbers, a
 * network's step is millions of operations.
 *
 * Symbols: ᾱ_t = Π (1 − β); x_t = √ᾱ_t x₀ + √(1 − ᾱ_t) ε. Arrays hold whole batches, image after image, channels first.
 * Ho et al. 2020, arXiv 2006.11239 (DDPM); Song et al. 2021, arXiv 2010.02502 (DDIM); Nichol and Dhariwal 2021, arXiv 2102.09672
 * (learned variances, respacing); Ho and Salimans 2022, arXiv 2207.12598 (guidance). Followed: facebookresearch/DiT, diffusion/.
 */
import { StudioError } from '../../base/errors';

export interface DiffusionSettings {
  /** T of training. */
  readonly steps: number;
  readonly betaStart: number;
  readonly betaEnd: number;
  /** How β goes from one to the other: evenly, or its root does (latent diffusion); default evenly. */
  readonly schedule?: 'linear' | 'scaled_linear';
  /** Whether the guess of x₀ is kept in −1 … 1: for pixels, not for latents. */
  readonly clip: boolean;
}

/** DiT's own: 1000 linear steps on latents. */
export const DIT_DIFFUSION: DiffusionSettings = { steps: 1000, betaStart: 1e-4, betaEnd: 0.02, clip: false };

/** Of pixels (Ho et al. 2020), and of latents (Rombach et al. 2022). */
export const DDPM_DIFFUSION: DiffusionSettings = { ...DIT_DIFFUSION, clip: true };
export const LATENT_DIFFUSION: DiffusionSettings = {
  ...DIT_DIFFUSION,
  betaStart: 0.00085,
  betaEnd: 0.012,
  schedule: 'scaled_linear',
};

/** A schedule of `length` steps, i = 0 the last before the picture. Arrays are indexed by i. */
export interface Schedule {
  readonly length: number;
  /** What the network is told: t of the training schedule. */
  readonly times: readonly number[];
  /** ᾱ. */
  readonly kept: Float64Array;
  /** ᾱ of the step that follows in sampling; 1 after the last. */
  readonly keptNext: Float64Array;
  readonly betas: Float64Array;
  /** log of the smallest (posterior) and the largest (β) variance of a step. */
  readonly logSmallest: Float64Array;
  readonly logLargest: Float64Array;
  readonly clip: boolean;
}

/** The training schedule cut to `count` steps, evenly spread with both ends. Throws QS-RECIPE-01 on a count outside 1 … T. */
export function respaced(settings: DiffusionSettings, count: number): Schedule {
  const { steps, betaStart, betaEnd, schedule = 'linear' } = settings;
  if (!Number.isInteger(count) || count < 1 || count > steps) {
    throw new StudioError('QS-RECIPE-01', `${count} sampling steps: this model takes 1 to ${steps}.`);
  }
  const times = Array.from({ length: count }, (_, i) =>
    count === 1 ? 0 : roundHalfEven((i * (steps - 1)) / (count - 1)),
  );
  const all = new Float64Array(steps);
  let product = 1;
  for (let t = 0; t < steps; t++) {
    product *=
      1 -
      (schedule === 'linear'
        ? betaStart + ((betaEnd - betaStart) * t) / (steps - 1)
        : (Math.sqrt(betaStart) + ((Math.sqrt(betaEnd) - Math.sqrt(betaStart)) * t) / (steps - 1)) ** 2);
    all[t] = product;
  }
  const kept = Float64Array.from(times, (t) => all[t]);
  const keptNext = Float64Array.from(kept, (_, i) => (i === 0 ? 1 : kept[i - 1]));
  const betas = kept.map((value, i) => 1 - value / keptNext[i]);
  const posterior = betas.map((beta, i) => (beta * (1 - keptNext[i])) / (1 - kept[i]));
  // The posterior variance of the last step is 0; its logarithm takes that of the step before.
  const logSmallest = posterior.map((value, i) =>
    Math.log(i === 0 ? posterior[Math.min(1, count - 1)] || betas[0] : value),
  );
  return {
    length: count,
    times,
    kept,
    keptNext,
    betas,
    logSmallest,
    logLargest: betas.map(Math.log),
    clip: settings.clip,
  };
}

/** The network's answer for a batch: ε, and the share of log variance between its bounds (−1 … 1), each shaped like x. */
export interface Prediction {
  readonly noise: Float32Array;
  /** null for a network without learned variances: the smallest is then used. */
  readonly variance: Float32Array | null;
}

/** One step of DDPM from x_i: mean + σ·noise; `noise` is not read at i = 0. */
export function ddpmStep(
  schedule: Schedule,
  i: number,
  x: Float32Array,
  prediction: Prediction,
  noise: Float32Array | null,
): Float32Array<ArrayBuffer> {
  const { kept, keptNext, betas, logSmallest, logLargest } = schedule;
  const ofStart = (betas[i] * Math.sqrt(keptNext[i])) / (1 - kept[i]);
  const ofHere = ((1 - keptNext[i]) * Math.sqrt(1 - betas[i])) / (1 - kept[i]);
  return Float32Array.from(x, (value, at) => {
    const mean = ofStart * start(schedule, i, value, prediction.noise[at]) + ofHere * value;
    if (i === 0 || !noise) return mean;
    const share = prediction.variance ? (prediction.variance[at] + 1) / 2 : 0;
    const logVariance = share * logLargest[i] + (1 - share) * logSmallest[i];
    return mean + Math.exp(0.5 * logVariance) * noise[at];
  });
}

/** One step of DDIM with η = 0, which draws nothing: the noise that belongs to the (clipped) guess of x₀ is scaled to the next step. */
export function ddimStep(
  schedule: Schedule,
  i: number,
  x: Float32Array,
  { noise }: Prediction,
): Float32Array<ArrayBuffer> {
  const { kept, keptNext } = schedule;
  return Float32Array.from(x, (value, at) => {
    const guess = start(schedule, i, value, noise[at]);
    const implied = (Math.sqrt(1 / kept[i]) * value - guess) / Math.sqrt(1 / kept[i] - 1);
    return Math.sqrt(keptNext[i]) * guess + Math.sqrt(1 - keptNext[i]) * implied;
  });
}

/** The guess of x₀ from x_i and ε. */
function start({ kept, clip }: Schedule, i: number, x: number, noise: number): number {
  const guess = Math.sqrt(1 / kept[i]) * x - Math.sqrt(1 / kept[i] - 1) * noise;
  return clip ? Math.min(1, Math.max(-1, guess)) : guess;
}

/**
 * ε past the unconditional one: without + scale · (with − without), for all channels (DiT's released code guides the first three only,
 * which for pixels is all of them). Variances are those with the class.
 */
export function guide(withClass: Prediction, without: Prediction, scale: number): Prediction {
  return {
    noise: withClass.noise.map((value, at) => without.noise[at] + scale * (value - without.noise[at])),
    variance: withClass.variance,
  };
}

/** Python's round. */
function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return Math.round(value);
  return floor % 2 === 0 ? floor : floor + 1;
}
