/** `npm run bench`: the benchmarks on whatever adapter is in reach. Arguments choose some by name. */
import { runBundle } from './run-bundle.mjs';

await runBundle('bench.js');
