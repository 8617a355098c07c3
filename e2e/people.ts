/** What the scripts of the three persons share: steps that are read as sentences, and what more than one of them does. */
import { expect, test, type Browser, type Locator, type Page } from '@playwright/test';
import type { RunResult } from '../src/run/events';
import { decodeLink } from '../src/store/link';
import { otherBrowser } from './studio';

/** One sentence of a script. */
export const step = test.step;

export const screenTitle = (page: Page) => page.getByRole('heading', { level: 1 });

/** Collects what went wrong behind the screen: errors of the page, and requests that leave its origin. */
export function listenForTrouble(page: Page): readonly string[] {
  const trouble: string[] = [];
  page.on('pageerror', (error) => trouble.push(error.message));
  page.on('console', (message) => message.type() === 'error' && trouble.push(message.text()));
  page.on('request', (request) => {
    const { protocol, hostname } = new URL(request.url());
    if (!['blob:', 'data:'].includes(protocol) && hostname !== 'localhost') trouble.push(`request to ${request.url()}`);
  });
  return trouble;
}

/** Opens the dialog of the run or link in front, and waits for the link. */
export async function openShare(page: Page): Promise<{ dialog: Locator; link: Locator }> {
  await page.getByRole('main').getByRole('button', { name: 'Share' }).click();
  const dialog = page.getByRole('dialog', { name: 'Share' });
  const link = dialog.getByRole('textbox', { name: 'Link, ready to be copied' });
  await expect(link).toHaveValue(/#\/c\/1\./);
  return { dialog, link };
}

/** What a link holds: the text behind '#/c/'. */
export const payloadOf = (link: string) => link.slice(link.indexOf('#/c/') + 4);

export function resultInLink(link: string): RunResult {
  const { result, fault } = decodeLink(payloadOf(link));
  if (result === null) throw new Error(`no figures in the link: ${fault ?? 'none were put in'}`);
  return result;
}

/** A phone's window in a browser that has no WebGPU. Closing the browser is the caller's. */
export async function phoneWithoutWebGPU(baseURL: string | undefined): Promise<{ browser: Browser; phone: Page }> {
  const browser = await otherBrowser('--disable-features=WebGPU');
  const context = await browser.newContext({
    viewport: { width: 360, height: 780 },
    hasTouch: true,
    serviceWorkers: 'block',
    baseURL,
  });
  const phone = await context.newPage();
  await phone.addInitScript(() => Object.defineProperty(navigator, 'gpu', { value: undefined }));
  return { browser, phone };
}

/** By how many pixels a page is wider than its window. */
export const overflow = (page: Page) =>
  page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
