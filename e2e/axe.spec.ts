/**
 * The rules of WCAG 2.2 AA that can be tested by machine, in every state of the page (states.ts). Every state is looked at on a wide or a
 * narrow window, by turns, in the light theme, and its colours in the dark one; `npm run axe` looks at all of them on both.
 */
import { expect, test, type Page } from '@playwright/test';
import { STATES, WORLDS, type World } from './states';
import { COLOURS, findings, MOMENT, startRun, tinyModel, waitForEnd } from './studio';

const WHOLE = process.env.QUANTELIER_AXE === 'whole';
const WIDTHS = [1280, 360] as const;

/** As tall as any page: what lies half under a bar that stays can be scrolled out from under it. */
const HEIGHT = 4000;

const PREPARE: Readonly<Record<World, (page: Page) => Promise<void>>> = {
  'first visit': async () => {},
  'no WebGPU': async (page) => {
    await page.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
  },
  'sample open': async (page) => {
    await page.goto('/#/library');
    await page
      .getByRole('row', { name: /^Stories 1M/ })
      .getByRole('button', { name: /^Open/ })
      .click();
    await expect(page).toHaveURL(/#\/recipe/, { timeout: 60_000 });
  },
  'finished run': async (page) => {
    await page.goto('/');
    await startRun(page, tinyModel(), MOMENT);
    await waitForEnd(page);
  },
};

/** States that one test goes through: several side by side keep all cores busy. */
const MOST = 10;

const wanted = STATES.filter(({ alike }) => WHOLE || !alike);
const parts = WORLDS.flatMap((world) => {
  const states = wanted.filter((state) => state.world === world);
  return Array.from({ length: Math.ceil(states.length / MOST) }, (_, i) => ({
    ...{ world, states: states.slice(i * MOST, (i + 1) * MOST) },
    title: `${world}, from ${states[i * MOST].name} on`,
  }));
});

for (const { world, states, title } of parts) {
  test(`axe finds nothing in any state: ${title}`, async ({ page }) => {
    test.setTimeout(900_000);
    await page.emulateMedia({ colorScheme: 'light', reducedMotion: 'reduce' });
    await page.setViewportSize({ width: WIDTHS[0], height: HEIGHT });
    await PREPARE[world](page);
    for (const [i, { name, show }] of states.entries()) {
      for (const width of WHOLE ? WIDTHS : [WIDTHS[i % WIDTHS.length]]) {
        await test.step(`${name}, ${width} px`, async () => {
          await page.setViewportSize({ width, height: HEIGHT });
          await show(page);
          expect.soft(await findings(page), `${name}, ${width} px`).toEqual([]);
          await page.emulateMedia({ colorScheme: 'dark' });
          expect.soft(await findings(page, COLOURS), `${name}, ${width} px, dark`).toEqual([]);
          await page.emulateMedia({ colorScheme: 'light' });
        });
      }
    }
  });
}
