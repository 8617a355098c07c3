/**
 * Calibration and held-out texts. A file is one text (.txt, .md, any other plain text), or a list of records, each a text: a line of
 * JSON each (.jsonl), or a JSON list (.json). Records are read in the forms of the common data sets (records.ts). Byte order marks and
 * line ends of Windows change nothing. What holds no text a tokenizer could take (tables, documents, archives) is refused by its kind.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { JsonScanner } from './json';
import { RECORD_FORMS, recordText } from './records';
import { grouped, quoted } from './wording';

/** More than any calibration needs, and little enough to hold at once. */
export const LARGEST_TEXT_FILE = 64 * 2 ** 20;

/** Kinds of files that people have texts in and that are not read, by their beginning or their ending. */
const NOT_TEXTS: readonly {
  readonly title: string;
  readonly endings: readonly string[];
  readonly begins: RegExp | null;
}[] = [
  { title: 'a Parquet table', endings: ['parquet'], begins: /^PAR1/ },
  { title: 'an Arrow table', endings: ['arrow', 'feather'], begins: /^(?:ARROW1|FEA1)/ },
  { title: 'a table of values between separators', endings: ['csv', 'tsv'], begins: null },
  { title: 'a PDF document', endings: ['pdf'], begins: /^%PDF-/ },
  {
    title: 'an office document',
    endings: ['doc', 'docx', 'odt', 'rtf', 'epub'],
    begins: /^(?:\{\\rtf|\xd0\xcf\x11\xe0)/,
  },
  {
    title: 'a compressed file',
    endings: ['gz', 'zst', 'zip', 'xz', 'bz2', '7z', 'tar'],
    begins: /^(?:\x1f\x8b|\x28\xb5\x2f\xfd|PK\x03\x04|\xfd7zXZ|BZh\d|7z\xbc\xaf)/,
  },
];

/** Bytes looked at; every signature above lies within them. */
const HEAD_BYTES = 16;

/**
 * The texts of a source, in order; blank lines and empty texts are left out.
 * @throws QS-FILE-04 for a record without a text, a kind of file that is not read, or bytes that are not UTF-8; QS-FILE-09 when no text
 *   is there; QS-FILE-10 above 64 MiB
 */
export async function readTexts(source: ByteSource): Promise<string[]> {
  await refuseOtherKinds(source);
  const whole = await readUnicode(source, LARGEST_TEXT_FILE);
  const filled = textsOf(whole, source.name).filter((text) => text.trim() !== '');
  if (filled.length === 0) {
    throw new StudioError('QS-FILE-09', `${quoted(source.name)} holds no text; choose a file with some paragraphs`);
  }
  return filled;
}

/**
 * A small text file, whole. A byte order mark is dropped.
 * @throws QS-FILE-10 when it is larger than `limit` bytes; QS-FILE-04 when it is not UTF-8
 */
export async function readUtf8(source: ByteSource, limit: number): Promise<string> {
  return decoded(await readWhole(source, limit), 'utf-8', source.name);
}

/** As `readUtf8`, and UTF-16 where a byte order mark says so. */
async function readUnicode(source: ByteSource, limit: number): Promise<string> {
  const bytes = await readWhole(source, limit);
  const mark = bytes.length >= 2 ? (bytes[0] << 8) | bytes[1] : 0;
  return decoded(bytes, mark === 0xfffe ? 'utf-16le' : mark === 0xfeff ? 'utf-16be' : 'utf-8', source.name);
}

async function readWhole(source: ByteSource, limit: number): Promise<Uint8Array<ArrayBuffer>> {
  if (source.size > limit) {
    throw new StudioError(
      'QS-FILE-10',
      `${quoted(source.name)} has ${grouped(source.size)} bytes and the limit for this kind of file is ${grouped(limit)}; ` +
        'choose a smaller one',
      { present: source.size, limit },
    );
  }
  return readExactly(source, 0, source.size);
}

function decoded(bytes: Uint8Array<ArrayBuffer>, encoding: 'utf-8' | 'utf-16le' | 'utf-16be', file: string): string {
  try {
    return new TextDecoder(encoding, { fatal: true }).decode(bytes);
  } catch {
    throw new StudioError('QS-FILE-04', `${quoted(file)} is not UTF-8 text; save it as UTF-8 and choose it again`);
  }
}

async function refuseOtherKinds(source: ByteSource): Promise<void> {
  const head = String.fromCharCode(...(await readExactly(source, 0, Math.min(HEAD_BYTES, source.size))));
  const ending = endingOf(source.name);
  const kind =
    NOT_TEXTS.find(({ begins }) => begins?.test(head)) ?? NOT_TEXTS.find(({ endings }) => endings.includes(ending));
  if (kind === undefined) return;
  throw new StudioError(
    'QS-FILE-04',
    `${quoted(source.name)} is ${kind.title}, from which no texts are read; save its texts as .jsonl, one {"text": …} a line, or as .txt`,
  );
}

function textsOf(whole: string, file: string): string[] {
  const ending = endingOf(file);
  if (ending !== 'jsonl' && ending !== 'json') return [whole.replaceAll('\r\n', '\n')];
  const begin = whole.trimStart()[0];
  if (begin === '[') return parseList(whole, file);
  // Data sets come as .json with one record a line, too; and a single record may take several lines.
  if (ending === 'json' && begin === '{') {
    const record = parsed(whole);
    if (record !== undefined) return [textOrRefusal(recordText(record), file, 'the object in', {})];
  }
  return parseLines(whole, file);
}

function parseLines(whole: string, file: string): string[] {
  const texts: string[] = [];
  for (const [index, line] of whole.split('\n').entries()) {
    if (line.trim() === '') continue;
    const record = parsed(line);
    const text = typeof record === 'object' ? recordText(record) : null;
    texts.push(textOrRefusal(text, file, `line ${grouped(index + 1)} of`, { line: index + 1 }));
  }
  return texts;
}

function parseList(whole: string, file: string): string[] {
  const scanner = new JsonScanner(whole, (what, at) => {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(file)} is not valid JSON at character ${grouped(at)}: ${what}; correct it, or save its texts as .jsonl`,
      { at },
    );
  });
  // The scanner's depth limit keeps the value safe to walk.
  scanner.skip();
  scanner.end();
  const records = JSON.parse(whole) as unknown[];
  return records.map((record, index) => {
    const text = typeof record === 'string' ? record : recordText(record);
    return textOrRefusal(text, file, `record ${grouped(index + 1)} of`, { record: index + 1 });
  });
}

function textOrRefusal(text: string | null, file: string, where: string, facts: Record<string, number>): string {
  if (text !== null) return text;
  throw new StudioError(
    'QS-FILE-04',
    `${where} ${quoted(file)} is not a JSON object with a "text" string, nor one of the other forms that are read (${RECORD_FORMS}); ` +
      'correct or delete it',
    facts,
  );
}

/** A line's value; undefined where it is no JSON. */
function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}

function endingOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1).toLowerCase();
}
