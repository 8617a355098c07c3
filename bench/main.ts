/**
 * `npm run bench [name …]`: each benchmark first checks its result against the float64 twin or a residual, then is timed; median and
 * spread of several runs, GFLOP/s from the operation count, the adapter named. Nothing here passes or fails by time.
 */
import { openDawn } from '../src/cli/dawn';
import type { Gpu } from '../src/gpu/gpu';
import { BENCHMARKS } from './benchmarks';
import { STUDIES as REAL_SIZES } from './real-sizes';
import { formatRow, measure } from './measure';
import { views } from './views';

/** What runs only where it is named: minutes each. */
const STUDIES: Readonly<Record<string, (gpu: Gpu, method: string) => Promise<void>>> = { ...REAL_SIZES, views };

const wanted = process.argv.slice(2);
const gpu = await openDawn();
const { vendor, architecture, description, software } = gpu.description;
console.log(
  `adapter: ${[vendor, architecture, description].filter(Boolean).join(' · ')}${software ? ' (software)' : ''}`,
);
console.log(`node ${process.version}, ${process.platform} ${process.arch}\n`);
const studies = wanted.filter((word) => word in STUDIES);
const others = wanted.filter((word) => !(word in STUDIES));
for (const name of studies) await STUDIES[name](gpu, others[0] ?? 'gptq');
for (const benchmark of studies.length > 0 ? [] : BENCHMARKS) {
  if (wanted.length > 0 && !wanted.some((word) => benchmark.name.includes(word))) continue;
  for (const size of benchmark.sizes(software)) {
    const prepared = await benchmark.prepare(gpu, size);
    await prepared.check();
    const timing = await measure(gpu, prepared);
    console.log(formatRow(`${benchmark.name} ${size}`, timing, prepared.flop));
    for (const line of prepared.notes?.(timing) ?? []) console.log(`  ${line}`);
    prepared.release();
  }
}
gpu.destroy();
process.stdout.write('', () => process.exit(0));
