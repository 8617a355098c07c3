/** A teacher and a student: a lesson from its first chapter to its last by keys, a link for the class, a presentation. No GPU is asked for. */
import { expect, test } from '@playwright/test';
import { residualWords } from '../src/app/lesson/residual/words';
import { lessonWords } from '../src/app/lesson/words';

test('a lesson from the first chapter to the last by keyboard, a teacher’s link, a presentation', async ({
  page,
  context,
}) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/');
  const heading = page.getByRole('heading', { level: 1 });
  const says = page.getByTestId('lesson-says');
  const chapter = (n: number) => page.getByRole('heading', { level: 2, name: residualWords.chapters[n - 1].title });

  // The student comes by the first screen's second button.
  await page.getByRole('link', { name: 'Teach me, step by step' }).focus();
  await page.keyboard.press('Enter');
  await expect(heading).toHaveText(residualWords.title);
  await expect(heading).toBeFocused();
  await expect(says).toContainText('Nothing is rounded yet.');

  // Forwards, backwards, to both ends; the address follows.
  await page.keyboard.press('ArrowRight');
  await expect(says).toContainText('Column 1 is rounded.');
  await page.keyboard.press('End');
  await expect(says).toContainText('No column is left');
  await page.keyboard.press('ArrowLeft');
  await page.keyboard.press('ArrowLeft');
  await expect(says).toContainText('Column 16 is rounded.');
  await expect(page).toHaveURL(/[?&]s=46/);
  await page.keyboard.press('Home');
  await expect(says).toContainText('Nothing is rounded yet.');

  // Every chapter, with its question.
  const last = residualWords.chapters.length;
  for (let n = 2; n <= last; n++) {
    await page.keyboard.press('PageDown');
    await expect(chapter(n)).toBeFocused();
    await expect(page).toHaveURL(new RegExp(`[?&]c=${n}`));
    if (n === 5) {
      const drift = page.getByRole('button', { name: /^Drift/ });
      await expect(drift).toHaveAttribute('aria-pressed', 'true');
      await page.keyboard.press('2');
      await expect(drift).toHaveAttribute('aria-pressed', 'false');
      await expect(page.getByRole('radio', { name: 'GPTQ', exact: true }).first()).toBeChecked();
    }
  }
  await expect(page.getByTestId('seed-strip')).toContainText(/GPTQ ends below RTN in \d+ of 200 seeds/);
  const { answers, right } = residualWords.chapters[last - 1];
  await page.getByRole('radio', { name: answers[right].text }).press('Space');
  await expect(page.getByText(answers[right].why)).toBeVisible();

  // The scrubber says where it is; cells have names.
  await page.goBack();
  await expect(chapter(last - 1)).toBeVisible();
  const scrubber = page.getByRole('slider', { name: 'Step' });
  await scrubber.fill('15');
  await expect(scrubber).toHaveAttribute('aria-valuetext', /^Step 15 of 48\. \d+ later columns take it up/);
  const grid = page.getByRole('grid');
  await grid.getByRole('gridcell', { name: /^W, row 1, column 1, / }).focus();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('End');
  await expect(grid.getByRole('gridcell', { name: /^W, row 2, column 16, .*, changed by [+−]/ })).toBeFocused();

  // The teacher leaves the answers and the choice of method out, and gives the link away.
  await page.getByRole('button', { name: lessonWords.teacher.title }).click();
  await page.getByLabel(lessonWords.teacher.parts.answers).check();
  await page.getByLabel(lessonWords.teacher.parts.terms).check();
  await page.getByRole('button', { name: lessonWords.teacher.copy }).click();
  await expect(page.getByText(/^Copied, \d+ characters/)).toBeVisible();
  const link = await page.evaluate(() => navigator.clipboard.readText());

  const student = await context.newPage();
  await student.goto(link);
  await expect(student.getByRole('heading', { level: 2, name: residualWords.chapters[last - 2].title })).toBeVisible();
  await expect(student.getByRole('slider', { name: 'Step' })).toHaveValue('15');
  await expect(student.getByRole('radiogroup', { name: residualWords.method })).toHaveCount(0);
  await student.getByRole('radio', { name: residualWords.chapters[last - 2].answers[0].text }).check();
  await expect(student.getByText(residualWords.chapters[last - 2].answers[0].why)).toHaveCount(0);

  // For the projector, 1280 × 720 at 150 %: nothing but the lesson, the matrix in sight.
  await student.setViewportSize({ width: 853, height: 480 });
  await student.getByRole('link', { name: lessonWords.present }).click();
  await expect(student.getByRole('navigation', { name: 'Screens' })).toHaveCount(0);
  await expect(student.getByRole('gridcell', { name: /^W, row 4, column 16, / })).toBeInViewport();
  await student.getByRole('link', { name: lessonWords.leavePresent }).click();
  await expect(student.getByRole('navigation', { name: 'Screens' })).toBeVisible();

  // A damaged address opens what can be read of it, and says the rest.
  await student.goto('/#/lesson/residuals?c=3&s=9999&m=magic');
  await expect(student.getByText(/Not all of this address could be read.*s=9999, m=magic/)).toBeVisible();
  await student.goto('/#/lesson/nothing');
  await expect(student.getByText('There is no lesson “nothing”')).toBeVisible();
});
