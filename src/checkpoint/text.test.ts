import { describe, expect, it } from 'vitest';
import { memorySource } from './bytes';
import { describeShared, sourcesIn } from '../testing/shared';
import { rejection, textSource } from './testing';
import { LARGEST_TEXT_FILE, readTexts } from './text';

describe('readTexts', () => {
  it('takes a .txt as one text', async () => {
    expect(await readTexts(textSource('\ufeffOnce upon\n\na time.\n', 'book.txt'))).toEqual(['Once upon\n\na time.\n']);
  });

  it('takes the texts of a .jsonl, skipping blank lines and empty texts', async () => {
    const lines = '{"text": "a\\nb", "id": 1}\r\n\n{"text": " "}\n{"text":"é"}';
    expect(await readTexts(textSource(lines, 'calibration.jsonl'))).toEqual(['a\nb', 'é']);
  });

  it.each(['{"text": 1}', '{"txt": "a"}', '"a"', 'null', '{"text": "a"', '[]'])(
    'refuses the line %s by its number',
    async (line) => {
      const error = await rejection(readTexts(textSource(`{"text":"a"}\n\n${line}\n`, 'c.jsonl')));
      expect([error.code, error.facts.line]).toEqual(['QS-FILE-04', 3]);
      expect(error.message).toContain('line 3 of "c.jsonl" is not a JSON object with a "text" string');
    },
  );

  it.each([
    { name: 'empty.txt', text: '' },
    { name: 'blank.txt', text: ' \n\t' },
    { name: 'blank.jsonl', text: '\n{"text": ""}\n' },
  ])('refuses $name', async ({ name, text }) => {
    expect((await rejection(readTexts(textSource(text, name)))).code).toBe('QS-FILE-09');
  });

  it('refuses a file above 64 MiB without reading it', async () => {
    const read = () => Promise.reject(new Error('not to be read'));
    const error = await rejection(readTexts({ name: 'large.txt', size: LARGEST_TEXT_FILE + 1, read }));
    expect([error.code, error.message]).toEqual([
      'QS-FILE-10',
      expect.stringContaining('limit for this kind of file is 67,108,864'),
    ]);
  });

  it('refuses bytes that are not UTF-8', async () => {
    expect((await rejection(readTexts(memorySource(Uint8Array.of(0x41, 0xff), 'a.txt')))).code).toBe('QS-FILE-04');
  });
});

describeShared('checkpoints/stories260K', 'real texts', (path) => {
  const folder = sourcesIn(path);
  it.each([
    { name: 'calibration.jsonl', count: 200 },
    { name: 'heldout.jsonl', count: 120 },
  ])('$name has $count', async ({ name, count }) => {
    expect(await readTexts(folder.get(name)!)).toHaveLength(count);
  });
});
