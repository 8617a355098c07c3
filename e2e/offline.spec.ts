/** Without a network: the page opens again, every screen and a sample with it. A new version is offered, and not in the middle of a run. */
import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from '@playwright/test';
import { checkpointFiles, pause, SECONDS, startRun } from './studio';

const WORKER = new URL('../dist/offline.js', import.meta.url).pathname;

// One after the other: the second writes into the build that the first reads.
test.describe.configure({ mode: 'default' });
test.use({ serviceWorkers: 'allow' });

test('the studio opens again without a network, with its screens and samples', async ({ page, context, baseURL }) => {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  // What is promised is there: every file of the build, and every sample.
  const missing = () =>
    page.evaluate(async () => {
      const text = await (await fetch('./offline.js')).text();
      const { shell, samples } = JSON.parse(/=(\{.*?\});/.exec(text)?.[1] ?? '') as Record<string, string[]>;
      const found = await Promise.all(
        [...shell, ...samples].map((path) => caches.match(new URL(path, location.href).href)),
      );
      return found.filter((one) => one === undefined).length;
    });
  await expect.poll(missing, { timeout: 60_000 }).toBe(0);

  await context.setOffline(true);
  await expect(fetch(`${baseURL}/`).then(({ ok }) => ok)).resolves.toBe(true);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('See where quantization error goes.');
  for (const [route, title] of [
    ['/#/compare', 'Compare'],
    ['/#/recipe', 'Recipe'],
  ]) {
    await page.goto(route);
    await expect(page.getByRole('heading', { level: 1 })).toHaveText(title);
  }
  await page.goto('/#/library');
  await page
    .getByRole('row', { name: /Shapes Vim/ })
    .getByRole('button', { name: 'Open' })
    .click();
  await expect(page.getByRole('heading', { level: 1 })).toHaveText('Recipe');
  await expect(
    page.getByText('For Shapes Vim', { exact: false }).or(page.getByText('For shapes-vim', { exact: false })),
  ).toBeVisible();
});

test('a new version waits until a person takes it, and is not offered while a run is at work', async ({ page }) => {
  await page.goto('/');
  await page.evaluate(async () => {
    await navigator.serviceWorker.ready;
  });
  await startRun(page, checkpointFiles(), SECONDS);
  await pause(page);
  const before = readFileSync(WORKER);
  try {
    appendFileSync(WORKER, '\n// newer\n');
    await page.evaluate(async () => {
      const registration = await navigator.serviceWorker.ready;
      await registration.update();
      while (!registration.waiting) await new Promise((done) => setTimeout(done, 50));
    });
    const offer = page.getByText('A new version of the studio is ready.');
    await expect(offer).toHaveCount(0);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Stop and keep them' }).click();
    await expect(offer).toBeVisible();
    const reloaded = page.waitForEvent('load');
    await page.getByRole('button', { name: 'Use it now' }).click();
    await reloaded;
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const left = await page.evaluate(async () => (await navigator.serviceWorker.ready).waiting === null);
    expect(left).toBe(true);
    await expect(offer).toHaveCount(0);
  } finally {
    writeFileSync(WORKER, before);
  }
});
