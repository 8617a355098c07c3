import { expect, test } from '@playwright/test';
import {
  bytesOf,
  checkpointFiles,
  drop,
  exportFigures,
  exportRow,
  finishedLayers,
  part,
  pressRun,
  waitForEnd,
} from './studio';

/** What of a result must not depend on when it was computed. */
interface Figures {
  readonly layers: { row: number; layer: number; errors: unknown; status: string }[];
  readonly blocks: unknown[];
  readonly rows: { perplexity: number; kl: number }[];
}

function figures(json: Buffer): Figures {
  const { layers, blocks, rows } = JSON.parse(json.toString('utf8')) as Figures;
  return {
    layers: layers.map(({ row, layer, errors, status }) => ({ row, layer, errors, status })),
    blocks,
    rows: rows.map(({ perplexity, kl }) => ({ perplexity, kl })),
  };
}

test('a researcher drops a checkpoint, compares four methods, is interrupted, goes on, and takes the weights home', async ({
  page,
}) => {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['blob:', 'data:'].includes(protocol) && hostname !== 'localhost')
      problems.push(`request to ${request.url()}`);
  });

  // She opens the page: a finished comparison is there before anything is asked of her.
  await page.goto('/');
  await expect(page.getByRole('heading', { name: 'See where quantization error goes.' })).toBeVisible();
  await expect(page.getByText('precomputed').first()).toBeVisible();

  // She drops her checkpoint anywhere on the page, and the recipe opens on it: RTN, GPTQ, GPTAQ and ResComp at 3 bits.
  await drop(page, checkpointFiles());
  await expect(page).toHaveURL(/#\/recipe/);
  await expect(page.getByText('35 × 4 rows')).toBeVisible({ timeout: 60_000 });

  // A few windows will do for a first look.
  await part(page, 'Calibration').getByLabel('Windows').fill('4');
  await part(page, 'Held-out').getByLabel('Windows').fill('4');

  // She runs it and watches four lines grow.
  await pressRun(page);
  const lines = page.locator('.js-plotly-plot .scatterlayer .trace');
  await expect(lines).toHaveCount(4, { timeout: 120_000 });
  await expect.poll(() => finishedLayers(page), { timeout: 120_000 }).toBeGreaterThanOrEqual(20);

  // She looks at another tab meanwhile, and is told what that costs.
  await page.evaluate(() => {
    Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
    document.dispatchEvent(new Event('visibilitychange'));
  });
  await expect(page.getByText('Browsers slow down hidden tabs')).toBeVisible();

  // She pauses at a layer's end, reloads the tab, and resumes.
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
  const before = await finishedLayers(page);
  expect(before).toBeLessThan(35 * 4);
  await page.reload();
  await page.getByRole('button', { name: 'Resume' }).first().click();
  await waitForEnd(page);

  // The comparison stands, and its figures go into a file.
  await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
  await expect(page.getByRole('heading', { level: 1 })).toContainText('Compare');
  for (const method of ['RTN', 'GPTQ', 'GPTAQ', 'ResComp']) {
    await expect(page.getByRole('row', { name: new RegExp(`${method} 3-bit`) }).first()).toBeVisible();
  }
  const resumed = await exportFigures(page, /Results/);
  const resumedFigures = figures(await bytesOf(resumed));
  expect(resumedFigures.layers).toHaveLength(35 * 4);

  // The weights come home, re-read before they are offered; dropping them opens the quantized model.
  const [weights] = await exportRow(page, 'Export ResComp 3-bit', /dequantized/);
  await expect(page.getByText(/Largest difference after re-reading/)).toBeVisible();

  // The same recipe without an interruption gives the same numbers to the last bit.
  await page.goto('/#/recipe');
  await pressRun(page);
  await waitForEnd(page);
  await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
  const whole = await exportFigures(page, /Results/);
  expect(figures(await bytesOf(whole))).toEqual(resumedFigures);

  const others = checkpointFiles().filter((path) => !path.endsWith('model.safetensors'));
  await page.goto('/#/library');
  await drop(page, [{ name: 'model.safetensors', bytes: await bytesOf(weights) }, ...others]);
  await expect(page).toHaveURL(/#\/recipe/);
  await expect(page.getByText('35 × 4 rows')).toBeVisible({ timeout: 60_000 });

  expect(problems).toEqual([]);
});
