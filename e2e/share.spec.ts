/** A link with figures: read on a phone without WebGPU, made in the dialog, run again and compared; a chart of it inside another page. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, type Page } from '@playwright/test';
import type { RunResult } from '../src/run/events';
import { encodeLink } from '../src/store/link';
import { failure, findings, MOMENT, otherBrowser, startRun, tinyModel, waitForEnd } from './studio';

const SAMPLE = new URL('../src/app/precomputed/sample-run.json', import.meta.url);
const result = JSON.parse(readFileSync(SAMPLE, 'utf8')) as RunResult;
const linked = () =>
  encodeLink({ recipe: result.recipe, sample: 'stories-1m', note: 'From our paper, table 2.', result });

const heading = (page: Page) => page.getByRole('heading', { level: 1 });

test('a reader with a phone and no WebGPU reads the author’s numbers', async ({ baseURL }) => {
  const browser = await otherBrowser('--disable-features=WebGPU');
  try {
    const context = await browser.newContext({ viewport: { width: 360, height: 780 }, baseURL });
    const page = await context.newPage();
    await page.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
    await page.goto(`/#/c/${linked()}`);
    await expect(heading(page)).toHaveText('The author’s numbers');
    await expect(page.getByText('From our paper, table 2.')).toBeVisible();
    await expect(page.getByText(/GPTAQ .*lowest/).first()).toBeVisible();
    await expect(page.getByRole('table').first()).toBeVisible();
    await expect(page.getByText('4916da4556092c58874aecb7', { exact: true })).toBeVisible();
    await expect(page.getByRole('button', { name: 'Run it on Stories 1M here' })).toBeDisabled();
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect(sideways).toBeLessThanOrEqual(0);
    expect(await findings(page)).toEqual([]);
    // The recipe on the bench is what it was.
    await page.goto('/#/recipe');
    await expect(page.getByText('This recipe came with a link')).toHaveCount(0);
  } finally {
    await browser.close();
  }
});

test('a run is shared, opened, run again and compared; a damaged link changes nothing', async ({ page }) => {
  await page.goto('/');
  await startRun(page, tinyModel(), MOMENT);
  await waitForEnd(page);
  await page.goto('/#/compare');
  await page.getByRole('main').getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share' });
  const text = dialog.getByRole('textbox', { name: 'Link, ready to be copied' });
  await expect(text).toHaveValue(/#\/c\/1\./);
  const all = await text.inputValue();
  await expect(dialog.getByText('the model’s name', { exact: false })).toBeVisible();
  expect(await findings(page)).toEqual([]);

  // Each part is chosen, and what is left is less.
  await dialog.getByLabel('Results').uncheck();
  expect((await text.inputValue()).length).toBeLessThan(all.length);
  await dialog.getByLabel('Results').check();
  await dialog.getByRole('radio', { name: 'LaTeX' }).click();
  await expect(dialog.getByRole('textbox', { name: 'LaTeX, ready to be copied' })).toHaveValue(/^\\href\{.*\\#\/c\//);
  await page.keyboard.press('Escape');
  await expect(page.getByRole('main').getByRole('button', { name: 'Share' })).toBeFocused();

  // A colleague with the same model; nothing runs before the button.
  await page.goto(all);
  await expect(heading(page)).toHaveText('The author’s numbers');
  await expect(page.getByText('Every figure of your run agrees with the author’s', { exact: false })).toBeVisible();
  await page.getByRole('button', { name: 'Run it here' }).click();
  await expect(page.getByRole('button', { name: 'Run it here' })).toBeVisible({ timeout: 120_000 });
  await expect(page.getByText('Every figure of your run agrees with the author’s', { exact: false })).toBeVisible();
  await expect(heading(page)).toHaveText('The author’s numbers');
  expect(await findings(page)).toEqual([]);

  await page.goto(`${all.slice(0, -20)}AAAA`);
  await expect(failure(page, 'QS-LINK-01')).toBeVisible();
  await expect(heading(page)).toHaveText('Recipe');
});

test('an embedded chart touches no storage and no GPU, and tells its height', async ({ page, baseURL }) => {
  await page.addInitScript(() => {
    const touched: string[] = [];
    Object.assign(window, { touched });
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage', 'caches'] as const) {
      Object.defineProperty(window, name, {
        get() {
          touched.push(name);
          throw new DOMException(name, 'SecurityError');
        },
      });
    }
    Object.defineProperty(navigator, 'gpu', { get: () => void touched.push('gpu') });
  });
  await page.goto(`/#/e/${linked()}?theme=dark`);
  const figure = page.getByRole('figure');
  await expect(figure).toBeVisible();
  await expect(page.getByText(/GPTAQ .*lowest/)).toBeVisible();
  const open = page.getByRole('link', { name: 'Open in the studio' });
  await expect(open).toHaveAttribute('href', new RegExp('#/c/1\\.'));
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  expect(await page.evaluate(() => (window as unknown as { touched: string[] }).touched)).toEqual([]);
  expect(page.workers()).toHaveLength(0);
  expect(await findings(page)).toEqual([]);

  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<script>onmessage = (event) => (window.height = event.data.height)</script>
       <iframe title="a chart" src="${baseURL}/#/e/${linked()}" width="600" height="100"></iframe>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  try {
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    const height = () => page.evaluate(() => (window as unknown as { height?: number }).height ?? 0);
    await expect.poll(height).toBeGreaterThan(300);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});
