/** The page in Chinese: chosen by the browser, by the address, by the person; and where a part of the words does not come. */
import { expect, test, type Page } from '@playwright/test';
import { compareWords } from '../src/app/compare/table-words.zh-CN';
import { residualWords } from '../src/app/lesson/residual/words.zh-CN';
import { words } from '../src/app/words.zh-CN';
import { findings } from './studio';

test.use({ locale: 'zh-CN' });

const heading = (page: Page) => page.getByRole('heading', { level: 1 });
const spoken = (page: Page) => page.locator('html').getAttribute('lang');

test('a Chinese browser gets the library, a lesson and Compare in Chinese, may change to English, and the choice stays', async ({
  page,
}) => {
  await page.emulateMedia({ reducedMotion: 'reduce' });
  await page.goto('/');
  await expect(heading(page)).toHaveText(words.library.heroTitle);
  expect(await spoken(page)).toBe('zh-CN');
  await expect(page).toHaveTitle(words.shell.title(words.shell.screens.library));
  expect.soft(await findings(page), 'library').toEqual([]);

  await page.goto('/#/lesson/residuals?c=3&m=gptq&s=2');
  await expect(heading(page)).toHaveText(residualWords.title);
  await expect(page.getByRole('heading', { level: 2, name: residualWords.chapters[2].title })).toBeVisible();
  await expect(page.getByTestId('lesson-says')).toContainText('第 1 行');
  expect.soft(await findings(page), 'lesson').toEqual([]);

  await page.goto('/#/compare');
  await expect(heading(page)).toHaveText(compareWords.title);
  await expect(page.getByRole('columnheader', { name: compareWords.columns.perplexity })).toBeVisible();
  expect.soft(await findings(page), 'compare').toEqual([]);

  await page.getByLabel(words.shell.language.label).selectOption('en');
  await expect(heading(page)).toHaveText('Compare');
  expect(await spoken(page)).toBe('en');
  await page.reload();
  await expect(heading(page)).toHaveText('Compare');

  // An address may ask for a language, for this visit alone.
  await page.goto('/?lang=zh-CN#/compare');
  await expect(heading(page)).toHaveText(compareWords.title);
  await page.goto('/#/compare');
  await expect(heading(page)).toHaveText('Compare');
});

test('words that do not come stay English, and the page says so', async ({ page }) => {
  // All parts but that of the first screen.
  await page.route(/\.zh-CN-[\w-]+\.js$/, (route) =>
    route.request().url().includes('/first.') ? route.continue() : route.abort(),
  );
  await page.goto('/#/lesson');
  await expect(heading(page)).toHaveText('Lessons');
  await expect(page.getByRole('link', { name: words.shell.screens.lesson })).toBeVisible();
  await expect(page.getByText(words.shell.language.missing)).toBeVisible();
});
