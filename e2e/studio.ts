/** What the browser tests do as a person would: drop files, press buttons, read what is on the screen. */
import { readFileSync } from 'node:fs';
import { basename } from 'node:path';
import { deflateRawSync } from 'node:zlib';
import AxeBuilder from '@axe-core/playwright';
import {
  chromium,
  expect,
  type Browser,
  type Download,
  type JSHandle,
  type Locator,
  type Page,
} from '@playwright/test';
import { plainCheckpoint } from '../src/model/testing/plain-checkpoint';
import { sharedPath } from '../src/testing/shared-path';

const REAL = sharedPath('checkpoints/stories260K');
const SAMPLE = new URL('../public/samples/stories-1m/', import.meta.url).pathname;
const NAMES = [
  'model.safetensors',
  'config.json',
  'tokenizer.json',
  'tokenizer_config.json',
  'calibration.jsonl',
  'heldout.jsonl',
];

if (REAL === null) console.warn('\nThe bundled sample is dropped in the real checkpoint’s place.\n');

/** Paths of a whole checkpoint with its texts. */
export function checkpointFiles(): string[] {
  return NAMES.map((name) => (REAL ?? SAMPLE) + name);
}

/** A file to drop: a path, or a name with its bytes. */
export type DroppedFile = string | { readonly name: string; readonly bytes: Buffer };

/** A model of two blocks and some thousand weights, without texts or tokenizer: a run on it is a matter of a second. */
export function tinyModel(name: 'llama3-scaled' | 'gpt2' = 'llama3-scaled'): DroppedFile[] {
  const bytes = readFileSync(new URL(`../src/model/testing/fixtures/${name}.safetensors`, import.meta.url));
  const { model, config } = plainCheckpoint(bytes);
  return [
    { name: 'model.safetensors', bytes: Buffer.from(model) },
    { name: 'config.json', bytes: Buffer.from(config) },
  ];
}

/** Drops files onto the page. */
export async function drop(page: Page, files: readonly DroppedFile[]): Promise<void> {
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
  await dropTransfer(page, transfer);
}

/** Drops files that are too large to be handed over: the browser takes them from the disk, and reads of them what it wants. */
export async function dropFromDisk(page: Page, paths: readonly string[]): Promise<void> {
  await page.evaluate(() => {
    const input = Object.assign(document.createElement('input'), { type: 'file', multiple: true, id: 'from-disk' });
    document.body.append(input);
  });
  await page.locator('#from-disk').setInputFiles([...paths]);
  const transfer = await page.evaluateHandle(() => {
    const input = document.querySelector<HTMLInputElement>('#from-disk');
    const data = new DataTransfer();
    for (const file of input?.files ?? []) data.items.add(file);
    input?.remove();
    return data;
  });
  await dropTransfer(page, transfer);
}

async function dropTransfer(page: Page, dataTransfer: JSHandle<DataTransfer>): Promise<void> {
  for (const type of ['dragenter', 'dragover', 'drop']) await page.dispatchEvent('body', type, { dataTransfer });
}

/** What a test asks of a run: method and bits of each row, and few tokens, so that it takes seconds. */
export interface SmallRecipe {
  readonly rows: readonly (readonly [method: string, bits: number])[];
  /** Calibration text beside the model; random tokens without one. */
  readonly text?: string;
  readonly windows?: number;
}

/** A run on the tiny model that is over in a moment. */
export const MOMENT: SmallRecipe = {
  rows: [
    ['rtn', 3],
    ['gptq', 3],
  ],
};

/** A run on the checkpoint that takes some seconds: long enough to be interrupted. */
export const SECONDS: SmallRecipe = {
  ...MOMENT,
  text: 'calibration.jsonl',
  windows: 4,
};

/** Opens a recipe by its link, as a colleague would who was sent one. */
export async function openRecipe(page: Page, { rows, text, windows = 2 }: SmallRecipe): Promise<void> {
  const recipe = {
    version: 1,
    rows: rows.map(([method, bits]) => ({ method, options: { bits } })),
    calibration: { source: text ? 'file' : 'random', file: text ?? null, windows, length: text ? 32 : 12, seed: 1 },
    heldOut: { file: null, windows: 2 },
  };
  await openLink(page, recipe);
  await expect(page.getByText(new RegExp(`\\d+ × ${rows.length} rows`))).toBeVisible({ timeout: 30_000 });
}

/** Opens a link that holds a recipe. */
export async function openLink(page: Page, recipe: object): Promise<void> {
  await page.goto(`/#/c/1.${deflateRawSync(JSON.stringify({ recipe })).toString('base64url')}`);
}

/** Drops a model, opens the recipe and runs it; returns with the run screen in front. */
export async function startRun(page: Page, files: readonly DroppedFile[], recipe: SmallRecipe): Promise<void> {
  await drop(page, files);
  await expect(page).toHaveURL(/#\/recipe/);
  await openRecipe(page, recipe);
  await pressRun(page);
}

const RULES = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];

/** The rules whose verdict depends on colours: all that another theme can break. */
export const COLOURS = ['color-contrast', 'link-in-text-block'];

/** What axe finds by all its rules, or by some, one line a finding. */
export async function findings(page: Page, only: readonly string[] = []): Promise<string[]> {
  // The pages hold no frame of another origin, for which axe would open a page of its own each time.
  const axe = new AxeBuilder({ page }).setLegacyMode();
  const { violations } = await (only.length > 0 ? axe.withRules([...only]) : axe.withTags(RULES)).analyze();
  return violations.flatMap(({ id, nodes }) =>
    nodes.map((node) => `${id}: ${node.target.join(' ')} ${node.html.slice(0, 120)}`),
  );
}

/** The failure on the screen. */
export function failure(page: Page, code: string): Locator {
  return page.getByRole('alert').filter({ hasText: code });
}

/** A browser of its own, with other switches than the one the tests share. The caller closes it. */
export function otherBrowser(...switches: string[]): Promise<Browser> {
  return chromium.launch({
    executablePath: process.env.QUANTELIER_CHROMIUM,
    args: ['--no-sandbox', '--disable-background-networking', ...switches],
  });
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
    .getByText(/^\d+ of [\d,]+ (layers|\(\d+ layers × \d+ rows\))$/)
    .first()
    .textContent();
  return Number(/^(\d[\d,]*) of/.exec(text ?? '')?.[1].replace(',', ''));
}

/** Waits until so many layers are finished; looks often, because the run goes on meanwhile. */
export async function waitForLayers(page: Page, layers: number): Promise<void> {
  await expect.poll(() => finishedLayers(page), { intervals: [50], timeout: 60_000 }).toBeGreaterThanOrEqual(layers);
}

/** Pauses the run on screen at the next layer's end. */
export async function pause(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Pause' }).click();
  await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible();
}

/** Waits until the run on screen has ended, and that well. */
export async function waitForEnd(page: Page): Promise<void> {
  const over = page
    .getByRole('main')
    .getByText(/^(Finished|Cancelled|Stopped by a failure)$/)
    .first();
  await expect(over).toBeVisible({ timeout: 240_000 });
  expect(await over.textContent(), (await page.getByRole('alert').allInnerTexts()).join()).toBe('Finished');
}

/** Exports one row's weights from the compare screen and returns the downloads. */
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

/** Exports the figures of all rows from the compare screen. */
export async function exportFigures(page: Page, kind: string | RegExp): Promise<Download> {
  await page.getByRole('button', { name: 'Export figures' }).click();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('menuitem', { name: kind }).click(),
  ]);
  return download;
}

export async function bytesOf(download: Download): Promise<Buffer> {
  return readFileSync(await download.path());
}

/** A part of the recipe screen by its heading. */
export function part(page: Page, name: string) {
  return page.getByRole('region', { name, exact: true });
}
