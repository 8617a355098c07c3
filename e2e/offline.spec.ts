/** Without a network: the page opens again, every screen and a sample with it. */
import { expect, test } from '@playwright/test';

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
