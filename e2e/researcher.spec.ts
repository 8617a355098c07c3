/** The researcher: her own checkpoint, looked into, quantized by four methods; a table and a figure for the paper, a link for its readers, the weights. */
import { expect, test } from '@playwright/test';
import { METRICS_BY_WEIGHT, ERROR_ROUNDING } from '../src/store/link-results';
import type { RunResult } from '../src/run/events';
import { listenForTrouble, openShare, resultInLink, screenTitle, step } from './people';
import {
  bytesOf,
  checkpointFiles,
  drop,
  exportFigures,
  exportRow,
  finishedLayers,
  part,
  pressRun,
  waitForEnd,
} from './studio';

const METHODS = ['RTN', 'GPTQ', 'GPTAQ', 'ResComp'];
const LAYERS = 35;

const read = (json: Buffer) => JSON.parse(json.toString('utf8')) as RunResult;

/** What of a result must not depend on when it was computed. */
function figures({ layers, blocks, rows }: RunResult) {
  return {
    layers: layers.map(({ row, layer, errors, status }) => ({ row, layer, errors, status })),
    blocks,
    rows: rows.map(({ perplexity, kl }) => ({ perplexity, kl })),
  };
}

test('a researcher inspects and quantizes her checkpoint, is interrupted, and takes a table, a figure, a link and the weights home', async ({
  page,
}) => {
  const trouble = listenForTrouble(page);
  const results = () => exportFigures(page, /Results/).then(bytesOf);

  await step('She opens the page: a finished comparison is there before anything is asked of her', async () => {
    await page.goto('/');
    await expect(screenTitle(page)).toHaveText('See where quantization error goes.');
    await expect(page.getByText('precomputed').first()).toBeVisible();
  });

  await step(
    'She drops her checkpoint anywhere on the page, and the recipe opens on it: four methods at 3 bits',
    async () => {
      await drop(page, checkpointFiles());
      await expect(page).toHaveURL(/#\/recipe/);
      await expect(page.getByText(`${LAYERS} × ${METHODS.length} rows`)).toBeVisible({ timeout: 60_000 });
    },
  );

  await step(
    'She looks into it first: one tensor, how its values are spread, and whether all of the file is finite',
    async () => {
      await page.getByRole('link', { name: 'Inspect the model' }).click();
      await expect(screenTitle(page)).toHaveText(/^Inspect /);
      await page.getByRole('button', { name: 'Read it through' }).click();
      await expect(page.getByText(/were read: every value is finite/)).toBeVisible();
      await page.getByRole('searchbox', { name: 'Filter' }).fill('layers.1.mlp.up_proj');
      await page.getByRole('treeitem', { name: /up_proj/ }).click();
      const tensor = page.getByRole('region', { name: 'model.layers.1.mlp.up_proj.weight' });
      await expect(tensor.getByText('Kurtosis (normal: 3)')).toBeVisible();
      await expect(tensor.getByText(/finite values in 128 equal bins/)).toBeVisible();
    },
  );

  await step('A few windows will do for a first look; she runs it and watches four lines grow', async () => {
    await page.getByRole('button', { name: 'Quantize it' }).click();
    await part(page, 'Calibration').getByLabel('Windows').fill('4');
    await part(page, 'Held-out').getByLabel('Windows').fill('4');
    await pressRun(page);
    const lines = page.locator('.js-plotly-plot .scatterlayer .trace');
    await expect(lines).toHaveCount(METHODS.length, { timeout: 120_000 });
    await expect.poll(() => finishedLayers(page), { timeout: 120_000 }).toBeGreaterThanOrEqual(20);
  });

  await step('She looks at another tab meanwhile, and is told what that costs', async () => {
    await page.evaluate(() => {
      Object.defineProperty(document, 'visibilityState', { value: 'hidden', configurable: true });
      document.dispatchEvent(new Event('visibilitychange'));
    });
    await expect(page.getByText('Browsers slow down hidden tabs')).toBeVisible();
  });

  await step('She pauses at a layer’s end, reloads the tab, and goes on', async () => {
    await page.getByRole('button', { name: 'Pause' }).click();
    await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
    expect(await finishedLayers(page)).toBeLessThan(LAYERS * METHODS.length);
    await page.reload();
    await page.getByRole('button', { name: 'Resume' }).first().click();
    await waitForEnd(page);
  });

  const resumed = await step('The comparison stands, and its results go into a file', async () => {
    await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
    await expect(screenTitle(page)).toHaveText('Compare');
    for (const method of METHODS) {
      await expect(page.getByRole('row', { name: new RegExp(`${method} 3-bit`) }).first()).toBeVisible();
    }
    const file = await results();
    expect(read(file).layers).toHaveLength(LAYERS * METHODS.length);
    return file;
  });

  await step('The table goes into her paper as LaTeX, with a line a method', async () => {
    const table = (await exportFigures(page, 'LaTeX (booktabs)').then(bytesOf)).toString();
    expect(table).toContain('\\toprule');
    for (const { label } of read(resumed).plan.rows) expect(table).toMatch(new RegExp(`^${label} & .*\\\\\\\\$`, 'm'));
  });

  const link = await step(
    'The link for its readers holds the results, is short, and its numbers are the run’s',
    async () => {
      const { dialog, link } = await openShare(page);
      await expect(dialog.getByText(`error values of ${LAYERS} layers and ${METHODS.length} rows`)).toBeVisible();
      const address = await link.inputValue();
      await page.keyboard.press('Escape');
      expect(address.length).toBeLessThanOrEqual(4096);
      const [linked, run] = [resultInLink(address), read(resumed)];
      expect(linked.layers).toHaveLength(run.layers.length);
      for (const { row, layer, errors } of run.layers) {
        const other = linked.layers.find((one) => one.row === row && one.layer === layer);
        for (const metric of METRICS_BY_WEIGHT) {
          const ratio = (other?.errors[metric] ?? NaN) / (errors[metric] ?? NaN);
          expect(Math.abs(ratio - 1), `${row} ${layer} ${metric}`).toBeLessThanOrEqual(ERROR_ROUNDING * (1 + 1e-9));
        }
      }
      return address;
    },
  );
  expect(resultInLink(link).model.fingerprint).toBe(read(resumed).model.fingerprint);

  const weights = await step('The weights come home, re-read before they are offered', async () => {
    const [file] = await exportRow(page, 'Export ResComp 3-bit', /dequantized/);
    await expect(page.getByText(/Largest difference after re-reading/)).toBeVisible();
    return bytesOf(file);
  });

  await step('The figure is an SVG that opens again, with every number of the run', async () => {
    const figure = await exportFigures(page, /^Figure \(SVG\)/).then(bytesOf);
    expect(figure.length).toBeLessThan(80_000);
    await drop(page, [{ name: 'figure.svg', bytes: figure }]);
    await expect(page).toHaveURL(/#\/compare\/file/);
    await expect(page.getByRole('row', { name: /ResComp 3-bit/ }).first()).toBeVisible();
    expect((await results()).equals(resumed), 'results out of the figure').toBe(true);
  });

  await step('Two of the rows alone, without an interruption, give the same numbers to the last bit', async () => {
    await page.goto('/#/recipe');
    for (const row of [4, 3]) await page.getByRole('button', { name: `Delete row ${row}` }).click();
    await pressRun(page);
    await waitForEnd(page);
    await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
    const alone = figures(read(await results()));
    const all = figures(read(resumed));
    const kept = new Set(alone.layers.map(({ row }) => row));
    expect(kept.size).toBe(2);
    expect(alone.layers).toEqual(all.layers.filter(({ row }) => kept.has(row)));
    expect(alone.blocks).toEqual(all.blocks.filter(({ row }) => kept.has(row)));
    expect(alone.rows).toEqual(all.rows.slice(0, 2));
  });

  await step('Dropped onto the page, the exported weights open as a model', async () => {
    const others = checkpointFiles().filter((path) => !path.endsWith('model.safetensors'));
    await page.goto('/#/library');
    await drop(page, [{ name: 'model.safetensors', bytes: weights }, ...others]);
    await expect(page).toHaveURL(/#\/recipe/);
    await expect(page.getByText(`${LAYERS} × 2 rows`)).toBeVisible({ timeout: 60_000 });
  });

  expect(trouble, 'errors, and requests that leave the origin').toEqual([]);
});
