/**
 * Methods that train, on the sample that draws images: what training tells while it goes, an interruption in the middle of it, the
 * images that come out, a codebook looked at, and the weights taken home and opened again.
 */
import { expect, test, type Locator, type Page } from '@playwright/test';
import { bytesOf, drop, exportRow, findings, openLink, pressRun, waitForEnd } from './studio';

const CONFIG = new URL('../public/samples/shapes-dit/config.json', import.meta.url).pathname;

/** Sixteen pairs a layer: two bits a weight. */
const FORMAT = { codewords: 16, dim: 2, emIterations: 5 };
const STEPS = 14;
const CALIBRATION_STEPS = 4;

/** Few images, few steps of sampling and of training: what it shows takes seconds, and means nothing. */
const RECIPE = {
  version: 1,
  rows: [
    { method: 'kmeans', options: FORMAT },
    {
      method: 'vq4dit',
      options: {
        ...FORMAT,
        steps: STEPS,
        calibrationSteps: CALIBRATION_STEPS,
        batch: 4,
        freezeAt: 0.8,
        ratioRate: 0.2,
      },
    },
  ],
  calibration: { source: 'generated', file: null, windows: 8, length: 64, seed: 1 },
  heldOut: { file: null, windows: 2 },
  sampling: { steps: 4, guidance: 1, sampler: 'ddim', images: 4 },
};

/** 'block 1 · step 24 of 48', as numbers. */
async function standing(training: Locator): Promise<{ block: number; step: number }> {
  const text = await training
    .getByText(/block \d+ · step \d+ of \d+/)
    .first()
    .textContent();
  const [block, step] = (text ?? '').match(/\d+/g)?.map(Number) ?? [];
  return { block, step };
}

/** The bars of a picture, as the page says them. */
function ratios(training: Locator): Promise<string | null> {
  return training.getByRole('img', { name: /have a largest ratio above 0\.9/ }).getAttribute('aria-label');
}

/** The pixels of a strip of images. */
function pixels(page: Page, by: string): Promise<string> {
  return page.getByRole('img', { name: by }).evaluate((canvas) => (canvas as HTMLCanvasElement).toDataURL());
}

test('a network that draws images is trained with codebooks, interrupted, resumed, looked at and taken home', async ({
  page,
}) => {
  const problems: string[] = [];
  page.on('pageerror', (error) => problems.push(error.message));
  page.on('console', (message) => message.type() === 'error' && problems.push(message.text()));

  // The sample is opened from the library, and a recipe comes by link.
  await page.goto('/#/library');
  await page.getByRole('button', { name: 'Open Shapes DiT' }).click();
  await expect(page).toHaveURL(/#\/recipe/);
  await openLink(page, RECIPE);
  await expect(page.getByText('20 × 3 rows')).toBeVisible();
  await pressRun(page);

  // VQ4DiT trains the first block: its loss, and how sure it is of its codewords.
  const training = page.getByRole('region', { name: /^Training/ });
  await expect(training.getByText(/block 0 · step \d+ of/)).toBeVisible({ timeout: 60_000 });
  const first = await ratios(training);
  await expect.poll(() => ratios(training), { timeout: 60_000 }).not.toBe(first);
  await expect(training.locator('.js-plotly-plot .scatterlayer .trace').first()).toBeAttached();
  await expect(training.getByText('Frozen', { exact: true })).toBeVisible();

  // A pause takes effect after the step in work, and the tab is reloaded in the middle of the second block.
  await expect.poll(async () => (await standing(training)).block, { intervals: [100], timeout: 60_000 }).toBe(1);
  const pause = page.getByRole('button', { name: 'Pause' });
  await expect(pause).toHaveAttribute('title', 'Pauses after the step in work');
  await pause.click();
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible({ timeout: 30_000 });
  const before = await standing(training);
  expect(before.block).toBe(1);
  expect(before.step).toBeLessThan(STEPS + CALIBRATION_STEPS);
  await training.getByText('Largest ratios as a table').click();
  const table = training.getByRole('table', { name: 'Largest ratio of each sub-vector' });
  await expect(table.getByRole('row')).toHaveCount(11);
  expect.soft(await findings(page), 'a paused training').toEqual([]);
  await page.reload();
  await page.getByRole('button', { name: 'Resume' }).first().click();

  // How the first block went is there again, and the second goes on to its end.
  await expect.poll(async () => (await standing(training)).block, { timeout: 60_000 }).toBeGreaterThanOrEqual(1);
  await training.getByLabel('Trained', { exact: true }).selectOption('0');
  expect(await standing(training)).toEqual({ block: 0, step: STEPS + CALIBRATION_STEPS });
  await training.getByLabel('Trained', { exact: true }).selectOption('all');
  await training.getByRole('radio', { name: 'Settled' }).click();
  await waitForEnd(page);
  await expect(training.getByRole('figure').getByText(/^VQ4DiT, block 3: loss from/)).toBeAttached();
  expect(await standing(training)).toEqual({ block: 3, step: STEPS + CALIBRATION_STEPS });

  // A layer of the queue opens its codebook; the keyboard goes there and back.
  const layer = page.getByRole('region', { name: 'Layers' }).getByRole('button', { name: 'attn.qkv' }).first();
  await layer.focus();
  await page.keyboard.press('Enter');
  const codebook = page.getByRole('region', { name: 'Codebook of blocks.0.attn.qkv' });
  await expect(codebook.getByRole('heading')).toBeFocused();
  await codebook.getByLabel('Method').selectOption({ label: await rowLabel(codebook, /^VQ4DiT/) });
  await expect(codebook.getByText(/\d+ of 16 codewords are in use/)).toBeVisible();
  await expect(codebook.getByRole('img', { name: /^Which codeword stands where/ })).toBeVisible();
  await codebook.getByRole('application', { name: 'Codebook reader' }).focus();
  await page.keyboard.press('ArrowRight');
  await expect(codebook.getByText(/^Codeword \d+: .* 1 of 16$/)).toBeAttached();
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 900 });
    expect.soft(await findings(page), `a codebook at ${width} px`).toEqual([]);
    const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
    expect.soft(sideways, `a codebook at ${width} px`).toBeLessThanOrEqual(0);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.keyboard.press('Escape');
  await page.keyboard.press('Escape');
  await expect(codebook).toBeHidden();
  await expect(layer).toBeFocused();

  // From the same noise, every row draws other images.
  await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
  const drawn = await Promise.all(
    ['full precision', 'k-means VQ', 'VQ4DiT'].map((by) => pixels(page, `sampled with ${by}`)),
  );
  expect(new Set(drawn).size).toBe(3);

  // The codebook file is re-read to the run's own weights; the dequantized weights are opened again.
  await exportRow(page, /^Export VQ4DiT/, /codebooks and indices/);
  await expect(page.getByText('Largest difference after re-reading: 0.')).toBeVisible();
  const [weights] = await exportRow(page, /^Export VQ4DiT/, /dequantized/);
  await page.goto('/#/library');
  await drop(page, [{ name: 'model.safetensors', bytes: await bytesOf(weights) }, CONFIG]);
  await expect(page).toHaveURL(/#\/recipe/);
  await expect(page.getByText(/20 × \d+ rows/)).toBeVisible({ timeout: 30_000 });
  expect(problems).toEqual([]);
});

test('a frozen codebook is shared with a network that is chosen by the keyboard', async ({ page }) => {
  await page.goto('/#/library');
  await page.getByRole('button', { name: 'Open Shapes ViT' }).click();
  await expect(page).toHaveURL(/#\/recipe/);
  const shared = page.getByRole('group', { name: 'Networks that share the codebook' });
  await expect(shared).toBeHidden();
  await openLink(page, {
    ...RECIPE,
    rows: [{ method: 'vq4all', options: { codewords: 16, dim: 2, steps: 4 } }],
    calibration: { source: 'file', file: 'calibration.npz', windows: 8, length: 64, seed: 1 },
    heldOut: { file: 'heldout.npz', windows: 8 },
    sampling: undefined,
  });
  await expect(shared.getByRole('checkbox', { name: 'Shapes ViT' })).toHaveCount(0);
  await shared.getByRole('checkbox', { name: 'Shapes Vim' }).focus();
  await page.keyboard.press('Space');
  const note =
    /^One frozen codebook of 16 × 2 is drawn from (shapes-vit, shapes-vim|shapes-vim, shapes-vit); its number is/;
  await expect(page.getByText(note)).toBeVisible({ timeout: 30_000 });
  expect.soft(await findings(page), 'a recipe with shared codebooks').toEqual([]);
  await pressRun(page);
  await waitForEnd(page);

  // The choice travels with the recipe, and goes with it.
  await page.goto('/#/recipe');
  await expect(shared.getByRole('checkbox', { name: 'Shapes Vim' })).toBeChecked();
  await shared.getByRole('checkbox', { name: 'Shapes Vim' }).uncheck();
  await expect(page.getByText(note)).toBeHidden({ timeout: 30_000 });
});

/** The name of the row whose codebooks are offered. */
async function rowLabel(codebook: Locator, name: RegExp): Promise<string> {
  const labels = await codebook.getByLabel('Method').locator('option').allTextContents();
  return labels.find((label) => name.test(label)) ?? '';
}
