/** What axe finds while a run is under way (all other states: axe.spec.ts), sizes of what is pressed, and motion. */
import { expect, test, type Page } from '@playwright/test';
import {
  COLOURS,
  checkpointFiles,
  findings,
  MOMENT,
  pause,
  SECONDS,
  startRun,
  tinyModel,
  waitForEnd,
  waitForLayers,
} from './studio';

/** Each screen with what shows that it is all there. */
const SCREENS: readonly (readonly [name: string, route: string, ready: (page: Page) => Promise<void>])[] = [
  ['library', '/#/library', (page) => expect(page.getByRole('table', { name: 'Stored runs' })).toBeVisible()],
  ['inspect', '/#/inspect', (page) => expect(page.getByRole('tree', { name: 'Tensors' })).toBeVisible()],
  ['recipe', '/#/recipe', (page) => expect(page.getByText(/\d+ × \d+ rows/)).toBeVisible()],
  ['run', '/#/run', expectChart],
  ['compare', '/#/compare', expectChart],
  [
    'lesson',
    '/#/lesson/residuals?c=7&m=rescomp&s=21&v=vectors,update,q,error',
    (page) => expect(page.getByRole('grid')).toBeVisible(),
  ],
];

async function expectChart(page: Page): Promise<void> {
  await expect(page.locator('.js-plotly-plot .trace')).toHaveCount(MOMENT.rows.length);
}

/** A finished run and its model in the browser's storage. */
async function finishedRun(page: Page): Promise<void> {
  await page.goto('/');
  await startRun(page, tinyModel(), MOMENT);
  await waitForEnd(page);
}

test('axe finds nothing while a run is under way', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/');
  await startRun(page, checkpointFiles(), SECONDS);
  await pause(page);
  expect.soft(await findings(page), 'paused run').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect.soft(await findings(page, COLOURS), 'paused run, dark').toEqual([]);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await expect(page.getByRole('alertdialog')).toBeVisible();
  expect.soft(await findings(page), 'question').toEqual([]);
});

test('no screen scrolls sideways at 320 pixels, and what is pressed is at least 24 pixels each way', async ({
  page,
}) => {
  await finishedRun(page);
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [name, route, ready] of SCREENS) {
      await page.goto(route);
      await ready(page);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(sideways, `${name} at ${width} px`).toBeLessThanOrEqual(0);
      expect.soft(await smallTargets(page), `${name} at ${width} px`).toEqual([]);
      expect.soft(await page.locator('.modebar-btn').count(), `${name}: Plotly's own buttons`).toBe(0);
    }
  }
});

/** Controls under 24 × 24 CSS pixels; links inside a sentence are exempt, as WCAG 2.5.8 says. */
function smallTargets(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('button, a, summary, select, input, [role=tab], [role=menuitem]')]
      .filter(
        (element) => element.checkVisibility({ visibilityProperty: true }) && !element.closest('.visually-hidden'),
      )
      .filter((element) => getComputedStyle(element).display !== 'inline')
      // A label around a box is pressed like the box.
      .map((element) => ({ element, box: (element.closest('label') ?? element).getBoundingClientRect() }))
      // A link that only the keyboard brings into view has its size then.
      .filter(({ box }) => box.bottom > 0 && (box.width < 24 || box.height < 24))
      .map(({ element, box }) => `${element.outerHTML.slice(0, 90)} is ${box.width} × ${box.height}`),
  );
}

test('nothing moves for whoever asked for less motion', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/');
  await startRun(page, tinyModel(), MOMENT);
  await waitForLayers(page, 1);
  const moving = () =>
    page.evaluate(() =>
      document.getAnimations().map((one) => `${one.constructor.name} ${String(one.effect?.getTiming().duration)}`),
    );
  expect(await moving()).toEqual([]);
  await waitForEnd(page);
  await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
  expect(await moving()).toEqual([]);
});
