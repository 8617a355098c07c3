/**
 * The comparison must not mislead: who may be called best, what the table and the axis are of, what stays after a reload, and where an
 * export answers. Most of it reads results files, so that nothing has to be computed.
 */
import { expect, test, type Page } from '@playwright/test';
import { resultsFile, TEN_ROWS, THREE_SIZES, type Droppable } from './results-files';
import { bytesOf, COLOURS, findings, MOMENT, startRun, tinyModel, waitForEnd } from './studio';

const main = (page: Page) => page.getByRole('main');
const methods = (page: Page) => page.getByRole('table', { name: 'Methods' });

async function open(page: Page, file: Droppable, lines: number): Promise<void> {
  await page.goto('/#/compare');
  await page.locator('input[accept*=json]').setInputFiles(file);
  await expect(page).toHaveURL(/#\/compare\/file/);
  await expect(page.locator('.js-plotly-plot .trace')).toHaveCount(lines);
}

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('rows of other sizes are not ranked against each other, and the table follows the chart', async ({ page }) => {
  await open(page, resultsFile('three.json', THREE_SIZES), 4);

  // The codebook has twice the bits and the least error: it is told, and not called the winner.
  await expect(main(page).getByText(/^At 2\.24–2\.25 bits\/weight: GPTAQ has the lowest held-out/)).toBeVisible();
  await expect(main(page).getByText(/not ranked.*: k-means VQ at 4\.53 bits\/weight/)).toBeVisible();
  const codebook = methods(page).getByRole('row', { name: /^k-means VQ K256 d4/ });
  await expect(codebook).not.toContainText('best');
  await expect(page.getByText('k-means VQ K256 d4 · 4.53 bits')).toBeVisible();
  await expect(page.getByText('K256 d4 2 b')).toHaveCount(0);
  // GPTAQ leads GPTQ in every layer, but their perplexities overlap: best in the one, and nobody in the other.
  await expect(methods(page).getByText(/^best/)).toHaveCount(1);
  await expect(methods(page).getByRole('row', { name: /^GPTAQ/ })).toContainText(
    /best at 2\.25 bits.*lowest in 35 of 35/,
  );

  // Another metric is another table, and the axis says of what it is a ratio.
  await page.getByRole('radio', { name: 'Block MSE' }).click();
  await page.getByRole('radio', { name: 'Ratio to RTN' }).click();
  await expect(page.getByRole('columnheader', { name: /worst block/ })).toContainText('Block MSE ÷ RTN');
  await expect(methods(page).getByRole('row', { name: /^RTN/ })).toContainText('1.00');
  await expect(methods(page).getByRole('row', { name: /^GPTQ/ })).toContainText('0.600');
  await page.getByRole('radio', { name: 'Difference to RTN' }).click();
  await expect(page.getByRole('columnheader', { name: /worst block/ })).toContainText('Block MSE − RTN');
  await page.getByRole('radio', { name: 'Ratio to RTN' }).click();
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expect(page.locator('figure svg text').filter({ hasText: '÷ RTN' })).toBeVisible();
  }
});

test('rows that are parts of another are set against it, window by window', async ({ page }) => {
  const file = resultsFile('parts.json', THREE_SIZES, (result) => {
    const hard = [1, 5, 2, 4, 3, 6, 2, 5];
    const less = [0.25, 0, -0.5];
    result.plan.rows
      .slice(1)
      .forEach((row) => Object.assign(row, { without: [{ row: 0, steps: ['Rotate', 'A4 token'] }] }));
    result.rows.forEach((row, i) => {
      const values = hard.map((loss) => loss + (i === 0 ? 0 : less[i - 1]));
      Object.assign(row, { windows: { of: 'nll', values } });
    });
  });
  await open(page, file, 4);
  const effects = page.getByRole('table', { name: 'Against RTN 2-bit' });
  await expect(effects.getByRole('row')).toHaveCount(4);
  await expect(effects.getByRole('row').nth(1)).toContainText(
    /without Rotate and A4 token.*GPTQ 2-bit.*\+0\.250.*worse/,
  );
  await expect(effects.getByRole('row').nth(2)).toContainText(/GPTAQ 2-bit.*0.*0 … 0.*not separable/);
  await expect(effects.getByRole('row').nth(3)).toContainText(/-0\.500 … -0\.500.*better/);
  expect(await findings(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await sideways(page)).toBe(0);
});

test('a results file stays after a reload, and an address of another browser never shows the sample', async ({
  page,
}) => {
  await open(page, resultsFile('mine.json', THREE_SIZES), 4);
  const address = page.url();
  await page.reload();
  await expect(page.getByLabel('Run', { exact: true })).toHaveValue(
    decodeURIComponent(address.split('/').at(-1) ?? ''),
  );
  await expect(page.getByText('k-means VQ K256 d4 · 4.53 bits')).toBeVisible();
  await page.goto('/#/compare/file:1');
  await expect(main(page)).toContainText('This results file is not in this browser any more. Open it again');
  await expect(methods(page)).toHaveCount(0);
  await page.goto('/#/compare/nowhere');
  await expect(main(page)).toContainText('This run is not stored in this browser.');
  await page.getByRole('button', { name: 'Show the sample' }).click();
  await expect(page.getByText('precomputed', { exact: true })).toBeVisible();

  // What is no results file says so here, in view.
  await page.locator('input[accept*=json]').setInputFiles({
    ...{ name: 'results.json', mimeType: 'application/json', buffer: Buffer.from('{"rows": []}') },
  });
  const alert = page.getByRole('alert');
  await expect(alert).toContainText('This results file cannot be shown.');
  await expect(alert).toContainText('it has no version');
  await expect(alert).toBeInViewport();
});

test('figures that did not come to a number are not available, and are exported as empty cells', async ({ page }) => {
  const broken = resultsFile('broken.json', THREE_SIZES, (result) => {
    result.rows[1].perplexity = null;
    result.rows[1].perplexityInterval = null;
    for (const one of result.layers) if (one.row === 1 && one.layer < 9) one.errors.heldOutOutput = null;
  });
  await open(page, broken, 4);
  const row = methods(page).getByRole('row', { name: /^GPTQ/ });
  await expect(row).toContainText('not available in 9 layers');
  await expect(row.getByText('n/a')).toBeVisible();
  await page.getByRole('button', { name: 'Export figures' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: 'Errors (CSV)' }).click(),
  ]);
  expect(download.suggestedFilename()).toBe('layers.csv');
});

test('ten rows: no screen scrolls sideways, axe finds nothing, and forced colours agree', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, resultsFile('ten.json', TEN_ROWS), 10);
  for (const colorScheme of ['light', 'dark'] as const) {
    await page.emulateMedia({ colorScheme });
    for (const width of colorScheme === 'light' ? [1280, 1100, 960, 800, 640, 480, 360] : [1280, 640, 360]) {
      await page.setViewportSize({ width, height: 900 });
      expect.soft(await sideways(page), `${width} px`).toBeLessThanOrEqual(0);
      if ([1280, 360].includes(width)) {
        const rules = colorScheme === 'light' ? [] : COLOURS;
        expect.soft(await findings(page, rules), `${width} px, ${colorScheme}`).toEqual([]);
      }
    }
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ forcedColors: 'active', colorScheme: 'dark' });
  const strokes = () =>
    page.evaluate(() => {
      const stroke = (selector: string) =>
        [...document.querySelectorAll(selector)].map((element) => getComputedStyle(element).stroke);
      return {
        lines: [...new Set(stroke('.js-plotly-plot path.js-line'))],
        swatches: [...new Set(stroke('figure ul svg line'))],
        names: [...new Set(stroke('th svg line'))],
      };
    });
  await expect.poll(async () => (await strokes()).lines.length).toBe(1);
  const { lines, swatches, names } = await strokes();
  expect(swatches).toEqual(lines);
  expect(names).toEqual(lines);
  expect(await findings(page)).toEqual([]);
});

test('a click pins the values, a second lets them go, and a tap leaves them to be read', async ({ page, browser }) => {
  await open(page, resultsFile('three.json', THREE_SIZES), 4);
  const reader = page.getByRole('application', { name: 'Chart reader' });
  await reader.click({ position: { x: 300, y: 150 } });
  await page.mouse.move(5, 5);
  const values = reader.locator('p').filter({ hasText: 'GPTAQ' });
  await expect(values).toBeVisible();
  await expect(page.locator('figure [aria-live=polite]')).toHaveText(/^Pinned: /);
  await reader.click({ position: { x: 300, y: 150 } });
  await page.mouse.move(5, 5);
  await expect(values).toBeHidden();

  const phone = await browser.newPage({
    hasTouch: true,
    viewport: { width: 360, height: 780 },
    baseURL: test.info().project.use.baseURL,
  });
  await open(phone, resultsFile('three.json', THREE_SIZES), 4);
  const touched = phone.getByRole('application', { name: 'Chart reader' });
  await touched.tap({ position: { x: 150, y: 100 } });
  await expect(touched.locator('p').filter({ hasText: 'GPTAQ' })).toBeInViewport();
  expect(await sideways(phone)).toBeLessThanOrEqual(0);
  await phone.close();
});

test('an export answers at its row, in view; what a format cannot hold says so in the menu', async ({ page }) => {
  await page.goto('/');
  await startRun(page, tinyModel(), {
    ...MOMENT,
    rows: [
      ['rtn', 5],
      ['gptq', 3],
    ],
  });
  await waitForEnd(page);
  await page.setViewportSize({ width: 1280, height: 700 });
  await main(page).getByRole('link', { name: 'Compare' }).click();
  await page.getByRole('button', { name: 'Export RTN 5-bit' }).click();
  const packed = page.getByRole('menuitem', { name: /packed/ });
  await expect(packed).toHaveAttribute('aria-disabled', 'true');
  await expect(packed).toContainText(/5/);
  // It says that it is disabled, so the test has to insist.
  await packed.click({ force: true });
  await expect(page.getByRole('alert')).toHaveCount(0);
  await page.getByRole('menuitem', { name: /dequantized/ }).click();
  const ready = page.getByRole('button', { name: /^Download model\.safetensors/ });
  await expect(ready).toBeInViewport({ ratio: 1 });
  await expect(methods(page).getByRole('row').filter({ has: ready })).toHaveCount(1);
  expect(await findings(page)).toEqual([]);
});

test('lines are looked at by themselves and from near, and a figure of it opens again', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await open(page, resultsFile('ten.json', TEN_ROWS), 10);
  const lines = page.locator('.js-plotly-plot .trace');
  const legend = page.getByRole('list', { name: /^Lines/ }).first();
  await legend.getByRole('button', { name: /^GPTAQ 3-bit/ }).click();
  await expect(lines).toHaveCount(1);
  // Among the names arrow keys move; one more is added by the key.
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Enter');
  await expect(lines).toHaveCount(2);
  await expect(legend.getByRole('status')).toHaveText('2 of 10 lines shown');

  // Dragged over, or set by the sliders: the same stretch of the network.
  const reader = page.getByRole('application', { name: 'Chart reader' }).first();
  await reader.scrollIntoViewIfNeeded();
  const box = (await reader.boundingBox()) ?? { x: 0, y: 0, width: 0, height: 0 };
  await page.mouse.move(box.x + 200, box.y + 100);
  await page.mouse.down();
  await page.mouse.move(box.x + 420, box.y + 120, { steps: 4 });
  await page.mouse.up();
  const zoomed = page.locator('summary', { hasText: /^In view: .*layers\.\d/ });
  await expect(zoomed).toBeVisible();
  const from = page.getByRole('slider', { name: 'From' });
  const before = Number(await from.inputValue());
  expect(before).toBeGreaterThan(0);
  await from.focus();
  await page.keyboard.press('ArrowRight');
  await expect(from).toHaveValue(String(before + 1));
  expect(await findings(page)).toEqual([]);

  await page.getByRole('button', { name: 'Export figures' }).click();
  const [svg] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^Figure \(SVG\)/ }).click(),
  ]);
  const bytes = await bytesOf(svg);
  expect(bytes.length).toBeLessThan(80_000);
  expect(bytes.toString()).not.toContain('ResComp');
  await page.getByRole('button', { name: 'Export figures' }).click();
  const [png] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: /^Figure \(PNG\)/ }).click(),
  ]);
  const file = await bytesOf(png);
  await page.goto('/#/compare');
  await page.locator('input[accept*=json]').setInputFiles({ name: 'figure.png', mimeType: 'image/png', buffer: file });
  await expect(page).toHaveURL(/#\/compare\/file/);
  await expect(methods(page).getByRole('row')).toHaveCount(12);

  // Another run in the same chart and table: the sample, from which the file was made.
  await page.locator('summary', { hasText: 'Lay other runs' }).click();
  await page.getByRole('checkbox', { name: 'Sample, precomputed' }).check();
  await expect(lines).toHaveCount(14);
  await expect(main(page)).toContainText('Sample, precomputed: the same model, data and version.');
  await expect(methods(page).getByRole('row', { name: /^GPTQ 3-bit.*Sample, precomputed/ })).toHaveCount(1);

  // Other views, in their place.
  await page.locator('summary', { hasText: 'Other views' }).click();
  for (const view of ['Layer by layer', 'By kind of layer', 'Bits against error']) {
    await page.getByRole('radio', { name: view }).click();
    await page.setViewportSize({ width: 360, height: 780 });
    expect.soft(await sideways(page), view).toBeLessThanOrEqual(0);
    expect.soft(await findings(page), view).toEqual([]);
    await page.setViewportSize({ width: 1280, height: 800 });
  }
});
