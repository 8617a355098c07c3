/** A checkpoint is looked into: stored ones and files that no run takes, tensor by tensor, and two against each other. */
import { expect, test, type Page } from '@playwright/test';
import { drop, failure, findings, tinyModel } from './studio';

/** A GPTQ checkpoint of one layer: nothing that a run takes. */
function quantized() {
  const entries = [
    ['q.qweight', 'I32', [4, 32], 512],
    ['q.scales', 'F16', [1, 32], 64],
    ['q.qzeros', 'I32', [1, 4], 16],
    ['q.g_idx', 'I32', [32], 128],
  ] as const;
  let at = 0;
  const header = Object.fromEntries(
    entries.map(([name, dtype, shape, bytes]) => [name, { dtype, shape, data_offsets: [at, (at += bytes)] }]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  return { name: 'gptq.safetensors', bytes: Buffer.concat([length, text, Buffer.alloc(at)]) };
}

const sideways = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);

test('a stored model is looked into by keys: tree, figures, map, values', async ({ page }) => {
  await page.goto('/');
  await drop(page, tinyModel());
  await expect(page).toHaveURL(/#\/recipe/);
  await page.getByRole('link', { name: 'Inspect the model' }).click();
  await expect(page.getByRole('heading', { name: /^Inspect / })).toBeFocused();
  expect.soft(await findings(page), 'the file').toEqual([]);

  await page.keyboard.press('/');
  await page.keyboard.type('re:layers\\.1\\..*up_proj');
  await expect(page.getByText('1 of', { exact: false }).first()).toBeVisible();
  const tree = page.getByRole('tree', { name: 'Tensors' });
  await tree.focus();
  await page.keyboard.press('End');
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/inspect\/[^/]+\/model\.layers\.1\.mlp\.up_proj\.weight/);
  const panel = page.getByRole('region', { name: 'model.layers.1.mlp.up_proj.weight' });
  await expect(panel.getByText('Kurtosis (normal: 3)')).toBeVisible();
  await expect(panel.getByText(/finite values in 128 equal bins/)).toBeVisible();
  await panel.getByRole('radio', { name: 'Kurtosis' }).click();
  await expect(panel.getByText(/^The heaviest tails are in column \d+, kurtosis /)).toBeVisible();

  const map = panel.getByRole('application', { name: 'Map reader' });
  await map.focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('ArrowDown');
  await expect(panel.locator('[aria-live=polite]', { hasText: /^row.*: / })).toBeAttached();
  await page.keyboard.press('Enter');
  await expect(panel.getByRole('heading', { name: 'Values' })).toBeFocused();
  await expect(panel.getByRole('table', { name: /^rows? 1/ })).toBeVisible();
  for (const [colorScheme, width] of [
    ['light', 1280],
    ['dark', 360],
  ] as const) {
    await page.emulateMedia({ colorScheme });
    await page.setViewportSize({ width, height: 4000 });
    expect.soft(await findings(page), `${colorScheme} at ${width}`).toEqual([]);
    expect.soft(await sideways(page), `${colorScheme} at ${width}`).toBeLessThanOrEqual(0);
  }
});

test('files that no run takes are offered to be looked into, stored nowhere, and compared', async ({ page }) => {
  await page.goto('/');
  await drop(page, tinyModel('gpt2'));
  await expect(page).toHaveURL(/#\/recipe/);
  await drop(page, [quantized()]);
  await failure(page, 'QS-FILE-01').getByRole('button', { name: 'Inspect them' }).click();
  await expect(page.getByRole('heading', { name: 'Inspect gptq' })).toBeVisible();
  await expect(page.getByText(/already quantized with GPTQ: tensor "q\.qweight"/)).toBeVisible();
  await page.getByRole('treeitem', { name: /^qweight|q\.qweight/ }).click();
  await expect(
    page
      .getByText('Whole numbers or codes', { exact: false })
      .or(page.getByText(/whole numbers or codes/))
      .first(),
  ).toBeVisible();

  await page.getByRole('button', { name: 'Compare', exact: true }).click();
  await expect(page.getByText(/only here/).first()).toBeVisible();
  expect(await findings(page)).toEqual([]);
  await page.goto('/#/library');
  await expect(page.getByRole('table', { name: 'Stored models' }).getByRole('row')).toHaveCount(2);
});
