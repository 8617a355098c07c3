/** Pictures of pipelines, out of a results file, so that nothing has to be computed: an allocation's front, and channels before and after. */
import { expect, test, type Page } from '@playwright/test';
import { FAKE_RECIPE, fakeAllocation, fakeChannels, fakeResult } from '../src/app/testing/fake-figures';
import { parseRecipe } from '../src/recipe/recipe';
import '../src/step/faces';
import { findings, part } from './studio';

/** RTN with 2 bits, what is allocated, and RTN with 3 bits. */
function pictures() {
  const allocate = { step: 'allocate', options: { budget: 2.5, candidates: '2,3,4' } };
  const rtn = (bits: number) => ({ step: 'rtn', options: { bits, groupSize: 32 } });
  const rows = [{ steps: [rtn(2)] }, { steps: [allocate, rtn(3)] }, { steps: [rtn(3)] }];
  const result = fakeResult(parseRecipe({ ...FAKE_RECIPE, rows }));
  const allocation = fakeAllocation(result.plan);
  const summaries = result.rows.map((row) => (row.row === 1 ? { ...row, allocation } : row));
  return { ...result, rows: summaries, channels: fakeChannels(result.plan, [2]) };
}

async function open(page: Page): Promise<void> {
  await page.goto('/#/compare');
  const file = { name: 'pictures.json', mimeType: 'application/json', buffer: Buffer.from(JSON.stringify(pictures())) };
  await page.locator('input[accept*=json]').setInputFiles(file);
  await expect(page).toHaveURL(/#\/compare\/file/);
}

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('an allocation shows its front, the choice on it, rows beside it and every layer’s', async ({ page }) => {
  await open(page);
  const panel = part(page, 'Bits by layer');
  await expect(panel.getByText(/^Pareto front: 55 choices/)).toBeVisible();
  await expect(panel.getByText(/^Chosen: .* All layers 2-bit: .* All layers 3-bit: /)).toBeVisible();
  const beside = panel.getByRole('table', { name: 'The choice and the rows beside it' });
  await expect(beside.getByRole('row')).toHaveCount(5);
  // The run has the uniform rows around the budget, and no other.
  await expect(beside.getByRole('row', { name: /^all layers 3-bit/ })).not.toContainText('–');
  await expect(beside.getByRole('row', { name: /^all layers 4-bit/ })).toContainText('–');
  await expect(panel.getByRole('img', { name: /layers get 2-bit, .* One more has its bits by a rule/ })).toBeVisible();

  // By keys: from the front to the choice, and into the table of layers.
  const reader = panel.getByRole('application', { name: 'Chart reader' });
  await reader.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowUp');
  await expect(panel.locator('figure [aria-live=polite]')).toHaveText(/^Chosen, .* bits per weight: /);
  const layers = panel.getByText('Layers as a table');
  await layers.focus();
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('row', { name: /^model\.layers\.0\.mlp\.down_proj 4-bit/ })).toBeVisible();
  expect(await findings(page)).toEqual([]);
});

test('channels are shown before and after transforms, layer by layer, in both orders', async ({ page }) => {
  await page.setViewportSize({ width: 360, height: 800 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await open(page);
  const panel = part(page, 'Channels before and after transforms');
  await expect(panel.getByText(/^Before: the largest value is .* After Rotate: the largest value is /)).toBeVisible();
  await panel.getByLabel('Layer', { exact: true }).selectOption('model.layers.1.mlp.gate_proj, up_proj');
  await panel.getByRole('radio', { name: 'Largest first' }).click();
  const reader = panel.getByRole('application', { name: 'Chart reader' });
  await reader.focus();
  await page.keyboard.press('ArrowRight');
  const said = panel.locator('figure [aria-live=polite]');
  await expect(said).toHaveText(/^Largest value, before, channel (37|90): /);
  await page.keyboard.press('ArrowDown');
  await expect(said).toHaveText(/^99 % of values below, before, /);
  await panel.getByText('Data table').click();
  await expect(panel.getByRole('row', { name: /^number 1 by size/ })).toBeVisible();
  expect(await sideways(page)).toBeLessThanOrEqual(0);
  expect(await findings(page)).toEqual([]);

  // Forced colours: one colour for all, and the two widths tell the bars apart.
  await page.emulateMedia({ forcedColors: 'active' });
  const bars = panel.locator('figure svg path');
  const strokes = await bars.evaluateAll((all) => all.map((one) => getComputedStyle(one).stroke));
  expect(new Set(strokes).size).toBe(1);
});
