/** What stands inside another page: a chart out of a link, a step of a lesson. Neither touches storage or GPU; both tell their height. */
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test, type Page } from '@playwright/test';
import { residualWords } from '../src/app/lesson/residual/words';
import { lessonWords } from '../src/app/lesson/words';
import type { RunResult } from '../src/run/events';
import { encodeLink } from '../src/store/link';
import { overflow } from './people';
import { findings } from './studio';

const SAMPLE = new URL('../src/app/precomputed/sample-run.json', import.meta.url);
const result = JSON.parse(readFileSync(SAMPLE, 'utf8')) as RunResult;
const linked = () => encodeLink({ recipe: result.recipe, sample: 'stories-1m', result });

/** Storage and GPU say who asked for them, and give nothing. */
async function watchWhatIsTouched(page: Page): Promise<void> {
  await page.addInitScript(() => {
    const touched: string[] = [];
    Object.assign(window, { touched });
    for (const name of ['indexedDB', 'localStorage', 'sessionStorage', 'caches'] as const) {
      Object.defineProperty(window, name, {
        get() {
          touched.push(name);
          throw new DOMException(name, 'SecurityError');
        },
      });
    }
    Object.defineProperty(navigator, 'gpu', { get: () => void touched.push('gpu') });
  });
}

async function expectNothingTouched(page: Page): Promise<void> {
  expect(await page.evaluate(() => (window as unknown as { touched: string[] }).touched)).toEqual([]);
  expect(page.workers()).toHaveLength(0);
}

/** The height that the page around is told. */
async function heightToldOf(page: Page, address: string): Promise<() => Promise<number>> {
  const server = createServer((_, response) => {
    response.setHeader('content-type', 'text/html');
    response.end(
      `<script>onmessage = (event) => (window.height = event.data.height)</script>
       <iframe title="embedded" src="${address}" width="600" height="100"></iframe>`,
    );
  });
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
  server.closeAllConnections();
  server.close();
  return () => page.evaluate(() => (window as unknown as { height?: number }).height ?? 0);
}

test('an embedded chart touches no storage and no GPU, and tells its height', async ({ page, baseURL }) => {
  await watchWhatIsTouched(page);
  await page.goto(`/#/e/${linked()}?theme=dark`);
  await expect(page.getByRole('figure')).toBeVisible();
  await expect(page.getByText(/GPTAQ .*lowest/)).toBeVisible();
  const open = page.getByRole('link', { name: 'Open in the studio' });
  await expect(open).toHaveAttribute('href', new RegExp('#/c/1\\.'));
  expect(await page.evaluate(() => document.documentElement.dataset.theme)).toBe('dark');
  await expectNothingTouched(page);
  expect(await findings(page)).toEqual([]);
  await expect.poll(await heightToldOf(page, `${baseURL}/#/e/${linked()}`)).toBeGreaterThan(300);
});

test('an embedded step of a lesson is stepped through where it stands, and leads back to the studio', async ({
  page,
  baseURL,
}) => {
  await watchWhatIsTouched(page);
  const address = '/#/e/lesson/residuals?c=3&s=2&m=gptq&v=vectors,update&h=terms&theme=dark';
  await page.goto(address);
  const says = page.getByTestId('lesson-says');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(residualWords.chapters[2].title);
  await expect(page.getByRole('grid')).toBeVisible();
  const figure = await page.getByRole('grid').boundingBox();
  expect(figure?.width, 'the figure has the width there is').toBeGreaterThan(1000);
  const before = await says.textContent();
  await page.getByRole('button', { name: lessonWords.player.forward }).click();
  await expect(says).not.toHaveText(before ?? '');
  await page.keyboard.press('ArrowLeft');
  await expect(says).toHaveText(before ?? '');
  // Keys of other chapters, and what changes the figure, are the studio's.
  await page.keyboard.press('PageDown');
  await page.keyboard.press('End');
  await expect(says).toContainText('No column is left');
  await expect(page.getByRole('heading', { level: 1 })).toContainText(residualWords.chapters[2].title);
  await expect(page.getByRole('group', { name: residualWords.settings.title })).toHaveCount(0);
  expect(page.url()).toContain(address);
  const open = page.getByRole('link', { name: lessonWords.openInStudio });
  await expect(open).toHaveAttribute('href', '#/lesson/residuals?c=3&s=48&m=gptq&v=vectors,update&h=terms');
  await expectNothingTouched(page);
  await page.setViewportSize({ width: 360, height: 800 });
  expect(await findings(page)).toEqual([]);
  expect(await overflow(page)).toBeLessThanOrEqual(0);
  for (const lesson of ['codebooks?c=2&s=3', 'rotation?c=4&s=2']) {
    await page.goto(`/#/e/lesson/${lesson}`);
    await expect(says).toBeVisible();
  }
  await page.goto('/#/e/lesson/nothing');
  await expect(page.getByRole('alert')).toContainText('There is no lesson “nothing”');
  await expectNothingTouched(page);
  await expect.poll(await heightToldOf(page, `${baseURL}${address}`)).toBeGreaterThan(300);
});
