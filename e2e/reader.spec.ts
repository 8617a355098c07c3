/** The reader of a paper: its link on a phone that cannot compute, then at a desk that can: the author's numbers, and how far one's own are from them. */
import { expect, test } from '@playwright/test';
import { decodeLink, encodeLink } from '../src/store/link';
import { openShare, overflow, payloadOf, phoneWithoutWebGPU, resultInLink, screenTitle, step } from './people';
import { failure, findings, MOMENT, drop, startRun, tinyModel, waitForEnd } from './studio';

const NOTE = 'From our paper, table 2.';
const AGREES = /^Every figure of your run agrees with the author’s/;

/** The link as somebody would pass it on whose second row was better by a tenth in one layer, on another config.json. */
function embellished(link: string): string {
  const { recipe, sample, note, result } = decodeLink(payloadOf(link));
  if (!result) throw new Error('no figures in the link');
  const layers = result.layers.map((one) =>
    one.row === 1 && one.layer === 3
      ? { ...one, errors: { ...one.errors, weight: 0.9 * (one.errors.weight ?? 0) } }
      : one,
  );
  const files = result.model.files?.map((one) =>
    one.name === 'config.json' ? { ...one, sha256: '0'.repeat(64) } : one,
  );
  return link.replace(
    payloadOf(link),
    encodeLink({ recipe, sample, note, result: { ...result, layers, model: { ...result.model, files } } }),
  );
}

test('a reader follows a link on a phone without WebGPU, runs it at a desk, and sees how far his numbers are from the author’s', async ({
  page,
  browser,
  baseURL,
}) => {
  const link = await step('The author shares her run: recipe, results and a note', async () => {
    await page.goto('/');
    await startRun(page, tinyModel(), MOMENT);
    await waitForEnd(page);
    await page.goto('/#/compare');
    const { dialog, link } = await openShare(page);
    await expect(dialog.getByText('the model’s name', { exact: false })).toBeVisible();
    await dialog.getByLabel('A note').check();
    await dialog.getByLabel(/^Your note/).fill(NOTE);
    await expect(dialog.getByText(/your note, \d+ characters/)).toBeVisible();
    expect(await findings(page)).toEqual([]);
    const all = await link.inputValue();
    await dialog.getByLabel('Results').uncheck();
    expect((await link.inputValue()).length, 'without results').toBeLessThan(all.length);
    await dialog.getByLabel('Results').check();
    await dialog.getByRole('radio', { name: 'LaTeX' }).click();
    await expect(dialog.getByRole('textbox', { name: 'LaTeX, ready to be copied' })).toHaveValue(/^\\href\{.*\\#\/c\//);
    await page.keyboard.press('Escape');
    await expect(page.getByRole('main').getByRole('button', { name: 'Share' })).toBeFocused();
    return all;
  });
  const author = resultInLink(link);

  await step('On his phone, without WebGPU, he reads her numbers', async () => {
    const { browser: other, phone } = await phoneWithoutWebGPU(baseURL);
    try {
      await phone.goto(link);
      await expect(screenTitle(phone)).toHaveText('The author’s numbers');
      await expect(phone.getByText(NOTE)).toBeVisible();
      await expect(phone.getByText(/lowest/).first()).toBeVisible();
      for (const { label } of author.plan.rows) {
        await expect(phone.getByRole('row', { name: new RegExp(label) }).first()).toBeVisible();
      }
      await expect(phone.getByText(author.model.fingerprint.slice(0, 24), { exact: true })).toBeVisible();
      await expect(phone.getByText(/Running needs WebGPU, and there is none here/)).toBeVisible();
      expect(await overflow(phone)).toBeLessThanOrEqual(0);
      expect(await findings(phone)).toEqual([]);
      // The recipe on his bench is what it was.
      await phone.goto('/#/recipe');
      await expect(phone.getByText('This recipe came with a link')).toHaveCount(0);
    } finally {
      await other.close();
    }
  });

  const context = await browser.newContext({
    viewport: { width: 1280, height: 900 },
    baseURL,
    serviceWorkers: 'block',
  });
  const desk = await context.newPage();
  await step(
    'At a desk the same link says what it takes to run it; he drops the model there, and nothing runs by itself',
    async () => {
      await desk.goto(link);
      await expect(desk.getByText(/^To run it, open .* first/)).toBeVisible();
      // Another model of the same name is not taken for hers.
      await drop(desk, tinyModel('gpt2'));
      await expect(desk.getByText('it is another model than the author’s', { exact: false })).toBeVisible();
      await expect(desk.getByText('model.safetensors is another file here than there.')).toBeVisible();
      await expect(desk.getByRole('button', { name: 'Run it here' })).toHaveCount(0);
      await drop(desk, tinyModel());
      await expect(desk.getByRole('button', { name: 'Run it here' })).toBeEnabled();
      await expect(screenTitle(desk)).toHaveText('The author’s numbers');
      await expect(desk.getByText('No run of this recipe on this model is in this browser yet.')).toBeVisible();
    },
  );

  await step('He runs it: every figure agrees', async () => {
    await desk.getByRole('button', { name: 'Run it here' }).click();
    await expect(desk.getByText(AGREES)).toBeVisible({ timeout: 120_000 });
    await expect(desk.getByText('All 2 files of the model are the same, each by its SHA-256.')).toBeVisible();
    await expect(screenTitle(desk)).toHaveText('The author’s numbers');
    expect(await findings(desk)).toEqual([]);
  });

  await step('Of a link with another number in it, the page says which layer is how far away', async () => {
    await desk.goto(embellished(link));
    await expect(desk.getByText('Your run differs from the author’s.')).toBeVisible();
    const { label } = author.plan.rows[1];
    const { name } = author.plan.layers[3];
    await expect(
      desk.getByText(new RegExp(`Furthest is ${label} at ${name.replaceAll('.', '\\.')}: .*11\\.?1? ?% apart`)),
    ).toBeVisible();
  });

  await step('It names the file that is not the author’s', async () => {
    await expect(desk.getByText('config.json is another file here than there.')).toBeVisible();
  });

  await step('A damaged link keeps his own recipe, and says that it is damaged', async () => {
    await desk.goto(`${link.slice(0, -20)}AAAA`);
    await expect(failure(desk, 'QS-LINK-01')).toBeVisible();
    await expect(screenTitle(desk)).toHaveText('Recipe');
  });
  await context.close();
});
