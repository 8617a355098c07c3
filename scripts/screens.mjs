/** The screens of which pictures are made: name, what it is, and how one gets there from the screen before. */
import { readFileSync } from 'node:fs';
import { deflateRawSync } from 'node:zlib';
import { expect } from '@playwright/test';

const SAMPLE_RUN = new URL('../src/app/precomputed/sample-run.json', import.meta.url);

const main = (page) => page.getByRole('main');
const drawn = (page) => expect(page.locator('.js-plotly-plot .trace')).not.toHaveCount(0, { timeout: 60_000 });
const go = async (page, hash) => {
  await page.goto(`/${hash}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
};

/** The sample's own recipe: on less text the figures would be those of no use that anybody should make of it. */
const recipeLink = () => {
  const { recipe } = JSON.parse(readFileSync(SAMPLE_RUN, 'utf8'));
  return `#/c/1.${deflateRawSync(JSON.stringify({ recipe, sample: 'stories-1m' })).toString('base64url')}`;
};

async function drop(page, name, text) {
  const transfer = await page.evaluateHandle(
    ([name, text]) => {
      const data = new DataTransfer();
      data.items.add(new File([text], name));
      return data;
    },
    [name, text],
  );
  for (const type of ['dragenter', 'dragover', 'drop'])
    await page.dispatchEvent('body', type, { dataTransfer: transfer });
}

/** The fragment of the sample's link with results, as the dialog offers it. */
async function linkOfSample(page) {
  if (link !== '') return link;
  await openShare(page);
  const text = await page.getByRole('textbox', { name: 'Link, ready to be copied' }).inputValue();
  await page.keyboard.press('Escape');
  return (link = text.slice(text.indexOf('#')));
}

let link = '';

async function openShare(page) {
  await go(page, '#/compare/sample');
  await drawn(page);
  await main(page).getByRole('button', { name: 'Share' }).click();
  await expect(page.getByRole('textbox', { name: 'Link, ready to be copied' })).toHaveValue(/#\/c\/1\./);
}

/** The sample that recipe and inspection are of, opened from the library. */
async function openSample(page) {
  await go(page, '#/library');
  await page
    .getByRole('row', { name: /^Stories 1M/ })
    .getByRole('button', { name: /^Open/ })
    .click();
  await expect(page).toHaveURL(/#\/recipe/, { timeout: 60_000 });
}

export const SCREENS = [
  {
    name: 'library',
    title: 'Library',
    about: 'What the first visit shows: a finished comparison, samples, and a place to drop a checkpoint.',
    show: async (page) => {
      await go(page, '');
      await drawn(page);
    },
  },
  {
    name: 'recipe',
    title: 'Recipe',
    about: 'Rows to compare, each a method with its steps, the data, and what the run will take.',
    show: async (page) => {
      await openSample(page);
      await expect(page.getByText(/\d+ × \d+ rows/)).toBeVisible({ timeout: 60_000 });
    },
  },
  {
    name: 'run',
    // With a run at hand the library and Compare would show that one.
    last: true,
    title: 'Run',
    about: 'Errors of each layer as they come, the queue of layers, and what the run does now; here it is paused.',
    show: async (page) => {
      await page.goto(`/${recipeLink()}`);
      const run = main(page).getByRole('button', { name: 'Run', exact: true });
      await expect(run).toBeEnabled({ timeout: 60_000 });
      await run.click();
      await expect(page.getByText(/^([6-9]\d|1[0-3]\d) of 140/).first()).toBeVisible({ timeout: 500_000 });
      await page.getByRole('button', { name: 'Pause' }).click();
      await expect(page.getByText('Paused', { exact: true }).first()).toBeVisible({ timeout: 60_000 });
    },
  },
  {
    name: 'compare',
    title: 'Compare',
    about: 'A finished run: which row leaves how much error where, with intervals, and who may be called best.',
    show: async (page) => {
      await go(page, '#/compare/sample');
      await drawn(page);
    },
  },
  {
    name: 'share',
    title: 'Share',
    about: 'What goes into a link, exactly, before it is copied.',
    window: true,
    show: openShare,
    leave: (page) => page.keyboard.press('Escape'),
  },
  {
    name: 'results',
    title: 'A link with results',
    about: 'The author’s numbers, read by whoever follows the link, and what it takes to run the same here.',
    show: async (page) => {
      await go(page, await linkOfSample(page));
      await drawn(page);
    },
  },
  {
    name: 'inspect',
    title: 'Inspect a checkpoint',
    about: 'Its tensors, what the file says of itself, and what a run would do with each.',
    show: async (page) => {
      await openSample(page);
      await go(page, '#/inspect/sample-stories-1m');
      await expect(page.getByRole('tree', { name: 'Tensors' })).toBeVisible();
    },
  },
  {
    name: 'inspect-tensor',
    title: 'Inspect a tensor',
    about: 'How its values are spread, how large each column gets, where the large values are.',
    show: async (page) => {
      await openSample(page);
      await go(page, '#/inspect/sample-stories-1m/model.layers.1.mlp.up_proj.weight');
      await expect(page.getByText(/finite values in 128 equal bins/)).toBeVisible({ timeout: 60_000 });
    },
  },
  {
    name: 'lessons',
    title: 'Lessons',
    about: 'Three lessons on numbers of real layers.',
    show: (page) => go(page, '#/lesson'),
  },
  {
    name: 'lesson-residuals',
    title: 'Where does the rounding error go?',
    about: 'RTN, GPTQ, GPTAQ, ResComp and Shift, column by column.',
    show: (page) => go(page, '#/lesson/residuals?c=6&s=21&m=rescomp&v=vectors,update'),
  },
  {
    name: 'lesson-codebooks',
    title: 'What is a codebook?',
    about: 'Pairs of weights as points in a plane, and the few that stand for all of them.',
    show: (page) => go(page, '#/lesson/codebooks?c=2&s=6'),
  },
  {
    name: 'lesson-rotation',
    title: 'Why rotate?',
    about: 'One large input spoils the grid of all others; turning spreads it.',
    show: (page) => go(page, '#/lesson/rotation?c=4&s=3'),
  },
  {
    name: 'lesson-present',
    title: 'A lesson on the projector',
    about: 'Large type, and nothing beside the lesson.',
    show: (page) => go(page, '#/lesson/residuals?c=3&s=5&m=gptq&v=vectors,update&p=1'),
  },
  {
    name: 'failure',
    title: 'A file that is not what its name says',
    about: 'Every refusal is one sentence: what, where, and what to do.',
    window: true,
    show: async (page) => {
      await go(page, '#/library');
      await drop(page, 'model.safetensors', '<!DOCTYPE html><html><body>404: Not Found</body></html>');
      await expect(page.getByRole('alert').filter({ hasText: 'QS-FILE-04' })).toBeVisible();
    },
    leave: (page) => page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click(),
  },
  {
    name: 'embed-chart',
    title: 'A chart inside another page',
    about: 'Drawn from its address alone: no storage, no GPU.',
    show: async (page) => {
      const address = await linkOfSample(page);
      // From no page of the studio: that would begin anew by itself, while one waits for it.
      await page.goto('about:blank');
      await page.goto(`/#/e/${address.slice('#/c/'.length)}`);
      await expect(page.getByRole('figure')).toBeVisible();
    },
  },
  {
    name: 'embed-lesson',
    title: 'A step of a lesson inside another page',
    about: 'The figure and its sentence, to be stepped through where it stands.',
    show: async (page) => {
      await page.goto('about:blank');
      await page.goto('/#/e/lesson/residuals?c=3&s=5&m=gptq&v=vectors,update');
      await expect(page.getByRole('grid')).toBeVisible();
    },
  },
];
