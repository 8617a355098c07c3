/**
 * Perplexity and KL divergence from per-window sums, with a bootstrap interval over windows (windows, not tokens, because tokens of
 * one text are not independent).
 */
import { Random } from '../base/random';

/** Sums over the predicted positions of each window. */
export interface WindowSums {
  /** Negative log-likelihood in nats, a window. */
  readonly nll: readonly number[];
  /** KL(full ‖ quantized) in nats, a window. */
  readonly kl: readonly number[];
  /** Predicted positions a window: its length − 1. */
  readonly positions: number;
}

export interface LanguageFigures {
  readonly perplexity: number;
  /** 95 % percentile bootstrap. */
  readonly interval: readonly [number, number];
  /** Mean nats a position. */
  readonly kl: number;
  readonly tokens: number;
}

const RESAMPLES = 1000;

/** exp of the mean negative log-likelihood over all windows; deterministic. */
export function languageFigures({ nll, kl, positions }: WindowSums): LanguageFigures {
  const perplexityOf = (sum: number) => Math.exp(sum / (nll.length * positions));
  const random = new Random(1);
  const resampled = Float64Array.from({ length: RESAMPLES }, () => {
    let sum = 0;
    for (let i = 0; i < nll.length; i++) sum += nll[random.integer(nll.length)];
    return perplexityOf(sum);
  }).sort();
  const perplexity = perplexityOf(total(nll));
  return {
    perplexity,
    interval: [resampled[Math.floor(RESAMPLES * 0.025)], resampled[Math.ceil(RESAMPLES * 0.975) - 1]],
    // Logits that are not finite leave no divergence to speak of.
    kl: Number.isNaN(perplexity) ? NaN : total(kl) / (kl.length * positions),
    tokens: nll.length * positions,
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
