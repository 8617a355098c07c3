/** The archive of everything, read again by the reader of checkpoints, which shares nothing with its writer but the checksum. */
import { expect, it } from 'vitest';
import { fakeResult } from '../app/testing/fake-figures';
import { memorySource } from '../checkpoint/bytes';
import { openZip, readMember } from '../checkpoint/zip';
import { resultsText } from '../run/figure-files';
import { everything, everythingFiles } from './everything';
import { zipOf } from './zip';

const shown = { metric: 'output', scale: 'ratio' } as const;

async function membersOf(archive: Blob): Promise<Map<string, string>> {
  const { members } = await openZip(memorySource(new Uint8Array(await archive.arrayBuffer()), 'everything.zip'));
  const read = [...members.values()].map(
    async (member) => [member.name, new TextDecoder().decode(await readMember(member, 1e8))] as const,
  );
  return new Map(await Promise.all(read));
}

it('has the results, the recipe, figures of all errors, tables and weights, byte for byte', async () => {
  const result = fakeResult();
  const weights = { folder: 'gptq-3-bit', files: [{ name: 'tokenizer/α.json', blob: new Blob(['{}']) }] };
  const asked = { shown, weights, png: new Blob(['picture']) };
  const members = await membersOf(await everything(result, asked));
  expect([...members.keys()].sort()).toEqual(
    everythingFiles(result, asked)
      .map(({ name }) => name)
      .sort(),
  );
  expect(members.get('results.json')).toBe(resultsText(result));
  expect(JSON.parse(members.get('recipe.json') ?? '')).toEqual(result.recipe);
  expect(members.get('weights/gptq-3-bit/tokenizer/α.json')).toBe('{}');
  expect(members.get('figures/figure.png')).toBe('picture');
  for (const name of ['figures/figure.svg', 'figures/weight.svg', 'figures/block.svg', 'tables/table.tex']) {
    expect(members.get(name)?.length, name).toBeGreaterThan(500);
  }
  expect(members.get('report.html')).toContain('<!doctype html>');
});

it('is the same archive of the same files, and none at all is one', async () => {
  const files = [
    { name: 'a', blob: new Blob(['one']) },
    { name: 'b', blob: new Blob([]) },
  ];
  const bytes = async () => new Uint8Array(await (await zipOf(files)).arrayBuffer());
  expect(await bytes()).toEqual(await bytes());
  expect((await membersOf(await zipOf([]))).size).toBe(0);
});

it('is refused where one archive cannot hold it, before anything is read', async () => {
  await expect(zipOf([{ name: 'weights', blob: new Blob(['x'.repeat(2000)]) }], 1000)).rejects.toThrow(
    /at most 1000 in 65535: download the weights/,
  );
});
