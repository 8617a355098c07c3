/** A student goes through a lesson by keys alone; a teacher cuts it for the class, gives the link away, and presents. No GPU is asked for. */
import { expect, test, type Page } from '@playwright/test';
import { residualWords } from '../src/app/lesson/residual/words';
import { lessonWords } from '../src/app/lesson/words';
import { screenTitle, step } from './people';

const { chapters } = residualWords;
const LAST = chapters.length;
const GPTAQ_CHAPTER = 5;

const says = (page: Page) => page.getByTestId('lesson-says');
const scrubber = (page: Page) => page.getByRole('slider', { name: lessonWords.player.scrubber });
const chapter = (page: Page, n: number) => page.getByRole('heading', { level: 2, name: chapters[n - 1].title });

async function press(page: Page, ...keys: readonly string[]): Promise<void> {
  for (const key of keys) await page.keyboard.press(key);
}

test('a student goes through a lesson by keyboard, a teacher gives it away as a link and presents it', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);

  await step('The student comes by the first screen’s second button', async () => {
    await page.goto('/');
    await page.getByRole('link', { name: 'Teach me, step by step' }).focus();
    await press(page, 'Enter');
    await expect(screenTitle(page)).toHaveText(residualWords.title);
    await expect(screenTitle(page)).toBeFocused();
    await expect(says(page)).toContainText('Nothing is rounded yet.');
  });

  await step('She steps forwards, to the end, back, and to the beginning; the address follows', async () => {
    await press(page, 'ArrowRight');
    await expect(says(page)).toContainText('Column 1 is rounded.');
    await press(page, 'End');
    await expect(says(page)).toContainText('No column is left');
    await press(page, 'ArrowLeft', 'ArrowLeft');
    await expect(says(page)).toContainText('Column 16 is rounded.');
    await expect(page).toHaveURL(/[?&]s=46/);
    await press(page, 'Home');
    await expect(says(page)).toContainText('Nothing is rounded yet.');
  });

  for (let n = 2; n <= LAST; n++) {
    await step(`She turns to chapter ${n}: ${chapters[n - 1].title}`, async () => {
      await press(page, 'PageDown');
      await expect(chapter(page, n)).toBeFocused();
      await expect(page).toHaveURL(new RegExp(`[?&]c=${n}`));
      await expect(page.getByText(chapters[n - 1].question)).toBeVisible();
    });
    if (n !== GPTAQ_CHAPTER) continue;
    await step('She switches GPTAQ’s term off by its key, and it is GPTQ', async () => {
      const drift = page.getByRole('button', { name: /^Drift/ });
      await expect(drift).toHaveAttribute('aria-pressed', 'true');
      await press(page, '2');
      await expect(drift).toHaveAttribute('aria-pressed', 'false');
      await expect(page.getByRole('radio', { name: 'GPTQ', exact: true }).first()).toBeChecked();
    });
  }

  await step('All seeds say whether what she saw is typical, and she answers the last question', async () => {
    await expect(page.getByTestId('seed-strip')).toContainText(/GPTQ ends below RTN in \d+ of 200 seeds/);
    const { answers, right } = chapters[LAST - 1];
    await page.getByRole('radio', { name: answers[right].text }).press('Space');
    await expect(page.getByText(answers[right].why)).toBeVisible();
  });

  await step('One chapter back, the scrubber goes back and forth and says where it is', async () => {
    await page.goBack();
    await expect(chapter(page, LAST - 1)).toBeVisible();
    await scrubber(page).fill('30');
    await expect(scrubber(page)).toHaveAttribute('aria-valuetext', /^Step 30 of 48\./);
    const there = await says(page).textContent();
    await scrubber(page).fill('15');
    await expect(scrubber(page)).toHaveAttribute('aria-valuetext', /^Step 15 of 48\. \d+ later columns take it up/);
    await scrubber(page).fill('30');
    await expect(says(page)).toHaveText(there ?? '');
    await scrubber(page).fill('15');
  });

  await step('Each cell of the matrices has a name, and is reached by arrows', async () => {
    const grid = page.getByRole('grid');
    await grid.getByRole('gridcell', { name: /^W, row 1, column 1, / }).focus();
    await press(page, 'ArrowDown', 'End');
    await expect(grid.getByRole('gridcell', { name: /^W, row 2, column 16, .*, changed by [+−]/ })).toBeFocused();
  });

  const link = await step(
    'The teacher leaves the answers and the choice of method out, and copies the link',
    async () => {
      const { title, parts, copy } = lessonWords.teacher;
      await page.getByRole('button', { name: title }).click();
      await page.getByLabel(parts.answers).check();
      await page.getByLabel(parts.terms).check();
      await page.getByRole('button', { name: copy, exact: true }).click();
      await expect(page.getByText(/^Copied, \d+ characters/)).toBeVisible();
      return page.evaluate(() => navigator.clipboard.readText());
    },
  );

  const student = await context.newPage();
  await step('The class sees that chapter and that step, without what was left out', async () => {
    await student.goto(link);
    await expect(chapter(student, LAST - 1)).toBeVisible();
    await expect(scrubber(student)).toHaveValue('15');
    await expect(student.getByRole('radiogroup', { name: residualWords.method })).toHaveCount(0);
    await student.getByRole('radio', { name: chapters[LAST - 2].answers[0].text }).check();
    await expect(student.getByText(chapters[LAST - 2].answers[0].why)).toHaveCount(0);
  });

  await step(
    'For the projector, 1280 × 720 at 150 %, there is nothing but the lesson, the matrix in sight',
    async () => {
      await student.setViewportSize({ width: 853, height: 480 });
      await student.getByRole('link', { name: lessonWords.present }).click();
      await expect(student.getByRole('navigation', { name: 'Screens' })).toHaveCount(0);
      await expect(student.getByRole('gridcell', { name: /^W, row 4, column 16, / })).toBeInViewport();
      await student.getByRole('link', { name: lessonWords.leavePresent }).click();
      await expect(student.getByRole('navigation', { name: 'Screens' })).toBeVisible();
    },
  );

  await step('A damaged address opens what can be read of it, and says the rest', async () => {
    await student.goto('/#/lesson/residuals?c=3&s=9999&m=magic');
    await expect(student.getByText(/Not all of this address could be read.*s=9999, m=magic/)).toBeVisible();
    await student.goto('/#/lesson/nothing');
    await expect(student.getByText('There is no lesson “nothing”')).toBeVisible();
  });
});
