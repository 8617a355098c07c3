/**
 * `npm run screenshots`: every screen in both themes, wide and narrow, into docs/screens, and the page that shows them all, docs/screens.md.
 * Built page, software GPU, a profile of its own. Words choose some screens by name; `--whole` takes pages to their ends, into a
 * folder of its own that is not kept, for whoever looks them over. What a run took and when is in the pictures, so these differ each time.
 */
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from '@playwright/test';
import { build, preview } from 'vite';
import { SCREENS } from './screens.mjs';
import { browserEnvironment } from './software-gpu.mjs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const words = process.argv.slice(2);
const whole = words.includes('--whole');
const chosen = words.filter((word) => !word.startsWith('--'));
const folder = join(root, whole ? 'test-results/screens' : 'docs/screens');

const THEMES = ['light', 'dark'];
/** By width, how much of a page is shown. */
const CUT = { 1280: 1000, 360: 1200 };
const HEIGHTS = whole ? { 1280: 6000, 360: 9000 } : CUT;
const LARGEST = 150_000;
const PICTURE = whole ? { format: 'png' } : { format: 'webp', quality: 82 };

const unknown = chosen.filter((name) => !SCREENS.some((screen) => screen.name === name));
if (unknown.length > 0) {
  console.error(`There is no screen ${unknown.join(', ')}: ${SCREENS.map(({ name }) => name).join(', ')}.`);
  process.exit(2);
}
const screens = SCREENS.filter(({ name }) => chosen.length === 0 || chosen.includes(name)).sort(
  (a, b) => Number(a.last ?? false) - Number(b.last ?? false),
);

Object.assign(process.env, await browserEnvironment());
if (process.env.QUANTELIER_BUILT !== '1') await build({ root, logLevel: 'warn' });
const server = await preview({ root, logLevel: 'warn', preview: { port: 0, host: 'localhost', open: false } });
const browser = await chromium.launch({
  executablePath: process.env.QUANTELIER_CHROMIUM,
  args: [
    '--no-sandbox',
    '--enable-unsafe-webgpu',
    '--use-webgpu-adapter=swiftshader',
    '--disable-background-networking',
  ],
});
try {
  await mkdir(folder, { recursive: true });
  const base = `http://localhost:${server.httpServer.address().port}`;
  const context = await browser.newContext({ baseURL: base, serviceWorkers: 'block', reducedMotion: 'reduce' });
  const page = await context.newPage();
  const taken = [];
  for (const screen of screens) {
    await page.setViewportSize({ width: 1280, height: 900 });
    await screen.show(page);
    for (const theme of THEMES)
      for (const width of Object.keys(HEIGHTS)) taken.push(await take(page, screen, theme, Number(width)));
    await screen.leave?.(page);
    console.log(
      `${screen.name}: ${taken
        .slice(-4)
        .map(({ bytes }) => `${Math.round(bytes / 1000)} kB`)
        .join(', ')}`,
    );
  }
  if (!whole && chosen.length === 0) await keepOnly(taken.map(({ file }) => file));
  if (!whole) await writeFile(join(root, 'docs/screens.md'), pageOf(SCREENS));
  const large = taken.filter(({ bytes }) => bytes > LARGEST);
  console.log(
    `${taken.length} pictures, ${Math.round(taken.reduce((sum, { bytes }) => sum + bytes, 0) / 1000)} kB, in ${folder}`,
  );
  if (!whole && large.length > 0) {
    console.error(`Above ${LARGEST} bytes: ${large.map(({ file, bytes }) => `${file} (${bytes})`).join(', ')}`);
    process.exitCode = 1;
  }
} finally {
  await browser.close();
  await server.close();
}

/** One picture. The window is as high as the picture, so that nothing is scrolled and bars are where they belong. */
async function take(page, screen, theme, width) {
  await page.emulateMedia({ colorScheme: theme, reducedMotion: 'reduce' });
  await page.setViewportSize({ width, height: 640 });
  await screen.settle?.(page);
  const high = await page.evaluate(() => Math.max(document.body.scrollHeight, document.documentElement.scrollHeight));
  const height = screen.window ? CUT[width] : Math.min(high, HEIGHTS[width]);
  await page.setViewportSize({ width, height });
  await page.evaluate(() => window.scrollTo(0, 0));
  await screen.settle?.(page);
  // Charts draw themselves anew for the width.
  await page.waitForTimeout(500);
  const session = await page.context().newCDPSession(page);
  const { data } = await session.send('Page.captureScreenshot', PICTURE);
  await session.detach();
  const file = `${screen.name}-${theme}-${width}.${PICTURE.format}`;
  const bytes = Buffer.from(data, 'base64');
  await writeFile(join(folder, file), bytes);
  return { file, bytes: bytes.length };
}

/** Pictures of screens that are no more. */
async function keepOnly(files) {
  for (const name of await readdir(folder)) if (!files.includes(name)) await rm(join(folder, name));
}

function pageOf(all) {
  const picture = ({ name, title }, theme, width) =>
    `  <img src="screens/${name}-${theme}-${width}.webp" alt="${title}, ${theme}, ${width} pixels wide" width="${width > 800 ? 49 : 24}%" />`;
  const part = (screen) => {
    const pictures = Object.keys(HEIGHTS)
      .toReversed()
      .map((width) => THEMES.map((theme) => picture(screen, theme, Number(width))));
    return [`## ${screen.title}`, screen.about, ['<p>', ...pictures.flat(), '</p>'].join('\n')].join('\n\n');
  };
  const lead =
    'Made by `npm run screenshots` in Chromium on the software GPU: each screen in both themes, 1280 and 360 pixels wide, cut where it goes on.';
  return `${['# The screens', lead, ...all.map(part)].join('\n\n')}\n`;
}
