/**
 * Calibration and held-out texts: a .txt file is one text, a .jsonl file one {"text": …} a line.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { grouped, quoted } from './wording';

/** More than any calibration needs, and little enough to hold at once. */
export const LARGEST_TEXT_FILE = 64 * 2 ** 20;

/**
 * The texts of a source, in order; blank lines and empty texts are left out.
 * @throws QS-FILE-04 for a line that is not {"text": …} or bytes that are not UTF-8; QS-FILE-09 when no text is there;
 *   QS-FILE-10 above 64 MiB
 */
export async function readTexts(source: ByteSource): Promise<string[]> {
  const whole = await readUtf8(source, LARGEST_TEXT_FILE);
  const texts = source.name.toLowerCase().endsWith('.jsonl') ? parseLines(whole, source.name) : [whole];
  const filled = texts.filter((text) => text.trim() !== '');
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
  if (source.size > limit) {
    throw new StudioError(
      'QS-FILE-10',
      `${quoted(source.name)} has ${grouped(source.size)} bytes and the limit for this kind of file is ${grouped(limit)}; ` +
        'choose a smaller one',
      { present: source.size, limit },
    );
  }
  const bytes = await readExactly(source, 0, source.size);
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(source.name)} is not UTF-8 text; save it as UTF-8 and choose it again`,
    );
  }
}

function parseLines(whole: string, file: string): string[] {
  const texts: string[] = [];
  for (const [index, line] of whole.split('\n').entries()) {
    if (line.trim() === '') continue;
    const text = textOf(line);
    if (text === null) {
      throw new StudioError(
        'QS-FILE-04',
        `line ${grouped(index + 1)} of ${quoted(file)} is not a JSON object with a "text" string; correct or delete the line`,
        { line: index + 1 },
      );
    }
    texts.push(text);
  }
  return texts;
}

/** The text of one line, or null. */
function textOf(line: string): string | null {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return null;
  }
  if (typeof value !== 'object' || value === null || !('text' in value)) return null;
  return typeof value.text === 'string' ? value.text : null;
}
