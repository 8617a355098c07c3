/** Timing: one warm-up that compiles, then repeated runs until there are enough of them or of seconds. */
import type { Gpu } from '../src/gpu/gpu';

export interface Prepared {
  /** Throws when the result is wrong. */
  check(): Promise<void>;
  run(): Promise<void> | void;
  readonly flop: number;
  /** Lines to print under the timing. */
  notes?(timing: Timing): string[];
  release(): void;
}

export interface Timing {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly runs: number;
  /** Median GPU time by timestamps, null without them. */
  readonly gpuMedian: number | null;
}

const MOST_RUNS = 9;
const FEWEST_RUNS = 3;
const ENOUGH_MS = 4000;

export async function measure(gpu: Gpu, { run }: Prepared): Promise<Timing> {
  await gpu.timed(run);
  const wall: number[] = [];
  const onGpu: number[] = [];
  let spent = 0;
  while (wall.length < FEWEST_RUNS || (wall.length < MOST_RUNS && spent < ENOUGH_MS)) {
    const { span } = await gpu.timed(run);
    wall.push(span.wallMs);
    if (span.gpuMs !== null) onGpu.push(span.gpuMs);
    spent += span.wallMs;
  }
  return {
    median: median(wall),
    min: Math.min(...wall),
    max: Math.max(...wall),
    runs: wall.length,
    gpuMedian: onGpu.length === wall.length ? median(onGpu) : null,
  };
}

export function formatRow(name: string, timing: Timing, flop: number): string {
  const ms = (value: number) => `${value.toFixed(value < 10 ? 2 : 0)} ms`;
  const rate = `${(flop / timing.median / 1e6).toFixed(2)} GFLOP/s`;
  const gpu = timing.gpuMedian === null ? '' : `  gpu ${ms(timing.gpuMedian)}`;
  const spread = `${ms(timing.min)} … ${ms(timing.max)}, ${timing.runs} runs`;
  return `${name.padEnd(34)} ${ms(timing.median).padStart(10)}  ${rate.padStart(16)}  (${spread})${gpu}`;
}

/** What a plan said of a time beside what it took, in seconds: a range is right where the time is within a factor of 2 of its middle. */
export function againstPlan([low, high]: readonly [number, number], took: number): string {
  const factor = took / ((low + high) / 2);
  const verdict = factor >= 0.5 && factor <= 2 ? 'within a factor of 2' : 'NOT within a factor of 2';
  const range = `${low.toPrecision(3)} … ${high.toPrecision(3)} s`;
  return `planned ${range}, took ${took.toPrecision(3)} s: ${factor.toFixed(2)} of the middle, ${verdict}`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}
