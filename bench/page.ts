/**
 * `npm run bench -- page`: the built page in Chromium while a run goes on. Prints the main thread's longest task, the slowest answer to
 * a press (until the next picture), and how often the chart is drawn. Nothing here passes or fails by time: good are tasks under 100 ms,
 * answers under 200 ms and four drawings a second; with a software GPU the engine takes the page's cores, and all three suffer. Before the
 * run, how long a step of a lesson takes with everything shown: good is under 50 ms; and the longest tasks of charting a large result: good
 * is under 200 ms.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { chromium, type Page } from '@playwright/test';
import { checkpointFiles, startRun } from '../e2e/studio';
import { firstVisit } from './first-visit';
import { largeChart, LAYERS, ROWS as LARGE_ROWS } from './large-chart';

/** From dist-cli/ and from bench/ alike. */
const START = fileURLToPath(new URL('../scripts/start.mjs', import.meta.url));

const ROWS = ['rtn', 'gptq', 'gptaq', 'rescomp'].flatMap((method) => [3, 4].map((bits) => [method, bits] as const));
const METRICS = ['Weight', 'Output', 'Hessian-weighted', 'Held-out output'];

interface Records {
  tasks: { at: number; took: number }[];
  answers: number[];
  drawings: number;
}

/** Observers inside the page: nothing of the benchmark's own looking is in what they see. */
function observe(): void {
  const records: Records = { tasks: [], answers: [], drawings: 0 };
  Object.assign(globalThis, { records });
  new PerformanceObserver((list) => {
    for (const { startTime, duration } of list.getEntries()) records.tasks.push({ at: startTime, took: duration });
  }).observe({ type: 'longtask', buffered: true });
  new PerformanceObserver((list) => {
    for (const { name, duration } of list.getEntries()) if (name === 'click') records.answers.push(duration);
  }).observe({ type: 'event', buffered: true, durationThreshold: 16 } as PerformanceObserverInit);
}

/** Counts the chart's drawings from now on. Returns the time. */
function watchChart(page: Page): Promise<number> {
  return page.evaluate(() => {
    const { records } = globalThis as unknown as { records: Records };
    const plot = document.querySelector('.js-plotly-plot') as unknown as { on(name: string, tell: () => void): void };
    plot.on('plotly_afterplot', () => records.drawings++);
    return performance.now();
  });
}

/** Milliseconds of each step of the lesson's 48: until the page has been laid out anew. */
function lessonSteps(page: Page): Promise<number[]> {
  return page.evaluate(async () => {
    const lesson = document.querySelector('article');
    const took: number[] = [];
    for (let step = 0; step < 48; step++) {
      await new Promise((resolve) => requestAnimationFrame(resolve));
      const begin = performance.now();
      lesson?.dispatchEvent(new KeyboardEvent('keydown', { key: 'ArrowRight', bubbles: true, cancelable: true }));
      // React draws in a microtask of its own.
      await new Promise((resolve) => setTimeout(resolve));
      document.body.getBoundingClientRect();
      took.push(performance.now() - begin);
    }
    return took.sort((a, b) => a - b);
  });
}

async function served(): Promise<{ readonly address: string; readonly server: ChildProcess }> {
  const server = spawn(process.execPath, [START], {
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const chunk of server.stdout as AsyncIterable<Buffer>) {
    const address = /http:\/\/\S+/.exec(chunk.toString())?.[0];
    if (address) return { address, server };
  }
  throw new Error('the studio was not built');
}

const { address, server } = await served();
const browser = await chromium.launch({
  executablePath: process.env.QUANTELIER_CHROMIUM,
  args: ['--no-sandbox', '--enable-unsafe-webgpu', '--use-webgpu-adapter=swiftshader'],
});
try {
  const visit = await firstVisit(browser, address);
  console.log(
    `a first visit over 10 Mbit/s: largest paint ${visit.largest.toFixed(0)} ms, interactive ${visit.interactive.toFixed(0)} ms`,
  );
  const page = await browser.newPage({ baseURL: address, viewport: { width: 1280, height: 900 } });
  await page.addInitScript(observe);
  await page.goto('/');
  const adapter = await page.evaluate(async () => {
    const info = (await navigator.gpu.requestAdapter())?.info;
    return [info?.vendor, info?.architecture, info?.description].filter(Boolean).join(' · ');
  });
  console.log(`page in Chromium ${browser.version()}, adapter: ${adapter}`);
  await page.goto('/#/lesson/residuals?c=6&m=rescomp&v=vectors,update,q,error');
  await page.getByRole('grid').waitFor();
  const steps = await lessonSteps(page);
  console.log(`a step of a lesson: median ${steps[24].toFixed(1)} ms, longest ${steps[47].toFixed(1)} ms`);
  const charted = await largeChart(page);
  const told = charted.map(({ what, longest }) => `${what} ${longest.toFixed(0)} ms`);
  console.log(`${LAYERS} layers × ${LARGE_ROWS} rows charted, longest tasks: ${told.join(', ')}`);
  await page.goto('/');
  await startRun(page, checkpointFiles(), { rows: ROWS, text: 'calibration.jsonl' });
  // Looking seldom, and at little: Playwright's own looking is a task of the page, too.
  await page.waitForFunction(
    (lines) => document.querySelectorAll('.js-plotly-plot .trace').length === lines,
    ROWS.length,
    { polling: 250 },
  );
  const begin = await watchChart(page);
  for (const metric of METRICS) {
    await page.getByRole('radio', { name: metric, exact: true }).click();
    await page.waitForTimeout(200);
  }
  await page.waitForFunction(() => document.title.startsWith('Run ·'), null, { polling: 250, timeout: 600_000 });
  const { records, end } = await page.evaluate(() => ({
    records: (globalThis as unknown as { records: Records }).records,
    end: performance.now(),
  }));
  const tasks = records.tasks.filter(({ at }) => at >= begin).map(({ took }) => took);
  const seconds = (end - begin) / 1000;
  console.log(
    `${ROWS.length} rows over ${seconds.toFixed(1)} s: longest task ${Math.max(0, ...tasks).toFixed(0)} ms ` +
      `(${tasks.filter((took) => took > 100).length} over 100), slowest answer ${Math.max(0, ...records.answers).toFixed(0)} ms, ` +
      `${(records.drawings / seconds).toFixed(1)} drawings a second`,
  );
} finally {
  await browser.close();
  server.kill();
}
process.stdout.write('', () => process.exit(0));
