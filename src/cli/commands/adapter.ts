/** `adapter`: what GPU was found, and how fast it multiplies. */
import { isSoftware } from '../../gpu/software-probe';
import { measureRate } from '../../tensor/rate';
import type { Command } from '../command';

export const adapter: Command = {
  name: 'adapter',
  usage: [''],
  summary: 'say what GPU was found',
  words: 0,
  flags: {},
  async run({ gpu: open }) {
    const gpu = await open();
    const { vendor, architecture, device, description, features, limits } = gpu.description;
    const software = await isSoftware(gpu);
    const flopPerSecond = await measureRate(gpu);
    return { vendor, architecture, device, description, software, flopPerSecond, features, limits };
  },
  describe(found: {
    vendor: string;
    architecture: string;
    description: string;
    software: boolean;
    flopPerSecond: number;
  }) {
    return [
      `adapter   ${[found.vendor, found.architecture, found.description].filter(Boolean).join(' · ') || 'unnamed'}`,
      `software  ${found.software ? 'yes: timings say nothing about a real GPU' : 'no'}`,
      `matmul    ${(found.flopPerSecond / 1e9).toFixed(1)} GFLOP/s (f32)`,
    ].join('\n');
  },
};
