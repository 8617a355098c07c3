/** Networks on images, as somebody meets them who opens the samples: a classifier's accuracy, a diffusion network's pictures. */
import { expect, test, type Page } from '@playwright/test';
import { bytesOf, exportFigures, findings, part, pressRun, waitForEnd } from './studio';

const main = (page: Page) => page.getByRole('main');

/** Opens a sample from the library; the recipe comes up with RTN, GPTQ, k-means and GPTVQ, of which the first and third stay. */
async function openSample(page: Page, title: string): Promise<void> {
  await page.goto('/');
  await page.getByRole('button', { name: `Open ${title}` }).click();
  await expect(page).toHaveURL(/#\/recipe/);
  await page.getByRole('button', { name: 'Delete row 4' }).click();
  await page.getByRole('button', { name: 'Delete row 2' }).click();
}

async function runAndCompare(page: Page, layers: number): Promise<void> {
  await expect(page.getByText(`${layers} × 2 rows`)).toBeVisible();
  await pressRun(page);
  await waitForEnd(page);
  await main(page).getByRole('link', { name: 'Compare' }).click();
}

async function expectAccessible(page: Page, where: string): Promise<void> {
  expect.soft(await findings(page), where).toEqual([]);
  const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
  expect.soft(sideways, `${where}: sideways`).toBeLessThanOrEqual(0);
}

test('a classifier: its own images in, accuracies with intervals out', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openSample(page, 'Shapes ViT');
  await expect(part(page, 'Calibration').getByLabel('File')).toHaveValue('calibration.npz');
  await expect(page.getByLabel('Tokens a window')).toHaveCount(0);
  await part(page, 'Calibration').getByLabel('Images', { exact: true }).fill('8');
  await part(page, 'Held-out').getByLabel('Images', { exact: true }).fill('32');
  await expect(page.getByText('8 images of calibration.npz')).toBeVisible();
  await expectAccessible(page, 'recipe');
  await runAndCompare(page, 16);

  await expect(page.getByRole('columnheader', { name: 'accuracy' })).toBeVisible();
  await expect(page.getByRole('columnheader', { name: 'perplexity' })).toHaveCount(0);
  for (const row of [/RTN 2-bit/, /k-means VQ/]) {
    await expect(page.getByRole('row', { name: row }).first()).toContainText(/\d\d\.\d% ?\d\d\.\d% – \d+\.\d%/);
  }
  await expect(page.getByText(/^Full precision: \d+\.\d% of 32 held-out images right/)).toBeVisible();
  // Codebooks of so small a network cost more than the grid: nobody is ranked, and each is told with its bits and its accuracy.
  await expect(
    page
      .getByText(/^No two rows store the same bits, so none is ranked\. .*accuracy \d+\.\d%.*accuracy \d+\.\d%/)
      .first(),
  ).toBeVisible();
  await expectAccessible(page, 'compare');
});

test('a diffusion network: pictures from the same noise, beside each other, and home with their figures', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await openSample(page, 'Shapes DiT');
  await expect(part(page, 'Calibration').getByText('Its own trajectories.')).toBeVisible();
  await part(page, 'Calibration').getByLabel('Noisy images').fill('8');
  await part(page, 'Held-out').getByLabel('Noisy images').fill('4');
  await part(page, 'Sampling').getByLabel('Steps').fill('2');
  await part(page, 'Sampling').getByLabel('Images', { exact: true }).fill('4');
  await expect(page.getByText('3 × 4 images in 2 steps')).toBeVisible();
  await expectAccessible(page, 'recipe');
  await runAndCompare(page, 20);

  // Three strips of the same four noises; each is a picture and not the others'.
  const strips = ['full precision', 'RTN 2-bit', 'k-means VQ K16 d2'].map((by) =>
    page.getByRole('img', { name: `4 images of disc, ring, square and frame, sampled with ${by}` }),
  );
  const drawn: string[] = [];
  for (const strip of strips) {
    await expect(strip).toBeVisible();
    drawn.push(await strip.evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL()));
  }
  expect(new Set(drawn).size).toBe(3);
  for (const column of ['noise error', 'trajectory error', 'Fréchet distance']) {
    await expect(page.getByRole('columnheader', { name: column })).toBeVisible();
  }
  await expect(page.getByText(/between the features of 4 images of either, taken with the ViT/)).toBeVisible();
  for (const width of [1280, 360]) {
    await page.setViewportSize({ width, height: 900 });
    await expectAccessible(page, `compare at ${width}`);
  }

  // The pictures as a file, and the results, which bring them back.
  const [picture] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('button', { name: 'Download the images of RTN 2-bit as PNG' }).click(),
  ]);
  expect((await bytesOf(picture)).subarray(1, 4).toString()).toBe('PNG');
  const results = await exportFigures(page, /Results/);
  const file = { name: 'results.json', mimeType: 'application/json', buffer: await bytesOf(results) };
  await page.locator('input[accept*=json]').setInputFiles(file);
  await expect(page).toHaveURL(/#\/compare\/file/);
  expect(await strips[1].evaluate((canvas: HTMLCanvasElement) => canvas.toDataURL())).toBe(drawn[1]);
});
