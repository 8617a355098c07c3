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
  const titles = new Set<string>();
  for (const width of [320, 1280]) {
    await page.setViewportSize({ width, height: 900 });
    for (const [name, route, ready] of SCREENS) {
      await page.goto(route);
      await ready(page);
      const sideways = await page.evaluate(() => document.documentElement.scrollWidth - window.innerWidth);
      expect.soft(sideways, `${name} at ${width} px`).toBeLessThanOrEqual(0);
      expect.soft(await smallTargets(page), `${name} at ${width} px`).toEqual([]);
      expect.soft(await page.locator('.modebar-btn').count(), `${name}: Plotly's own buttons`).toBe(0);
      titles.add(await page.title());
      const spaced = await page.addStyleTag({ content: SPACED });
      expect.soft(await clipped(page), `${name} at ${width} px, text spaced out`).toEqual([]);
      await spaced.evaluate((style) => (style as Element).remove());
    }
  }
  // Each screen has a name of its own in the tab.
  expect(titles.size).toBe(SCREENS.length);
});

/** As far as readers may space text out without losing any (WCAG 1.4.12). */
const SPACED = `* { line-height: 1.5 !important; letter-spacing: 0.12em !important; word-spacing: 0.16em !important; }
  p { margin-bottom: 2em !important; }`;

/** Texts that their own box cuts off, but for those that end in three dots and have their whole in a title or a name. */
function clipped(page: Page): Promise<string[]> {
  return page.evaluate(() =>
    [...document.querySelectorAll<HTMLElement>('main *, header *, nav *')]
      .filter((element) => element.checkVisibility({ visibilityProperty: true }) && element.closest('svg') === null)
      .filter((element) => [...element.childNodes].some((node) => node.nodeType === 3 && node.nodeValue?.trim() !== ''))
      .filter((element) => !element.closest('.visually-hidden, select, [aria-hidden=true]'))
      .filter((element) => {
        const { overflowX, overflowY, textOverflow } = getComputedStyle(element);
        const wide =
          overflowX === 'hidden' && textOverflow !== 'ellipsis' && element.scrollWidth > element.clientWidth + 1;
        return wide || (overflowY === 'hidden' && element.scrollHeight > element.clientHeight + 1);
      })
      .map((element) => element.outerHTML.slice(0, 120)),
  );
}

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
