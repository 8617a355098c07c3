/** What a benchmark is: something timed at growing sizes. */
import type { Gpu } from '../src/gpu/gpu';
import type { Prepared } from './measure';

export interface Benchmark {
  readonly name: string;
  /** Sizes for this kind of adapter: a software one gets those that end in seconds. */
  sizes(software: boolean): readonly number[];
  prepare(gpu: Gpu, size: number): Promise<Prepared>;
}
