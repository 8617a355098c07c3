/** Files that are no models, or broken ones: each gets its sentence, nothing is stored of it, and the next good file opens. */
import { readFileSync } from 'node:fs';
import { expect, test, type Page } from '@playwright/test';
import { SHARED_TAG, sharedPath } from '../src/testing/shared-path';
import { drop, failure, openRecipe, tinyModel, type DroppedFile } from './studio';

const collection = sharedPath('malformed');

/** A weight file of two little matrices. */
function safetensors(): Buffer {
  const header = JSON.stringify({
    a: { dtype: 'F32', shape: [4, 4], data_offsets: [0, 64] },
    b: { dtype: 'F32', shape: [4, 4], data_offsets: [64, 128] },
  });
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  return Buffer.concat([length, Buffer.from(header), Buffer.alloc(128)]);
}

/** The older format of torch.save: magic number, version, byte order, and in place of a state dict a call. */
function pickleThatRuns(): Buffer {
  const pickles = [
    '\x80\x02\x8a\x0a\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19.',
    '\x80\x02M\xe9\x03.',
    '\x80\x02}X\x0d\0\0\0little_endian\x88s.',
    "\x80\x02cos\nsystem\n(S'true'\ntR.",
  ];
  return Buffer.from(pickles.join(''), 'latin1');
}

interface Broken {
  readonly what: string;
  readonly files: readonly DroppedFile[];
  readonly code: string;
  readonly title: string;
  readonly sentence: string | RegExp;
}

const model = (bytes: Buffer): DroppedFile[] => [{ name: 'model.safetensors', bytes }];
const text = (content: string): DroppedFile[] => model(Buffer.from(content));

const BROKEN: readonly Broken[] = [
  {
    what: 'a web page under the name of a model',
    files: text('<!DOCTYPE html><html><body>404: Not Found</body></html>'),
    code: 'QS-FILE-04',
    title: 'This is not a file we can open.',
    sentence: 'looks like a web page saved under this name',
  },
  {
    what: 'a Git LFS pointer',
    files: text(`version https://git-lfs.github.com/spec/v1\noid sha256:${'0'.repeat(64)}\nsize 268435456\n`),
    code: 'QS-FILE-05',
    title: 'This is a Git LFS pointer, not the weights.',
    sentence: 'download the real file with "git lfs pull"',
  },
  {
    what: 'a file that ends early',
    files: model(safetensors().subarray(0, -1)),
    code: 'QS-FILE-03',
    title: 'The file is incomplete or contradicts itself.',
    sentence: 'so the download was probably interrupted; download it again.',
  },
  {
    what: 'a PyTorch archive that ends early',
    files: model(Buffer.concat([Buffer.from('PK\x03\x04'), Buffer.alloc(64)])),
    code: 'QS-FILE-03',
    title: 'The file is incomplete or contradicts itself.',
    sentence: 'the table of contents at its end is missing',
  },
  {
    what: 'a PyTorch file that would run a program',
    files: [{ name: 'model.pt', bytes: pickleThatRuns() }],
    code: 'QS-FILE-04',
    title: 'This is not a file we can open.',
    sentence: '"model.pt" is a PyTorch file that would run "os.system" when it is loaded',
  },
  {
    what: 'one shard of two',
    files: [{ name: 'model-00001-of-00002.safetensors', bytes: safetensors() }],
    code: 'QS-FILE-06',
    title: 'A part of the model is missing.',
    sentence: '1 of 2 parts of the model are here and "model-00002-of-00002.safetensors" is missing',
  },
  {
    what: 'a photograph',
    files: [{ name: 'holiday.jpg', bytes: Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 16]) }],
    code: 'QS-FILE-04',
    title: 'This is not a file we can open.',
    sentence: 'None of "holiday.jpg" holds weights',
  },
];

/** Nothing of a refused file is kept, and a good one opens at once. */
async function expectLibraryUsable(page: Page): Promise<void> {
  await page.getByRole('alert').getByRole('button', { name: 'Dismiss' }).click();
  await expect(page.getByRole('alert')).toHaveCount(0);
  await expect(page.getByText('None yet. What you drop is kept')).toBeVisible();
  await drop(page, tinyModel());
  await expect(page).toHaveURL(/#\/recipe/);
  await openRecipe(page, { rows: [['rtn', 3]] });
}

test('each broken file gets a sentence of its own', async ({ page }) => {
  await page.goto('/');
  for (const { what, files, code, title, sentence } of BROKEN) {
    await test.step(what, async () => {
      await drop(page, files);
      const alert = failure(page, code);
      await expect(alert).toContainText(sentence);
      await expect(alert).toContainText(title);
      await expect(page.getByRole('alert')).toHaveCount(1);
      // Said where the person is, and in sight.
      await expect(alert).toBeInViewport({ ratio: 1 });
      await expect(page).toHaveURL('/');
    });
  }
  await expectLibraryUsable(page);
});

test('details of a failure can be copied, without names or contents', async ({ page, context }) => {
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  await page.goto('/');
  await drop(page, [{ name: 'my-secret-model.safetensors', bytes: Buffer.from('<html>my secret page</html>') }]);
  await failure(page, 'QS-FILE-04').getByRole('button', { name: 'Copy details' }).click();
  await expect(page.getByRole('button', { name: 'Details copied' })).toBeVisible();
  const details = await page.evaluate(() => navigator.clipboard.readText());
  expect(details).toContain('QS-FILE-04');
  expect(details).not.toContain('secret');
});

test(`every file of ${SHARED_TAG}/malformed is refused in words, or opens`, async ({ page }) => {
  test.skip(collection === null, 'only the files rebuilt above are tried');
  const [, ...lines] = readFileSync(`${collection}EXPECTED.tsv`, 'utf8').trim().split('\n');
  await page.goto('/');
  for (const line of lines) {
    const [name, expected] = line.split('\t');
    await test.step(name, async () => {
      await drop(page, [collection + name]);
      if (expected.startsWith('reject') && expected !== 'reject or sniff') {
        const alert = page.getByRole('alert').filter({ hasText: /QS-FILE-\d\d/ });
        await expect(alert).toContainText(`"${name}"`);
        await alert.getByRole('button', { name: 'Dismiss' }).click();
        return;
      }
      // What is legal opens, and so does a PyTorch file under another name.
      await expect(page.getByRole('heading', { level: 1, name: 'Recipe' })).toBeVisible();
      // The plan may say that there is nothing to quantize: some of these files hold a single vector.
      await expect(page.getByRole('alert').filter({ hasNotText: 'QS-FILE-02' })).toHaveCount(0);
      await page.goto('/#/library');
    });
  }
  await expect(page.getByRole('table', { name: 'Stored models' })).toBeVisible();
});
