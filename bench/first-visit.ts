/**
 * A first visit over 10 Mbit/s: when the largest thing on the screen was painted (good: under a second), and when the page began to answer
 * for good (good: under two): the end of the last task over 50 ms that began before the first two seconds without any.
 */
import type { Browser } from '@playwright/test';

const MEGABIT = 125_000; // bytes a second
const LATENCY = 20; // milliseconds

interface Seen {
  largest: number;
  painted: number;
  tasks: { at: number; took: number }[];
}

function watch(): void {
  const seen: Seen = { largest: NaN, painted: NaN, tasks: [] };
  Object.assign(globalThis, { seen });
  const on = (type: string, take: (entry: PerformanceEntry) => void) =>
    new PerformanceObserver((list) => list.getEntries().forEach(take)).observe({ type, buffered: true });
  on('largest-contentful-paint', ({ startTime }) => (seen.largest = startTime));
  on('paint', ({ name, startTime }) => {
    if (name === 'first-contentful-paint') seen.painted = startTime;
  });
  on('longtask', ({ startTime, duration }) => seen.tasks.push({ at: startTime, took: duration }));
}

/** Milliseconds from the navigation. */
export async function firstVisit(
  browser: Browser,
  address: string,
): Promise<Record<'largest' | 'interactive', number>> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, serviceWorkers: 'block' });
  try {
    const page = await context.newPage();
    const session = await context.newCDPSession(page);
    await session.send('Network.enable');
    await session.send('Network.emulateNetworkConditions', {
      ...{ offline: false, latency: LATENCY, downloadThroughput: 10 * MEGABIT, uploadThroughput: 10 * MEGABIT },
    });
    await page.addInitScript(watch);
    await page.goto(address);
    await page.waitForTimeout(6000);
    const { largest, painted, tasks } = await page.evaluate(() => (globalThis as unknown as { seen: Seen }).seen);
    let interactive = painted;
    for (const { at, took } of tasks.sort((a, b) => a.at - b.at)) {
      if (at > interactive + 2000) break;
      interactive = Math.max(interactive, at + took);
    }
    return { largest, interactive };
  } finally {
    await context.close();
  }
}
