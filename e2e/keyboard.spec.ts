/** The main job without a mouse: every step is a key, every stop of the focus can be seen, and the focus is never lost. */
import { dirname } from 'node:path';
import { expect, test, type Locator, type Page } from '@playwright/test';
import {
  bytesOf,
  checkpointFiles,
  MOMENT,
  openRecipe,
  SECONDS,
  startRun,
  tinyModel,
  waitForEnd,
  waitForLayers,
} from './studio';

/** Presses Tab until the element has the focus; every stop on the way must be seen. */
async function tabTo(page: Page, target: Locator, key: 'Tab' | 'Shift+Tab' = 'Tab'): Promise<void> {
  const stops: string[] = [];
  for (let presses = 0; presses < 120; presses++) {
    await page.keyboard.press(key);
    const { name, problem } = await focusedStop(page);
    stops.push(name);
    // A dialog that is just opening cannot be pressed yet.
    if (problem !== '') await expect.poll(async () => (await focusedStop(page)).problem, { message: name }).toBe('');
    if (await target.evaluateAll((elements) => elements.some((element) => element === document.activeElement))) return;
  }
  throw new Error(`Tab does not reach ${String(target)}; it stops at ${stops.join(', ')}`);
}

/** What has the focus, and what keeps a person from seeing that it has. */
function focusedStop(page: Page): Promise<{ name: string; problem: string }> {
  return page.evaluate(() => {
    const element = document.activeElement;
    // A heading that was given the focus is where a reader goes on, and no control.
    if (!(element instanceof HTMLElement) || element === document.body || element.tagName === 'H1') {
      return { name: 'the page', problem: '' };
    }
    const name = element.outerHTML.slice(0, 100);
    const { outlineStyle, outlineWidth, boxShadow } = getComputedStyle(element);
    const ring = (outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2) || boxShadow !== 'none';
    if (!ring) return { name, problem: 'has no focus ring' };
    const [box] = element.getClientRects();
    const inside = box.bottom > 0 && box.top < innerHeight && box.right > 0 && box.left < innerWidth;
    if (!inside) return { name, problem: 'has the focus outside the window' };
    // Something else may lie over a part of it (2.4.11), but not over all.
    const points = [0.1, 0.5, 0.9].map((share) => [box.left + box.width / 2, box.top + box.height * share] as const);
    const seen = points.some(([x, y]) => {
      const top = document.elementFromPoint(x, y);
      return top !== null && (element.contains(top) || top === element.closest('label'));
    });
    return { name, problem: seen ? '' : 'has the focus under something else' };
  });
}

/** Focuses a field by Tab and types over what it holds. */
async function fill(page: Page, field: Locator, text: string): Promise<void> {
  await tabTo(page, field);
  await page.keyboard.press('ControlOrMeta+A');
  await page.keyboard.type(text);
}

const heading = (page: Page) => page.getByRole('heading', { level: 1 });

test('from the folder to the table of errors with nothing but keys', async ({ page }) => {
  // Asked for early: a dialog that opens before Playwright has switched its interception on is lost.
  const dialog = page.waitForEvent('filechooser');
  await page.goto('/');
  await expect(page.getByText('WebGPU ·')).toBeVisible();

  // The first stop leaps over the navigation.
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to the content' })).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main')).toBeFocused();

  // She chooses the folder of her model.
  await tabTo(page, page.getByRole('button', { name: 'Choose folder' }));
  await page.keyboard.press('Enter');
  await (await dialog).setFiles(dirname(checkpointFiles()[0]));
  await expect(heading(page)).toHaveText('Recipe');
  await expect(heading(page)).toBeFocused();

  // Two methods are enough, on a little text. The focus stays in the list while rows move and go.
  const row = (n: number, button: string) => page.getByRole('button', { name: `${button} row ${n}` });
  await tabTo(page, row(4, 'Delete'));
  await page.keyboard.press('Enter');
  await expect(row(3, 'Delete')).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(row(2, 'Delete')).toBeFocused();
  await tabTo(page, page.getByRole('button', { name: 'Move row 2 up' }), 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('listitem', { name: 'Row 1' }).getByLabel('Method')).toBeFocused();
  const calibration = page.getByRole('region', { name: 'Calibration' });
  await fill(page, calibration.getByLabel('Windows'), '16');
  await fill(page, calibration.getByLabel('Tokens a window'), '32');
  await fill(page, page.getByRole('region', { name: 'Held-out' }).getByLabel('Windows'), '2');
  await expect(page.getByText(/\d+ × 2 rows/)).toBeVisible();

  // She runs it, pauses it, and goes on with the same key at the same place.
  await tabTo(page, page.getByRole('main').getByRole('button', { name: 'Run', exact: true }));
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/#\/run\//);
  await expect(heading(page)).toBeFocused();
  await waitForLayers(page, 1);
  await tabTo(page, page.getByRole('button', { name: 'Pause' }));
  await page.keyboard.press('Space');
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible();
  await expect(page.getByTestId('run-announcer')).toHaveText('Run paused.');
  await expect(page.getByRole('button', { name: 'Continue' })).toBeFocused();
  await page.keyboard.press('Space');
  await expect(page.getByRole('button', { name: 'Pause' })).toBeFocused();
  await waitForEnd(page);
  await expect(page.getByTestId('run-announcer')).toHaveText('Run finished.');

  // She compares, and takes the errors home.
  await tabTo(page, page.getByRole('link', { name: 'Compare' }).last());
  await page.keyboard.press('Enter');
  await expect(heading(page)).toHaveText('Compare');
  await expect(heading(page)).toBeFocused();
  const exportGptq = page.getByRole('button', { name: 'Export GPTQ 3-bit' });
  await tabTo(page, exportGptq);
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  // A format that cannot hold the row would be here as well, with its reason.
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('menuitem', { name: /packed/ })).toBeFocused();
  await page.keyboard.press('ArrowUp');
  await page.keyboard.press('Enter');
  const ready = page.getByRole('button', { name: /^Download model\.safetensors/ });
  await expect(ready).toBeVisible();
  await expect(exportGptq, 'the focus after the menu has closed').toBeFocused();
  await tabTo(page, ready);
  await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);

  const exportFigures = page.getByRole('button', { name: 'Export figures' });
  await tabTo(page, exportFigures, 'Shift+Tab');
  await page.keyboard.press('Enter');
  await expect(page.getByRole('menuitem').first()).toBeFocused();
  await page.keyboard.press('e');
  await expect(page.getByRole('menuitem', { name: 'Errors (CSV)' })).toBeFocused();
  const [download] = await Promise.all([page.waitForEvent('download'), page.keyboard.press('Enter')]);
  await expect(exportFigures, 'the focus after the menu has closed').toBeFocused();
  expect((await bytesOf(download)).toString().split('\n')[0]).toContain('method');
});

test('the chart is read with the arrow keys, and each key says something else', async ({ page }) => {
  await page.goto('/');
  await startRun(page, tinyModel(), MOMENT);
  await waitForEnd(page);
  const reader = page.getByRole('application', { name: 'Chart reader' });
  const said = page.locator('figure [aria-live=polite]');
  await tabTo(page, reader, 'Shift+Tab');

  const heard = new Set<string>();
  const press = async (key: string, expected: RegExp) => {
    await page.keyboard.press(key);
    await expect(said, key).toHaveText(expected);
    heard.add((await said.textContent()) ?? '');
  };
  await press('ArrowRight', /^RTN 3-bit, .*layers\.0\.self_attn\.k_proj.*: 0\.\d+/);
  await press('ArrowRight', /^RTN 3-bit, .*layers\.0\.self_attn\.v_proj.*: 0\.\d+/);
  await press('ArrowDown', /^GPTQ 3-bit, .*layers\.0\.self_attn\.v_proj.*: 0\.\d+/);
  await press('PageDown', /^GPTQ 3-bit, .*layers\.1\.mlp\.up_proj.*: 0\.\d+/);
  await press('End', /^GPTQ 3-bit, .*layers\.1\.mlp\.down_proj.*: 0\.\d+/);
  await press('Home', /^GPTQ 3-bit, .*layers\.0\.self_attn\.k_proj.*: 0\.\d+/);
  await press('Enter', /^Pinned: GPTQ 3-bit/);
  await press('Enter', /^Unpinned$/);
  await press('s', /lowest .* layer output error|share the lead/);
  expect(heard.size).toBe(9);
  await page.keyboard.press('t');
  await expect(page.getByRole('table', { name: /by layer/ })).toBeVisible();
  await expect(page.locator('summary', { hasText: 'Data table' })).toBeFocused();

  // The toolbar is one stop; arrows move inside it.
  await tabTo(page, page.getByRole('toolbar', { name: 'Metric' }).getByRole('radio'), 'Shift+Tab');
  const output = page.getByRole('radio', { name: 'Output', exact: true });
  await page.keyboard.press('ArrowRight');
  await expect(output).toBeFocused();
  await page.keyboard.press('Enter');
  await expect(output).toBeChecked();
});

test('a question can be answered and refused by keys, and the focus comes back', async ({ page }) => {
  await page.goto('/');
  // Long enough for every key of it, on however busy a machine.
  await startRun(page, checkpointFiles(), { ...SECONDS, windows: 96 });
  await waitForLayers(page, 1);
  const cancel = page.getByRole('button', { name: 'Cancel' });
  await tabTo(page, cancel);
  await page.keyboard.press('Enter');
  const question = page.getByRole('alertdialog', { name: 'Stop this run?' });
  await expect(question).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(question).toBeHidden();
  await expect(cancel).toBeFocused();
  await page.keyboard.press('Enter');
  await tabTo(page, question.getByRole('button', { name: 'Stop and keep them' }));
  await page.keyboard.press('Enter');
  await expect(page.getByRole('main').getByText('Cancelled', { exact: true })).toBeVisible();
  await openRecipe(page, { rows: [['rtn', 3]] });
});

test('? lists the keys, and can be turned off', async ({ page }) => {
  await page.goto('/');
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('?');
  const list = page.getByRole('dialog', { name: 'Keyboard shortcuts' });
  await list.getByRole('checkbox', { name: /Single keys/ }).uncheck();
  await page.keyboard.press('Escape');
  await expect(list).toBeHidden();
  await page.reload();
  await page.getByRole('heading', { level: 1 }).focus();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog')).toHaveCount(0);
  await page.getByRole('button', { name: 'Keyboard shortcuts' }).click();
  await list.getByRole('checkbox', { name: /Single keys/ }).check();
  await page.keyboard.press('Escape');
  await page.keyboard.press('?');
  await expect(list).toBeVisible();
});
