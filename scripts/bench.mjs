/**
 * `npm run bench`: the benchmarks on whatever adapter is in reach, then the page in Chromium. Arguments choose some by name; the page is
 * called `page`.
 */
import { runBundle } from './run-bundle.mjs';
import { browserEnvironment } from './software-gpu.mjs';

const words = process.argv.slice(2);
const others = words.filter((word) => word !== 'page');
let code = 0;
if (words.length === 0 || others.length > 0) code = await runBundle('bench.js', { words: others });
if (words.length === 0 || words.includes('page')) {
  code = (await runBundle('bench-page.js', { words: [], environment: await browserEnvironment() })) || code;
}
process.exit(code);
