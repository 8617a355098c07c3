/** What is dropped is taken where the person is, what is done can be undone, and the focus stays with her. */
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { drop, failure, MOMENT, startRun, tinyModel, waitForEnd } from './studio';

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const RESULT = new URL('../src/app/precomputed/sample-run.json', import.meta.url).pathname;

async function openModel(page: Page): Promise<void> {
  await page.goto('/');
  await drop(page, tinyModel());
  await expect(heading(page)).toHaveText('Recipe');
}

test('a drop is answered where it was made, in sight, and takes nobody elsewhere', async ({ page }) => {
  await openModel(page);
  for (const [route, title] of [
    ['/#/recipe', 'Recipe'],
    ['/#/compare', 'Compare'],
    ['/#/run', 'Run'],
    ['/#/library', 'See where quantization error goes.'],
  ]) {
    await page.goto(route);
    await expect(heading(page)).toHaveText(title);
    await drop(page, [{ name: 'holiday.jpg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]) }]);
    await expect(failure(page, 'QS-FILE-04')).toBeInViewport({ ratio: 1 });
    await expect(heading(page)).toHaveText(title);
    await page.getByRole('button', { name: 'Dismiss' }).click();
    await expect(page.getByRole('alert')).toHaveCount(0);
    await expect(heading(page)).toBeFocused();
  }

  // A text is calibrated with, and can be taken back by a key.
  await page.goto('/#/recipe');
  const source = page.getByRole('region', { name: 'Calibration' }).getByLabel('Source');
  await expect(source).toHaveValue('random');
  await drop(page, [{ name: 'corpus.txt', bytes: Buffer.from('Once upon a time. '.repeat(50)) }]);
  await expect(page.getByText('corpus.txt lies beside model now and calibrates it.').last()).toBeInViewport();
  await expect(source).toHaveValue('file');
  await heading(page).focus();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(source).toHaveValue('random');

  // Figures are shown.
  await drop(page, [{ name: 'figures.json', bytes: readFileSync(RESULT) }]);
  await expect(heading(page)).toHaveText('Compare');
  await expect(page.getByText('From file: figures.json')).toBeAttached();
});

test('presets, rows and names can be changed and had back', async ({ page }) => {
  await openModel(page);
  // Loose files are called like everybody's, so a name is asked for.
  await page.getByLabel('Name of model').fill('tiny llama');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('For tiny llama.')).toBeVisible();

  // As many tokens as this little model can see.
  const calibration = page.getByRole('region', { name: 'Calibration' });
  await calibration.getByLabel('Tokens a window').fill('12');
  const rows = page.getByRole('listitem', { name: /^Row \d/ });
  const before = await rows.count();
  await page.getByRole('button', { name: 'Codebooks', exact: true }).click();
  await expect(rows.first().getByLabel('Method')).toHaveValue('rtn');
  await expect(rows.last().getByLabel('Method')).not.toHaveValue('rtn');
  await page.getByRole('button', { name: 'Undo: The preset took the place of the rows.' }).click();
  await expect(rows).toHaveCount(before);
  await page.getByRole('button', { name: 'Delete row 2' }).click();
  await expect(rows).toHaveCount(before - 1);
  await page.keyboard.press('ControlOrMeta+z');
  await expect(rows).toHaveCount(before);

  // One field that is wrong empties neither the other rows nor the plan.
  await expect(page.getByText(/\d+ × \d+ rows/)).toBeVisible();
  await calibration.getByLabel('Windows').fill('0');
  await expect(page.getByText('1 field to correct')).toBeVisible();
  await expect(page.getByText('The marked fields are to be corrected first')).toBeVisible();
  await expect(rows.first()).toContainText(/\d bits\/weight/);
});

test('what is deleted in the library comes back, and the focus is never lost', async ({ page }) => {
  await page.goto('/');
  await startRun(page, tinyModel(), MOMENT);
  await waitForEnd(page);
  await page.goto('/#/library');
  await drop(page, tinyModel('gpt2'));
  await expect(heading(page)).toHaveText('Recipe');
  await page.goto('/#/library');
  const models = page.getByRole('table', { name: 'Stored models' });
  await expect(models.getByRole('row')).toHaveCount(3);

  const remove = () => models.getByRole('button', { name: /^Delete/ });
  await remove().last().focus();
  await page.keyboard.press('Enter');
  await expect(models.getByRole('row')).toHaveCount(2);
  await expect(remove()).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(models).toBeHidden();
  await expect(heading(page)).toBeFocused();
  await page.keyboard.press('ControlOrMeta+z');
  await expect(models.getByRole('row')).toHaveCount(2);

  const runs = page.getByRole('table', { name: 'Stored runs' });
  await runs.getByRole('button', { name: /^Delete/ }).click();
  await expect(runs).toBeHidden();
  await expect(heading(page)).toBeFocused();
  await page.getByRole('button', { name: /^Undo: The run of/ }).click();
  await expect(runs.getByRole('row')).toHaveCount(2);
});

test('an address that names nothing says so', async ({ page }) => {
  await page.goto('/#/seminar/residuals');
  await expect(heading(page)).toHaveText('There is nothing at this address');
  await expect(page.getByText('“/seminar/residuals” is not a screen of the studio.')).toBeVisible();
  await page.getByRole('link', { name: 'Open the library' }).click();
  await expect(page.getByRole('button', { name: 'Run it on this GPU' })).toBeVisible();
});

test('no screen scrolls sideways at any width from a phone to a desktop, with models and runs stored', async ({
  page,
}) => {
  await page.goto('/');
  await startRun(page, tinyModel(), MOMENT);
  await waitForEnd(page);
  for (const route of ['/#/library', '/#/recipe', '/#/run']) {
    await page.goto(route);
    await expect(heading(page)).toBeVisible();
    for (const width of [360, 480, 640, 800, 960, 1120, 1280]) {
      await page.setViewportSize({ width, height: 800 });
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(sideways, `${route} at ${width} px`).toBeLessThanOrEqual(0);
    }
  }
});
