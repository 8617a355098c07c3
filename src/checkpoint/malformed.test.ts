/**
 * The files of ../shared/malformed through the front door, against what EXPECTED.tsv asks for. GGUF, which has no reader yet, must be
 * refused by name, whatever is inside.
 */
import { expect, it } from 'vitest';
import { isStudioError, type ErrorCode } from '../base/errors';
import type { ByteSource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { describeShared, sourcesIn } from '../testing/shared';
import { counted, rejection } from './testing';
import { scanValues } from './values';

/** The code each kind of damage must get; by the begin of the file's name, the longest that fits. */
const CODES: readonly (readonly [prefix: string, code: ErrorCode])[] = [
  ['st_', 'QS-FILE-04'],
  ['st_7bytes', 'QS-FILE-03'],
  ['st_trunc_', 'QS-FILE-03'],
  ['st_beyond_eof', 'QS-FILE-03'],
  ['st_extra_tail', 'QS-FILE-03'],
  ['st_gap', 'QS-FILE-03'],
  ['lfs_pointer', 'QS-FILE-05'],
  ['html_page', 'QS-FILE-04'],
  ['pt_', 'QS-FILE-04'],
  ['pt_trunc', 'QS-FILE-03'],
  ['pt_flip', 'QS-FILE-03'],
  ['gguf_', 'QS-FILE-04'],
  ['npy_', 'QS-FILE-04'],
  ['npy_short', 'QS-FILE-03'],
];

/** What the sentence must mention, where the kind of file or its damage has a name. */
const WORDS: Readonly<Record<string, string>> = {
  pt_: 'PyTorch',
  gguf_: 'GGUF',
  npy_: 'NumPy',
  pt_flip: 'checksum',
  pt_zipbomb: 'would grow to 50,000,000 bytes',
  npy_object: '"|O"',
  html_page: 'web page',
  lfs_pointer: 'git lfs pull',
  st_trunc_1byte: 'ends early',
  st_trunc_header: 'inside its header',
  st_dup_key: 'twice',
  st_unknown_dtype: 'F13',
};

const codeOf = (name: string) => CODES.findLast(([prefix]) => name.startsWith(prefix))?.[1];
const isUnreadableFormat = (name: string) => name.startsWith('gguf_');
/** What EXPECTED.tsv leaves open, we open. */
const isRefused = (expected: string) => expected.startsWith('reject') && expected !== 'reject or sniff';

function expectations(table: string): { name: string; expected: string }[] {
  const rows = table.trim().split('\n').slice(1);
  return rows.map((row) => {
    const [name, expected] = row.split('\t');
    return { name, expected };
  });
}

describeShared('malformed', 'malformed files', async (path) => {
  const folder = sourcesIn(path);
  const table = folder.get('EXPECTED.tsv')!;
  const cases = expectations(new TextDecoder().decode(await table.read(0, table.size)));
  const sourceOf = (name: string): ByteSource => {
    const source = folder.get(name);
    if (source === undefined) throw new Error(`EXPECTED.tsv names ${name}, which is not there`);
    return counted(source);
  };
  const refused = cases.filter(({ expected }) => isRefused(expected));
  const accepted = cases.filter((each) => !refused.includes(each));

  it('are all in EXPECTED.tsv', () => {
    expect(cases.map(({ name }) => name).sort()).toEqual(
      [...folder.keys()].filter((name) => name !== 'EXPECTED.tsv').sort(),
    );
    expect([refused.length, accepted.length]).toEqual([39, 7]);
  });

  it.each(refused)('$name is refused', async ({ name }) => {
    const error = await rejection(openCheckpoint([sourceOf(name)]));
    expect(error.code).toBe(codeOf(name));
    expect(error.message).toContain(`"${name}"`);
    expect(error.message).toMatch(/; .*(?:download|export|convert|save|use) /);
    expect(error.message.length).toBeLessThan(400);
    for (const [prefix, word] of Object.entries(WORDS))
      if (name.startsWith(prefix)) expect(error.message).toContain(word);
  });

  it.each(accepted)('$name is accepted', async ({ name }) => {
    const checkpoint = await openCheckpoint([sourceOf(name)]);
    for (const [tensor, { shape }] of checkpoint.tensors) {
      const values = await checkpoint.read(tensor);
      expect(values).toHaveLength(shape.reduce((product, size) => product * size, 1));
      const { nan, infinite, denormal } = scanValues(values);
      expect([nan > 0, infinite > 0, denormal > 0]).toEqual([
        name.includes('val_nan'),
        name.includes('val_inf'),
        name.includes('val_denormal'),
      ]);
    }
  });

  it('reads little more than 512 bytes of a file in another format', async () => {
    for (const { name } of cases.filter((each) => isUnreadableFormat(each.name))) {
      const source = counted(sourceOf(name));
      expect(await openCheckpoint([source]).catch(isStudioError)).toBe(true);
      expect(source.total).toBeLessThanOrEqual(512 + 32);
    }
  });
});
