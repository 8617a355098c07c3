/**
 * How far a run is and how long it will take: layers are weighed by their weights times their inputs, which is what a column loop costs,
 * and only what this process did itself says how fast it is. Before anything is done, the plan's own range is all there is.
 */
import type { Plan } from '../../engine';

export class Estimate {
  readonly #costs: readonly number[];
  readonly #total: number;
  #done = 0;
  #own = 0;

  constructor(
    private readonly plan: Plan,
    private readonly begunAt: number,
  ) {
    this.#costs = plan.layers.map(({ rows, cols }) => rows * cols * (cols + plan.calibrationTokens + 1));
    this.#total = this.#costs.reduce((sum, cost) => sum + cost, 0) * plan.rows.length;
  }

  note(layer: number, restored: boolean): void {
    this.#done += this.#costs[layer] ?? 0;
    if (!restored) this.#own += this.#costs[layer] ?? 0;
  }

  /** Of the whole run, 0 … 1. */
  get share(): number {
    return this.#total === 0 ? 0 : Math.min(1, this.#done / this.#total);
  }

  elapsed(now: number): number {
    return (now - this.begunAt) / 1000;
  }

  /** Seconds left as [low, high]; one figure once there is a rate of this run's own. */
  remaining(now: number): readonly [number, number] {
    if (this.#own === 0) {
      const [low, high] = this.plan.seconds;
      const left = 1 - this.share;
      return [low * left, high * left];
    }
    const seconds = (this.elapsed(now) * (this.#total - this.#done)) / this.#own;
    return [seconds, seconds];
  }
}

/** '42 s', '3 min 10 s', '2 h 05 min'. */
export function duration(seconds: number): string {
  const whole = Math.max(0, Math.round(seconds));
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  const two = (n: number) => String(n).padStart(2, '0');
  if (minutes < 60) return `${minutes} min ${two(whole % 60)} s`;
  return `${Math.floor(minutes / 60)} h ${two(minutes % 60)} min`;
}

/** 'about 3 min 10 s', '2 s to 9 s'. */
export function durations([low, high]: readonly [number, number]): string {
  const [from, to] = [duration(low), duration(high)];
  return from === to ? `about ${from}` : `${from} to ${to}`;
}
