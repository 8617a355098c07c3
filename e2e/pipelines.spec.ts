/** Rows as pipelines without a mouse: steps are added, walked, opened, moved and removed by keys, and a paper is run. */
import { expect, test } from '@playwright/test';
import { drop, findings, MOMENT, openRecipe, part, pressRun, tinyModel, waitForEnd } from './studio';

test('a row grows into a pipeline and back by keys alone, and the focus is never lost', async ({ page }) => {
  await page.goto('/');
  await drop(page, tinyModel());
  await openRecipe(page, MOMENT);
  const row = page.getByRole('listitem', { name: 'Row 2' });
  const chip = (name: RegExp) => row.getByRole('button', { name });
  const choose = async (step: string) => {
    await page.keyboard.press('Enter');
    const item = page.getByRole('menuitem', { name: step, exact: true });
    await expect(page.getByRole('menuitem').first()).toBeFocused();
    for (let presses = 0; presses < 90 && !(await item.evaluate((one) => one === document.activeElement)); presses++) {
      await page.keyboard.press('ArrowDown');
    }
    await page.keyboard.press('Enter');
  };

  // A row of one method looks as ever; what is added makes chips of it, and the new one has the focus.
  await row.getByRole('button', { name: 'Add a step to row 2' }).focus();
  await choose('Activations');
  await expect(chip(/^A8 token, activations/)).toBeFocused();
  await page.keyboard.press('End');
  await expect(row.getByRole('button', { name: 'Add a step to row 2' })).toBeFocused();
  await choose('Bias correction');
  await expect(chip(/^Bias correction/)).toBeFocused();
  await expect(row.locator('[data-chip]')).toHaveText(['A8 token', 'GPTQ 3-bit', 'Bias correction']);

  // Arrows walk, Enter opens, what is typed is in the chip, and a fault is said there.
  await page.keyboard.press('Home');
  await page.keyboard.press('Enter');
  await expect(chip(/^A8 token/)).toHaveAttribute('aria-expanded', 'true');
  const options = row.getByRole('region', { name: 'Options of Activations' });
  const bits = options.getByLabel('Bits');
  await bits.focus();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('1');
  await expect(bits).toHaveAttribute('aria-invalid', 'true');
  await expect(chip(/has a fault/)).toBeVisible();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('4');
  await expect(chip(/^A4 token, activations$/)).toBeVisible();
  // A plan that is of a moment ago is dimmed.
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
  expect(await findings(page)).toEqual([]);

  // Two steps of a slot change places with Alt; Delete takes one away, and the one at its place has the focus.
  await row.getByRole('button', { name: 'Add a step to row 2' }).focus();
  await choose('Bias correction');
  await expect(row.locator('[data-chip="3"]')).toBeFocused();
  await page.keyboard.press('Alt+ArrowLeft');
  await expect(row.locator('[data-chip="2"]')).toBeFocused();
  await page.keyboard.press('Delete');
  await page.keyboard.press('Delete');
  await expect(chip(/^GPTQ 3-bit/)).toBeFocused();
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('Delete');
  await expect(row.getByLabel('Method')).toBeFocused();

  // Taken back, step by step.
  await page.keyboard.press('ControlOrMeta+z');
  await expect(row.locator('[data-chip]')).toHaveText(['A4 token', 'GPTQ 3-bit']);
});

test('a paper is searched, used, changed and run, and its zero is in the comparison', async ({ page }) => {
  await page.goto('/');
  await drop(page, tinyModel());
  await openRecipe(page, MOMENT);
  const open = page.getByRole('button', { name: 'From a paper…' });
  await open.focus();
  await page.keyboard.press('Enter');
  const drawer = page.getByRole('dialog', { name: 'Systems of papers' });
  const papers = drawer.getByRole('heading', { level: 3 });
  const all = await papers.count();
  await drawer.getByRole('searchbox').fill('outlier-free transform');
  await expect(papers).toHaveText('QuaRot');
  expect(all).toBeGreaterThan(1);
  expect(await findings(page)).toEqual([]);
  await drawer.getByRole('button', { name: 'Use QuaRot as a new row' }).press('Enter');
  await expect(drawer).toBeHidden();
  await expect(open).toBeFocused();

  const row = page.getByRole('listitem', { name: 'Row 3' });
  await expect(row.getByText('QuaRot', { exact: true })).toBeVisible();
  await row.getByRole('button', { name: /, activations$/ }).press('Enter');
  await row.getByRole('region', { name: 'Options of Activations' }).getByLabel('Bits').fill('8');
  await expect(row.getByText('after QuaRot')).toBeVisible();
  await row.getByRole('button', { name: 'More of row 3' }).press('Enter');
  const steps = await row.locator('[data-chip]').count();
  await page.getByRole('menuitem', { name: `without each step: ${steps} rows` }).press('Enter');
  await expect(page.getByRole('listitem', { name: /^Row \d$/ })).toHaveCount(3 + steps);

  await pressRun(page);
  await waitForEnd(page);
  await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
  await expect(page.getByRole('cell', { name: /its transforms alone/ }).first()).toBeVisible();
  // Each row without a step is set against the one with all of them, on the two windows there are.
  const effects = page.getByRole('table', { name: /^Against / });
  await expect(effects.filter({ hasText: 'without Rotate' }).getByRole('row')).toHaveCount(1 + steps);
  await expect(page.getByText('Fewer than 6 say nothing of chance')).toBeVisible();
  await expect(part(page, 'Channels before and after transforms').getByRole('figure')).toBeVisible();
});

test('rules for layers are added, counted, corrected, moved and taken back by keys alone', async ({ page }) => {
  await page.goto('/');
  await drop(page, tinyModel());
  await openRecipe(page, MOMENT);
  const row = page.getByRole('listitem', { name: 'Row 2' });
  const summary = row.locator('summary', { hasText: 'Layer rules' });
  await expect(summary).toContainText('none');
  await summary.focus();
  await page.keyboard.press('Enter');
  const add = row.getByRole('button', { name: 'Add a rule' });
  await add.focus();
  await page.keyboard.press('Enter');

  // The field of a new rule has the focus; what it matches is counted as it is typed, and bits follow at once.
  const rule = (number: number) => row.getByRole('listitem', { name: `Rule ${number}` });
  const layers = (number: number) => rule(number).getByLabel('Layers');
  await expect(layers(1)).toBeFocused();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('*.down_pro');
  await expect(layers(1)).toHaveAttribute('aria-invalid', 'true');
  await expect(rule(1)).toContainText(/matches no layer: layers are named like/);
  await page.keyboard.type('j');
  await expect(rule(1)).toContainText(/Layers2 layersGet/);
  const stored = row.locator('p', { hasText: 'bits/weight' });
  const before = await stored.textContent();
  await rule(1).getByLabel('Bits', { exact: true }).fill('8');
  await expect(stored).not.toHaveText(before ?? '');
  await expect(summary).toContainText(/^Layer rules1 rule for \d+ of \d+ layers$/);

  // A rule whose layers are all taken says so, until it is moved before the other.
  await add.press('Enter');
  await layers(2).fill('*.0.mlp.down_proj');
  await rule(2).getByLabel('Get').selectOption('No quantization');
  await expect(rule(2)).toContainText('all taken by rules before it');
  await rule(2).getByRole('button', { name: 'Move rule 2 up' }).press('Enter');
  await expect(layers(1)).toHaveValue('*.0.mlp.down_proj');
  await expect(layers(1)).toBeFocused();
  await expect(rule(1)).toContainText(/Layers1 layerGet/);
  await expect(page.locator('[aria-busy=true]')).toHaveCount(0);
  expect(await findings(page)).toEqual([]);
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)).toBe(
    0,
  );

  // Removed one by one, and one of them taken back.
  await rule(2).getByRole('button', { name: 'Remove rule 2' }).press('Enter');
  await expect(rule(1).getByRole('button', { name: 'Remove rule 1' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(add).toBeFocused();
  await expect(summary).toContainText('none');
  await page.keyboard.press('ControlOrMeta+z');
  await expect(layers(1)).toHaveValue('*.0.mlp.down_proj');
});
