/**
 * What can go wrong around a run: no WebGPU, no adapter, a GPU that resets, storage that is full, tabs that are closed or doubled,
 * files that changed. Each fault is a real one, and each test ends with the person having lost nothing that was finished.
 */
import { closeSync, ftruncateSync, openSync, rmSync, statSync, writeSync } from 'node:fs';
import { expect, test, type BrowserContext, type Page } from '@playwright/test';
import {
  bytesOf,
  checkpointFiles,
  drop,
  dropFromDisk,
  exportFigures,
  exportRow,
  failure,
  finishedLayers,
  MOMENT,
  otherBrowser,
  pause,
  pressRun,
  SECONDS,
  startRun,
  tinyModel,
  waitForEnd,
  waitForLayers,
} from './studio';

/** From now on the browser gives the studio so many bytes. To be called before the page opens: Chrome remembers what was free. */
async function restrictStorage(page: Page, origin: string | undefined, quotaSize: number): Promise<void> {
  const session = await page.context().newCDPSession(page);
  await session.send('Storage.overrideQuotaForOrigin', { origin: origin ?? '', quotaSize });
}

/** A safetensors file of one tensor with at least so many bytes, all zero and none of them written. Returns the file's length. */
function writeSparseModel(path: string, atLeast: number): number {
  const [rows, cols] = [Math.ceil(atLeast / (4 * 1024)), 1024];
  const bytes = rows * cols * 4;
  const header = Buffer.from(
    JSON.stringify({ 'layers.0.weight': { dtype: 'F32', shape: [rows, cols], data_offsets: [0, bytes] } }).padEnd(128),
  );
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  const file = openSync(path, 'w');
  writeSync(file, Buffer.concat([length, header]));
  ftruncateSync(file, 8 + header.length + bytes);
  closeSync(file);
  return 8 + header.length + bytes;
}

/** What the studio holds in this browser's storage. */
function storedBytes(page: Page): Promise<number> {
  return page.evaluate(async () => (await navigator.storage.estimate()).usage ?? NaN);
}

/** Starts the run of some seconds and stops the engine after a layer, so that a test can do as it likes. */
async function pausedRun(page: Page): Promise<number> {
  await page.goto('/');
  await startRun(page, checkpointFiles(), SECONDS);
  await pause(page);
  return finishedLayers(page);
}

/** A comparison that needs no GPU: it can be looked at in every way. */
async function expectPrecomputedUsable(page: Page): Promise<void> {
  await page.getByRole('button', { name: 'Show what works' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Compare' })).toBeFocused();
  await expect(page.getByText('precomputed', { exact: true })).toBeVisible();
  await expect(page.getByRole('row', { name: /GPTQ 3-bit/ }).first()).toBeVisible();
  await page.getByRole('radio', { name: 'Weight', exact: true }).click();
  await expect(page.getByRole('main')).toContainText('lowest weight error');
  await page.goto('/#/recipe');
  await expect(page.getByRole('button', { name: 'Run', exact: true })).toBeDisabled();
}

test.describe('the GPU', () => {
  test('a browser without WebGPU says so, and what can be read can be read', async ({ page }) => {
    const without = (what: string) => `delete ${what}.prototype.gpu;`;
    await page.addInitScript(without('Navigator'));
    await page.route('**/assets/main-*.js', async (route) => {
      const response = await route.fetch();
      await route.fulfill({ response, body: without('WorkerNavigator') + (await response.text()) });
    });
    await page.goto('/');
    const banner = page.getByRole('status').filter({ hasText: 'QS-GPU-01' });
    await expect(banner).toContainText('This browser has no WebGPU.');
    await expect(banner).toContainText('Chrome or Edge 113+, Safari 26+ and Firefox 141+ have it');
    await expect(page.getByRole('banner')).toContainText('No WebGPU');
    await expect(page.getByRole('button', { name: 'Run it on this GPU' })).toBeDisabled();
    await expectPrecomputedUsable(page);
  });

  test('WebGPU without an adapter says so, and asks again on demand', async ({ baseURL }) => {
    const browser = await otherBrowser('--disable-gpu', '--disable-software-rasterizer');
    const page = await browser.newPage({ baseURL });
    await page.goto('/');
    const banner = page.getByRole('status').filter({ hasText: 'QS-GPU-02' });
    await expect(banner).toContainText('WebGPU is here, but no graphics adapter answered.');
    await expect(banner).toContainText('Hardware acceleration may be off, the driver may be blocked');
    await banner.getByRole('button', { name: 'Try again' }).click();
    await expect(banner).toBeVisible();
    await expectPrecomputedUsable(page);
    await browser.close();
  });

  test('a GPU process that crashes in the middle of a run costs one stage, not the run', async ({
    baseURL,
    launchOptions,
  }) => {
    // Chrome stops handing out adapters after some crashes, so this one gets a browser to itself.
    const browser = await otherBrowser(...(launchOptions.args ?? []));
    const page = await browser.newPage({ baseURL });
    await page.goto('/');
    await startRun(page, checkpointFiles(), SECONDS);
    await waitForLayers(page, 8);
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.crashGpuProcess');

    const alert = failure(page, 'QS-GPU-04');
    await expect(alert).toContainText('The GPU was reset.');
    await expect(alert).toContainText('Finished layers are saved.');
    const saved = await finishedLayers(page);
    await alert.getByRole('button', { name: 'Resume' }).click();
    await expect(alert).toBeHidden();
    await waitForLayers(page, saved + 1);
    await browser.close();
  });
});

test.describe('storage', () => {
  test('a model that does not fit is refused with both numbers, and what is stored stays', async ({
    page,
    baseURL,
  }) => {
    await restrictStorage(page, baseURL, 500_000);
    await page.goto('/');
    await startRun(page, tinyModel(), MOMENT);
    await waitForEnd(page);

    await page.goto('/#/library');
    await drop(page, checkpointFiles());
    const alert = failure(page, 'QS-STO-01');
    await expect(alert).toContainText('Browser storage is full.');
    await expect(alert).toContainText(/this needs \d+ MB, about \d+ MB of 1 MB are free/);
    await expect(alert).toContainText('Nothing that was stored is lost.');
    await alert.getByRole('button', { name: 'Free space' }).click();
    await expect(page.getByRole('heading', { name: 'Storage' })).toBeInViewport();

    await page.reload();
    await expect(page.getByRole('table', { name: 'Stored models' }).getByRole('row')).toHaveCount(2);
    await page.getByRole('link', { name: /^Show/ }).click();
    await expect(page.getByRole('row', { name: /GPTQ 3-bit/ }).first()).toBeVisible();
    await page.goto('/#/recipe');
    await pressRun(page);
    await waitForEnd(page);
  });

  test('a model of more than 5 GB on a full disk is refused with both numbers, and nothing is lost', async ({
    page,
    baseURL,
  }, testInfo) => {
    const large = testInfo.outputPath('model.safetensors');
    const bytes = writeSparseModel(large, 5_100_000_000);
    // The file is that long, but of its zeros none takes room on the disk.
    expect(statSync(large).size).toBe(bytes);
    expect(statSync(large).blocks * 512).toBeLessThan(1_000_000);
    try {
      await restrictStorage(page, baseURL, 1_000_000_000);
      await page.goto('/');
      await startRun(page, tinyModel(), MOMENT);
      await waitForEnd(page);
      const stored = await storedBytes(page);

      await page.goto('/#/library');
      await dropFromDisk(page, [large]);
      const alert = failure(page, 'QS-STO-01');
      await expect(alert).toContainText('Browser storage is full.');
      await expect(alert).toContainText(/this needs 5,101 MB, about [\d,]+ MB of 1,000 MB are free/);
      await expect(alert).toContainText('Nothing that was stored is lost.');
      // Give or take the database's own housekeeping.
      expect((await storedBytes(page)) - stored).toBeLessThan(1_000_000);

      // The model that was there is there, with its run, and can be run again.
      await page.reload();
      await expect(page.getByRole('table', { name: 'Stored models' }).getByRole('row')).toHaveCount(2);
      await page.getByRole('link', { name: /^Show/ }).click();
      await expect(page.getByRole('row', { name: /GPTQ 3-bit/ }).first()).toBeVisible();
      await page.goto('/#/recipe');
      await pressRun(page);
      await waitForEnd(page);
    } finally {
      rmSync(large);
    }
  });

  test('storage that fills up during a run does not stop it, and its results can be taken home', async ({
    page,
    baseURL,
  }) => {
    // Room for the model and about half of what the run leaves behind.
    await restrictStorage(page, baseURL, 100_000);
    await page.goto('/');
    const rows = [2, 3, 4, 5, 6, 7, 8].map((bits) => ['rtn', bits] as const);
    await startRun(page, tinyModel('gpt2'), { rows });
    await waitForEnd(page);
    const notice = page.getByRole('status').filter({ hasText: 'QS-STO-01' });
    await expect(notice).toContainText('Browser storage is full');
    await expect(notice).toContainText('The run goes on in memory');

    await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
    const csv = await exportFigures(page, 'Errors (CSV)');
    expect((await bytesOf(csv)).toString().trim().split('\n')).toHaveLength(1 + 8 * rows.length);
    await exportRow(page, 'Export RTN 8-bit', /dequantized/);
    await expect(page.getByText('Largest difference after re-reading: 0.')).toBeVisible();

    // After the tab is closed only what was stored is there, and the run says so.
    await page.reload();
    await page.goto('/#/library');
    await expect(page.getByText(/stopped at \d+ of 56 \(8 layers × 7 rows\)/)).toBeVisible();
  });

  test('a stored model that the browser has removed is asked for again, and the run goes on', async ({ page }) => {
    const saved = await pausedRun(page);
    await page.evaluate(
      () =>
        new Promise((resolve, reject) => {
          const opening = indexedDB.open('quantelier-1-files');
          opening.onerror = () => reject(new Error('the database does not open'));
          opening.onsuccess = () => {
            const clearing = opening.result.transaction('files', 'readwrite').objectStore('files').clear();
            clearing.onsuccess = resolve;
          };
        }),
    );
    await page.reload();
    await page.getByRole('button', { name: 'Resume' }).first().click();
    const alert = failure(page, 'QS-STO-03');
    await expect(alert).toContainText('The saved copy of this model is gone: the browser removed it.');
    await expect(alert).toContainText('Drop the same files again to continue');
    await alert.getByRole('button', { name: 'Open the library' }).click();
    await drop(page, checkpointFiles());
    await expect(page).toHaveURL(/#\/recipe/);
    await page.goto('/#/run');
    await page.getByRole('button', { name: 'Resume' }).first().click();
    await waitForLayers(page, saved + 1);
  });
});

test.describe('tabs', () => {
  test('a second tab says that the run is going in the first one, and takes it over once that is closed', async ({
    page,
    context,
  }) => {
    const done = await pausedRun(page);
    const second = await openLibrary(context);
    const card = second.getByRole('region', { name: 'running in another tab' });
    await expect(card).toContainText(/is running in another tab: \d+ of \d+/);
    await expect(second.getByRole('table', { name: 'Stored runs' })).toContainText('running in another tab');
    // Neither is it offered to be resumed there, nor to be deleted.
    await expect(second.getByRole('button', { name: /Resume/ })).toHaveCount(0);
    await expect(second.getByRole('table', { name: 'Stored runs' }).getByRole('button')).toHaveCount(0);
    // Its figures so far can be read.
    await second.getByRole('link', { name: /^Show/ }).first().click();
    await expect(second.getByText('It is watched, paused and cancelled there.')).toBeVisible();
    await expect(second.getByRole('button', { name: 'Resume' })).toHaveCount(0);

    await page.getByRole('button', { name: 'Continue' }).click();
    await waitForLayers(page, done + 1);
    await page.close();
    await second.goto('/#/library');
    await expect(
      second.getByRole('heading', { name: /RTN and GPTQ.* stopped at \d+ of \d+ \(\d+ layers × 2 rows\)\./ }),
    ).toBeVisible();
    await expect(second.getByText('What was finished is saved.')).toBeVisible();
    await second.getByRole('button', { name: 'Resume' }).first().click();
    await waitForEnd(second);
  });

  test('a tab that does not know better is refused a run that another one holds', async ({ page, context }) => {
    const done = await pausedRun(page);
    const second = await context.newPage();
    await second.addInitScript(() => {
      navigator.locks.query = () => Promise.resolve({ held: [], pending: [] });
    });
    await second.goto('/#/library');
    const card = second.getByRole('region', { name: 'Resume' });
    await card.getByRole('button', { name: 'Delete' }).click();
    await expect(card).toBeHidden();
    // It is deleted when the deed stands, which is when it is refused.
    await second.getByRole('button', { name: 'Dismiss' }).click();
    await expect(failure(second, 'QS-RUN-03')).toContainText('Another tab is working on this run.');
    await card.getByRole('button', { name: 'Resume' }).click();
    await expect(second).toHaveURL(/#\/run\//);
    await expect(failure(second, 'QS-RUN-03').first()).toContainText('close that tab first');

    await page.getByRole('button', { name: 'Continue' }).click();
    await waitForLayers(page, done + 1);
  });

  test('a run is not resumed on another text, and the sentence names what changed', async ({ page }) => {
    await pausedRun(page);
    await page.reload();
    // The engine has read the old text once more, to plan; that must not be what it resumes on.
    await page.goto('/#/recipe');
    await expect(page.getByText(/\d+ × \d rows/)).toBeVisible();
    // From another screen, so that the recipe's comes when the files have been read.
    await page.goto('/#/library');
    const others = checkpointFiles().filter((path) => !String(path).endsWith('calibration.jsonl'));
    const changed = Buffer.from('{"text": "Another story altogether. It is a long one. "}\n'.repeat(200));
    await drop(page, [...others, { name: 'calibration.jsonl', bytes: changed }]);
    await expect(page).toHaveURL(/#\/recipe/);
    await page.goto('/#/library');
    await page.getByRole('button', { name: 'Resume' }).first().click();
    const alert = failure(page, 'QS-RUN-02');
    await expect(alert).toContainText('something it depends on has changed');
    await expect(alert).toContainText('because the calibration or held-out data changed since');
    await expect(alert.getByRole('button', { name: 'Open the recipe' })).toBeVisible();
  });
});

async function openLibrary(context: BrowserContext): Promise<Page> {
  const page = await context.newPage();
  await page.goto('/#/library');
  return page;
}
