/** The rules of WCAG 2.2 AA that can be tested by machine, on every screen, in both themes, on a wide and a narrow window. */
import { expect, test, type Page } from '@playwright/test';
import {
  COLOURS,
  checkpointFiles,
  drop,
  failure,
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

for (const width of [1280, 360]) {
  test(`axe finds nothing on any screen at ${width} px, and no colour of either theme`, async ({ page }) => {
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await finishedRun(page);
    // As tall as any page: what lies half under a bar that stays can be scrolled out from under it.
    await page.setViewportSize({ width, height: 4000 });
    for (const [name, route, ready] of SCREENS) {
      await page.goto(route);
      await ready(page);
      expect.soft(await findings(page), name).toEqual([]);
      await page.emulateMedia({ colorScheme: 'dark' });
      expect.soft(await findings(page, COLOURS), `${name}, dark`).toEqual([]);
      await page.emulateMedia({ colorScheme: 'light' });
    }
  });
}

test('axe finds nothing in a failure, an open dialog, an open menu, and a run under way', async ({ page }) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/');
  await expect(page.locator('.js-plotly-plot .trace')).not.toHaveCount(0);
  expect.soft(await findings(page), 'first visit').toEqual([]);
  await drop(page, [{ name: 'model.safetensors', bytes: Buffer.from('<html></html>') }]);
  await expect(failure(page, 'QS-FILE-04')).toBeVisible();
  expect.soft(await findings(page), 'failure').toEqual([]);
  await page.getByRole('button', { name: 'How to check' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  expect.soft(await findings(page), 'dialog').toEqual([]);
  await page.keyboard.press('Escape');

  await startRun(page, checkpointFiles(), SECONDS);
  await pause(page);
  expect.soft(await findings(page), 'paused run').toEqual([]);
  await page.getByRole('button', { name: 'Continue' }).click();
  await waitForEnd(page);
  await page.getByRole('main').getByRole('link', { name: 'Compare' }).click();
  await page.getByRole('button', { name: 'Export GPTQ 3-bit' }).click();
  await expect(page.getByRole('menu')).toBeVisible();
  expect.soft(await findings(page), 'menu').toEqual([]);
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
