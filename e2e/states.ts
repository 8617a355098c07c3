/**
 * The states of the page that a person may meet, a line a state: how one gets there, what the page needs before, and what shows that all of
 * it is there. The accessibility tests go through them; a screen that can look otherwise than it does here gets a line.
 */
import { readFileSync } from 'node:fs';
import { expect, type Page } from '@playwright/test';
import type { RunResult } from '../src/run/events';
import { encodeLink } from '../src/store/link';
import { drop, failure, openLink } from './studio';

/** What a browser has: nothing, no WebGPU, the bundled sample open, or a finished run of the tiny model. */
export const WORLDS = ['first visit', 'no WebGPU', 'sample open', 'finished run'] as const;
export type World = (typeof WORLDS)[number];

export interface State {
  readonly name: string;
  readonly world: World;
  /** Much like another one: looked at where everything is (`npm run axe`). */
  readonly alike?: true;
  /** Brings the page there from wherever it is. */
  show(page: Page): Promise<void>;
}

const RESULT = JSON.parse(
  readFileSync(new URL('../src/app/precomputed/sample-run.json', import.meta.url), 'utf8'),
) as RunResult;
const LINK = encodeLink({ recipe: RESULT.recipe, sample: 'stories-1m', result: RESULT, note: 'From our paper.' });

const main = (page: Page) => page.getByRole('main');

/** A page of its own: what the state before has opened is closed, whatever it was. */
async function go(page: Page, hash: string, search = ''): Promise<void> {
  await page.goto('about:blank');
  await page.goto(`/${search}${hash}`);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
}

async function drawn(page: Page): Promise<void> {
  await expect(page.locator('.js-plotly-plot .trace')).not.toHaveCount(0);
}

const at =
  (hash: string, ready?: (page: Page) => Promise<unknown>, search = '') =>
  async (page: Page): Promise<void> => {
    await go(page, hash, search);
    await ready?.(page);
  };

/** The sample's comparison, and something of it pressed. */
const compared = (then: (page: Page) => Promise<unknown>) => async (page: Page) => {
  await at('#/compare/sample', drawn)(page);
  await then(page);
};

async function otherView(page: Page, view: string): Promise<void> {
  await page.locator('summary', { hasText: 'Other views' }).click();
  await page.getByRole('radio', { name: view, exact: true }).click();
}

/** The recipe with its plan, and something of it opened. */
const written = (then?: (page: Page) => Promise<unknown>) => async (page: Page) => {
  await at('#/recipe', (on) => expect(on.getByText(/\d+ × \d+ rows/)).toBeVisible({ timeout: 60_000 }))(page);
  await then?.(page);
};

const grid = (page: Page) => expect(page.getByRole('grid').first()).toBeVisible();
const heading2 = (page: Page) => expect(page.getByRole('heading', { level: 2 }).first()).toBeVisible();

const CHAPTERS = { residuals: 9, codebooks: 7, rotation: 6 } as const;

const chapters = Object.entries(CHAPTERS).flatMap(([lesson, count]) =>
  Array.from({ length: count }, (_, i): State => {
    const query = lesson === 'residuals' ? '&m=rescomp&s=9&v=vectors,update,q,error' : '';
    return {
      ...{ name: `lesson ${lesson}, chapter ${i + 1}`, world: 'first visit' },
      ...(i > 0 && i + 1 < count ? { alike: true } : {}),
      show: at(`#/lesson/${lesson}?c=${i + 1}${query}`, heading2),
    };
  }),
);

const of = (world: World, states: Readonly<Record<string, State['show']>>): State[] =>
  Object.entries(states).map(([name, show]) => ({ name, world, show }));

export const STATES: readonly State[] = [
  ...of('first visit', {
    library: at('', drawn),
    'recipe without a model': at('#/recipe'),
    'run without a run': at('#/run'),
    'compare, the sample': at('#/compare', drawn),
    'inspect without a model': at('#/inspect'),
    'no such page': at('#/nowhere'),
    'a run that is not here': at('#/run/gone'),
    'results that are not here': at('#/compare/file:gone'),
    'link with results': at(`#/c/${LINK}`, drawn),
    'damaged link': at('#/c/1.AAAA', (page) => expect(page.getByRole('alert')).toBeVisible()),
    'a file that is none': async (page) => {
      await go(page, '#/library');
      await drop(page, [{ name: 'model.safetensors', bytes: Buffer.from('<html></html>') }]);
      await expect(failure(page, 'QS-FILE-04')).toBeVisible();
    },
    'dialog, how to check': async (page) => {
      await at('', drawn)(page);
      await page.getByRole('button', { name: 'How to check' }).click();
      await expect(page.getByRole('dialog')).toBeVisible();
    },
    'dialog, keys': async (page) => {
      await at('', drawn)(page);
      await page.keyboard.press('?');
      await expect(page.getByRole('dialog')).toBeVisible();
    },
    'dialog, share': compared(async (page) => {
      await main(page).getByRole('button', { name: 'Share' }).click();
      await expect(page.getByRole('textbox', { name: 'Link, ready to be copied' })).toHaveValue(/#\/c\/1\./);
    }),
    'menu, files of figures': compared(async (page) => {
      await page.getByRole('button', { name: 'Export figures' }).click();
      await expect(page.getByRole('menu')).toBeVisible();
    }),
    'compare, runs laid over': compared((page) => page.locator('summary', { hasText: 'over this one' }).click()),
    'compare, the chart as a table': compared((page) =>
      main(page).locator('summary', { hasText: 'Data table' }).first().click(),
    ),
    'compare, layer by layer': compared((page) => otherView(page, 'Layer by layer')),
    'compare, kinds of layers': compared((page) => otherView(page, 'By kind of layer')),
    'compare, bits and error': compared((page) => otherView(page, 'Bits against error')),
    lessons: at('#/lesson'),
    'lesson on the projector': at('#/lesson/residuals?c=3&s=5&m=gptq&v=vectors,update&p=1', grid),
    'lesson that is none': at('#/lesson/nothing'),
    'lesson with parts left out': at('#/lesson/residuals?c=4&s=5&h=sliders,strip,answers', grid),
    'chart inside another page': async (page) => {
      await page.goto('about:blank');
      await page.goto(`/#/e/${LINK}`);
      await expect(page.getByRole('figure')).toBeVisible();
    },
    'lesson inside another page': async (page) => {
      await page.goto('about:blank');
      await page.goto('/#/e/lesson/residuals?c=3&s=5&m=gptq&v=vectors,update');
      await grid(page);
    },
    'library in Chinese': at('', drawn, '?lang=zh-CN'),
    'compare in Chinese': at('#/compare', drawn, '?lang=zh-CN'),
    'recipe in Chinese': at('#/recipe', undefined, '?lang=zh-CN'),
    'lesson in Chinese': at('#/lesson/residuals?c=7&m=rescomp&s=21&v=vectors,update', grid, '?lang=zh-CN'),
  }),
  ...chapters,
  ...of('no WebGPU', {
    'library without WebGPU': at('', drawn),
    'compare without WebGPU': at('#/compare', drawn),
    'link without WebGPU': at(`#/c/${LINK}`, drawn),
    'recipe without WebGPU': at('#/recipe'),
    'lesson without WebGPU': at('#/lesson/rotation?c=4&s=3', heading2),
  }),
  ...of('sample open', {
    recipe: written(),
    'recipe, steps to add': written(async (page) => {
      await page
        .getByRole('button', { name: /^Add a step to row/ })
        .first()
        .click();
      await expect(page.getByRole('menu')).toBeVisible();
    }),
    'recipe, papers': written(async (page) => {
      await page
        .getByRole('button', { name: /^From a paper/ })
        .first()
        .click();
      await expect(page.getByRole('dialog')).toBeVisible();
    }),
    'recipe from a link': async (page) => {
      await go(page, '#/library');
      await openLink(page, RESULT.recipe);
      await expect(page.getByText('This recipe came with a link', { exact: false }).first()).toBeVisible();
    },
    inspect: at('#/inspect/sample-stories-1m', (page) =>
      expect(page.getByRole('tree', { name: 'Tensors' })).toBeVisible(),
    ),
    'inspect, a tensor': at('#/inspect/sample-stories-1m/model.layers.1.mlp.up_proj.weight', (page) =>
      expect(page.getByText(/finite values in 128 equal bins/)).toBeVisible({ timeout: 60_000 }),
    ),
  }),
  ...of('finished run', {
    'library with a run': at('#/library', (page) =>
      expect(page.getByRole('table', { name: 'Stored runs' })).toBeVisible(),
    ),
    'run, finished': at('#/run', drawn),
    'compare, a run': at('#/compare', drawn),
    'menu, weights': async (page) => {
      await at('#/compare', drawn)(page);
      await page.getByRole('button', { name: 'Export GPTQ 3-bit' }).click();
      await expect(page.getByRole('menu')).toBeVisible();
    },
    'library, something deleted': async (page) => {
      await go(page, '#/library');
      const runs = page.getByRole('table', { name: 'Stored runs' });
      await runs.getByRole('button', { name: /^Delete/ }).click();
      await expect(page.getByRole('button', { name: /^Undo/ })).toBeVisible();
    },
  }),
];
