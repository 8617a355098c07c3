/**
 * The page stays free while the engine works: not by a measurement (that is `npm run bench -- page`) but by what makes it so. The engine
 * has a thread of its own, presses are answered in the middle of a run, and the chart is drawn at the page's pace, not at the engine's.
 */
import { expect, test, type Page } from '@playwright/test';
import { checkpointFiles, SECONDS, startRun, waitForEnd } from './studio';

/** Counts in the page what only the engine should do. */
function watchMainThread(): void {
  const counts = { devices: 0, modules: 0 };
  Object.assign(globalThis, { counts });
  const count = (of: object, method: string, what: keyof typeof counts) => {
    const original = Reflect.get(of, method) as (...words: unknown[]) => unknown;
    Reflect.set(of, method, function (this: unknown, ...words: unknown[]) {
      counts[what]++;
      return original.apply(this, words);
    });
  };
  count(GPUAdapter.prototype, 'requestDevice', 'devices');
  count(GPUDevice.prototype, 'createShaderModule', 'modules');
}

/** Counts the chart's drawings from now on. */
async function watchChart(page: Page): Promise<() => Promise<number>> {
  await page.evaluate(() => {
    const plot = document.querySelector('.js-plotly-plot') as unknown as { on(name: string, tell: () => void): void };
    Object.assign(globalThis, { drawings: 0 });
    plot.on('plotly_afterplot', () => (globalThis as unknown as { drawings: number }).drawings++);
  });
  return () => page.evaluate(() => (globalThis as unknown as { drawings: number }).drawings);
}

/** Layers that the engine has stored, whatever the page knows of it. */
function storedLayers(page: Page): Promise<number> {
  return page.evaluate(
    () =>
      new Promise<number>((resolve, reject) => {
        const opening = indexedDB.open('quantelier-1-layers');
        opening.onerror = () => reject(new Error('the database does not open'));
        opening.onsuccess = () => {
          const counting = opening.result.transaction('layers').objectStore('layers').count();
          counting.onsuccess = () => resolve(counting.result);
          opening.result.close();
        };
      }),
  );
}

test('the engine works in a thread of its own, and presses are answered meanwhile', async ({ page }) => {
  await page.addInitScript(watchMainThread);
  await page.goto('/');
  await startRun(page, checkpointFiles(), SECONDS);
  await expect(page.locator('.js-plotly-plot .trace')).toHaveCount(SECONDS.rows.length);
  // What was asked for is on the screen before the run is over: the title still says how far it is.
  await page.getByRole('radio', { name: 'Weight', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('lowest weight error');
  expect(await page.title()).toMatch(/^\d+% · /);
  await waitForEnd(page);

  expect(page.workers().map((worker) => new URL(worker.url()).pathname)).toEqual([
    expect.stringMatching(/\/main-.*\.js$/),
  ]);
  expect(await page.evaluate(() => (globalThis as unknown as { counts: object }).counts)).toEqual({
    devices: 0,
    modules: 0,
  });
});

test('the chart is drawn once a quarter of a second of the page’s clock, however many layers are done in it', async ({
  page,
}) => {
  await page.clock.install();
  await page.goto('/');
  await startRun(page, checkpointFiles(), SECONDS);
  await expect(page.locator('.js-plotly-plot .trace')).toHaveCount(SECONDS.rows.length);
  // From here on the page's clock stands, while the engine goes on.
  await page.clock.pauseAt(await page.evaluate(() => Date.now() + 1000));
  const drawings = await watchChart(page);
  for (let tick = 1; tick <= 3; tick++) {
    const before = await storedLayers(page);
    await expect.poll(() => storedLayers(page)).toBeGreaterThan(before + 4);
    expect(await drawings(), 'nothing is drawn while the clock stands').toBe(tick - 1);
    await page.clock.runFor(250);
    await expect.poll(drawings).toBe(tick);
  }
  await page.clock.resume();
  await waitForEnd(page);
});
