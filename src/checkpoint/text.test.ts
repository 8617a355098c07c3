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

  const records: readonly { what: string; record: unknown; text: string }[] = [
    { what: 'text', record: { text: 'a b', id: 1 }, text: 'a b' },
    { what: 'alpaca', record: { instruction: 'a', input: '', output: 'b' }, text: 'a\nb' },
    { what: 'alpaca with input', record: { output: 'c', input: 'b', instruction: 'a' }, text: 'a\nb\nc' },
    { what: 'dolly', record: { instruction: 'a', context: 'b', response: 'c', category: 'x' }, text: 'a\nb\nc' },
    { what: 'completion', record: { prompt: 'a', completion: 'b' }, text: 'a\nb' },
    { what: 'question', record: { question: 'a', answer: 'b' }, text: 'a\nb' },
    {
      what: 'messages',
      record: {
        messages: [
          { role: 'user', content: 'a' },
          { role: 'assistant', content: 'b' },
        ],
      },
      text: 'a\nb',
    },
    {
      what: 'ShareGPT',
      record: {
        conversations: [
          { from: 'human', value: 'a' },
          { from: 'gpt', value: 'b' },
        ],
      },
      text: 'a\nb',
    },
  ];
  it.each(records)(
    'reads a record of the form "$what", in .json, .jsonl and a list under either',
    async ({ record, text }) => {
      const [list, lines] = [JSON.stringify([record, record], null, 1), `${JSON.stringify(record)}\n`.repeat(2)];
      for (const [content, name] of [
        [list, 'a.json'],
        [list, 'a.jsonl'],
        [lines, 'a.jsonl'],
        [lines, 'a.json'],
      ]) {
        expect(await readTexts(textSource(content, name))).toEqual([text, text]);
      }
      expect(await readTexts(textSource(JSON.stringify(record, null, 2), 'one.json'))).toEqual([text]);
    },
  );

  it('takes a list of strings, and Markdown as one text', async () => {
    expect(await readTexts(textSource('["a", "", "b"]', 'a.json'))).toEqual(['a', 'b']);
    expect(await readTexts(textSource('# a\r\n\r\nb', 'notes.md'))).toEqual(['# a\n\nb']);
  });

  it('gives the same texts with a byte order mark and with line ends of Windows', async () => {
    const plain = '{"text": "a\\nb"}\n{"text": "c"}\n';
    const lines = await readTexts(textSource(plain, 'a.jsonl'));
    expect(await readTexts(textSource(`\ufeff${plain.replaceAll('\n', '\r\n')}`, 'a.jsonl'))).toEqual(lines);
    expect(await readTexts(textSource('\ufeffa\r\nb\r\n', 'a.txt'))).toEqual(['a\nb\n']);
    const utf16 = (mark: number[], swap: boolean) => {
      const pairs = [...'a\nbé'].flatMap((letter) => [letter.charCodeAt(0) & 255, letter.charCodeAt(0) >> 8]);
      return Uint8Array.from([...mark, ...pairs.map((_, i) => pairs[swap ? i ^ 1 : i])]);
    };
    expect(await readTexts(memorySource(utf16([0xff, 0xfe], false), 'a.txt'))).toEqual(['a\nbé']);
    expect(await readTexts(memorySource(utf16([0xfe, 0xff], true), 'a.txt'))).toEqual(['a\nbé']);
  });

  it.each([
    { name: 'a.parquet', text: 'PAR1', says: 'is a Parquet table' },
    { name: 'renamed.txt', text: 'PAR1\0\0', says: 'is a Parquet table' },
    { name: 'a.csv', text: 'text\na', says: 'is a table of values between separators' },
    { name: 'a.pdf', text: '%PDF-1.7', says: 'is a PDF document' },
    { name: 'a.jsonl.gz', text: 'x', says: 'is a compressed file' },
    { name: 'a.docx', text: 'PK\x03\x04', says: 'is a compressed file' },
    { name: 'a.arrow', text: 'ARROW1', says: 'is an Arrow table' },
  ])('refuses $name by its kind and says what to do', async ({ name, text, says }) => {
    const error = await rejection(readTexts(textSource(text, name)));
    expect([error.code, error.message]).toEqual(['QS-FILE-04', expect.stringContaining(says)]);
    expect(error.message).toContain('save its texts as .jsonl');
  });

  it.each([
    { text: '[{"text": "a"}, {"txt": "b"}]', says: 'record 2 of "a.json" is not a JSON object with a "text" string' },
    { text: '[{"text": "a"},', says: '"a.json" is not valid JSON at character 15' },
    { text: '[['.repeat(100), says: 'nested more than 64 deep' },
    { text: '{"train": []}', says: 'the object in "a.json" is not' },
    { text: '[{"messages": [{"role": "user"}]}]', says: 'record 1 of "a.json"' },
    { text: '17', says: 'line 1 of "a.json"' },
  ])('refuses $text', async ({ text, says }) => {
    const error = await rejection(readTexts(textSource(text, 'a.json')));
    expect([error.code, error.message]).toEqual(['QS-FILE-04', expect.stringContaining(says)]);
  });

  it.each([
    { name: 'empty.txt', text: '' },
    { name: 'blank.txt', text: ' \n\t' },
    { name: 'blank.jsonl', text: '\n{"text": ""}\n' },
  ])('refuses $name', async ({ name, text }) => {
    expect((await rejection(readTexts(textSource(text, name)))).code).toBe('QS-FILE-09');
  });

  it('refuses a file above 64 MiB without reading it', async () => {
    // Its first bytes tell its kind.
    const read = (begin: number, end: number) =>
      end <= 16 ? Promise.resolve(new Uint8Array(end - begin)) : Promise.reject(new Error('not to be read'));
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
