/** What Compare does with a large result: 1 000 layers and 16 rows, made up, opened as a file from the disk; good are tasks under 200 ms. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from '@playwright/test';
import { fakeResult } from '../src/app/testing/fake-figures';
import type { RunResult } from '../src/run/events';
import { resultsText } from '../src/run/figure-files';

export const LAYERS = 1000;
export const ROWS = 16;

/** Errors span decades from layer to layer, and rows keep near to each other. */
function largeResult(): RunResult {
  const result = fakeResult();
  const layers = Array.from({ length: LAYERS }, (_, index) => ({
    ...{ index, block: Math.floor(index / 7), name: `model.layers.${Math.floor(index / 7)}.linear_${index % 7}` },
    ...{ rows: 4096, cols: 4096 },
  }));
  const rows = Array.from({ length: ROWS }, (_, row) => ({
    ...result.plan.rows[0],
    ...{ row, method: row === 0 ? 'rtn' : 'gptq', label: row === 0 ? 'RTN 3-bit' : `GPTQ 3-bit g${8 * row}` },
    baseline: row === 0,
  }));
  return {
    ...result,
    plan: { ...result.plan, blocks: Math.ceil(LAYERS / 7), layers, rows },
    layers: rows.flatMap(({ row }) =>
      layers.map(({ index, name }) => {
        const error = 10 ** (Math.sin(index) - 2 - row / 40);
        return {
          ...result.layers[0],
          ...{ row, layer: index, name },
          errors: { weight: error, hessian: error, output: error, heldOutOutput: error },
        };
      }),
    ),
    rows: rows.map(({ row }) => ({ ...result.rows[0], row })),
  };
}

/** From the file's opening until the chart stands, and for each change of what it shows. `observe` has begun to record tasks. */
export async function largeChart(page: Page): Promise<{ readonly what: string; readonly longest: number }[]> {
  const longest = async (act: () => Promise<void>) => {
    const begin = await page.evaluate(() => performance.now());
    await act();
    await page.waitForTimeout(3000);
    return page.evaluate((from) => {
      const { tasks } = (globalThis as unknown as { records: { tasks: { at: number; took: number }[] } }).records;
      return Math.max(0, ...tasks.filter(({ at }) => at >= from).map(({ took }) => took));
    }, begin);
  };
  const press = (name: string | RegExp) => () => page.getByRole('radio', { name }).click();
  await page.goto('/#/compare');
  await page.locator('.js-plotly-plot').first().waitFor();
  await page.waitForTimeout(2000);
  // From the disk, as a person's would be: bytes that are handed over are unpacked in the page, in one task of a second.
  const folder = await mkdtemp(join(tmpdir(), 'quantelier-large-'));
  const file = join(folder, 'large.json');
  await writeFile(file, resultsText(largeResult()));
  const open = async () => {
    await page.locator('input[type=file]').first().setInputFiles(file);
    await page.getByText('GPTQ 3-bit g120').first().waitFor();
  };
  const told = [
    { what: 'opened', longest: await longest(open) },
    { what: 'ratios', longest: await longest(press(/^Ratio/)) },
    { what: 'differences', longest: await longest(press(/^Difference/)) },
    { what: 'absolute', longest: await longest(press('Absolute')) },
    {
      what: 'layer by layer',
      longest: await longest(() => page.locator('summary', { hasText: 'Other views' }).click()),
    },
  ];
  await rm(folder, { recursive: true });
  return told;
}
