/** What the browser tests do as a person would: drop files, press buttons, read what is on the screen. */
import { existsSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, type Download, type Page } from '@playwright/test';

const SHARED = new URL('../../shared/checkpoints/stories260K/', import.meta.url).pathname;
const SAMPLE = new URL('../public/samples/stories-1m/', import.meta.url).pathname;
const NAMES = [
  'model.safetensors',
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'calibration.jsonl',
  'heldout.jsonl',
];

if (!existsSync(SHARED)) console.warn(`\n${SHARED} is absent: the bundled sample is dropped in its place.\n`);

/** Paths of a whole checkpoint with its texts. */
export function checkpointFiles(): string[] {
  return NAMES.map((name) => (existsSync(SHARED) ? SHARED : SAMPLE) + name);
}

/** Drops files onto the page; a file may be given as path or as a name with its bytes. */
export async function drop(page: Page, files: readonly (string | { name: string; bytes: Buffer })[]): Promise<void> {
  const contents = files.map((file) =>
    typeof file === 'string'
      ? { name: basename(file), base64: readFileSync(file).toString('base64') }
      : { name: file.name, base64: file.bytes.toString('base64') },
  );
  const transfer = await page.evaluateHandle((given) => {
    const data = new DataTransfer();
    for (const { name, base64 } of given) {
      const bytes = Uint8Array.from(atob(base64), (letter) => letter.charCodeAt(0));
      data.items.add(new File([bytes], name));
    }
    return data;
  }, contents);
  for (const type of ['dragenter', 'dragover', 'drop']) {
    await page.dispatchEvent('body', type, { dataTransfer: transfer });
  }
}

/** Presses Run on the recipe screen and waits for the run screen. */
export async function pressRun(page: Page): Promise<void> {
  const button = page.getByRole('main').getByRole('button', { name: 'Run', exact: true });
  await expect(button).toBeEnabled();
  await button.click();
  await expect(page).toHaveURL(/#\/run\//);
}

/** Finished layers of the run on screen. */
export async function finishedLayers(page: Page): Promise<number> {
  const text = await page
    .getByRole('main')
    .getByText(/\d+ of \d+ layers/)
    .first()
    .textContent();
  return Number(/(\d[\d,]*) of/.exec(text ?? '')?.[1].replace(',', ''));
}

/** Waits until the run on screen has ended well. */
export async function waitForEnd(page: Page): Promise<void> {
  await expect(page.getByRole('main').getByText('Finished', { exact: true }).first()).toBeVisible({ timeout: 240_000 });
}

/** Exports one row from the compare screen and returns the downloads. */
export async function exportRow(page: Page, row: string | RegExp, kind: string | RegExp): Promise<Download[]> {
  await page.getByRole('button', { name: row }).click();
  await page.getByRole('menuitem', { name: kind }).click();
  const ready = page.getByRole('status').filter({ has: page.getByRole('button', { name: /^Download/ }) });
  await expect(ready).toBeVisible({ timeout: 120_000 });
  const downloads: Download[] = [];
  for (const button of await ready.getByRole('button', { name: /^Download/ }).all()) {
    const [download] = await Promise.all([page.waitForEvent('download'), button.click()]);
    downloads.push(download);
  }
  return downloads;
}

export async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path());
}
