/**
 * The header of a NumPy array file: "\x93NUMPY", two version bytes, the header's length, and a Python dictionary of descr,
 * fortran_order and shape (numpy/lib/format.py, versions 1 to 3). The dictionary is parsed as exactly that, never evaluated.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { byteCount, elementCount, type Dtype } from './dtype';
import { grouped, quoted, shapeText } from './wording';

/** NumPy refuses to parse more than 10,000 unless told to trust the file; plain arrays take 118. */
const LONGEST_HEADER = 10_000;
const MOST_DIMENSIONS = 64;

const MAGIC = '\x93NUMPY';

/** Versions 2 and 3 count the header's bytes in 32 bits. */
const PREFIX_BYTES = 12;

/** descr without its byte order → dtype. */
const DTYPES = new Map<string, Dtype>([
  ['b1', 'BOOL'],
  ['u1', 'U8'],
  ['i1', 'I8'],
  ['u2', 'U16'],
  ['i2', 'I16'],
  ['f2', 'F16'],
  ['u4', 'U32'],
  ['i4', 'I32'],
  ['f4', 'F32'],
  ['u8', 'U64'],
  ['i8', 'I64'],
  ['f8', 'F64'],
]);

export interface NpyHeader {
  readonly dtype: Dtype;
  readonly shape: readonly number[];
  /** Column-major. */
  readonly fortran: boolean;
  /** Bytes of the data, which begins at `begin` and goes to the end. */
  readonly begin: number;
  readonly end: number;
}

/**
 * @param source the file, or a member of an archive
 * @param title what it is called in sentences, names in quotes
 * @throws QS-FILE-03 when it is cut off, QS-FILE-04 when it is malformed or would need pickle
 */
export async function readNpyHeader(source: ByteSource, title: string): Promise<NpyHeader> {
  const prefix = await readExactly(source, 0, Math.min(PREFIX_BYTES, source.size));
  if (!String.fromCharCode(...prefix).startsWith(MAGIC)) throw malformed(title, 'it does not begin as one');
  if (prefix.length < PREFIX_BYTES) throw cutOff(title, 'its header is missing');
  const [major, minor] = prefix.subarray(6);
  if (major < 1 || major > 3) throw malformed(title, `its version is ${major}.${minor}, and 1 to 3 are read`);
  const view = new DataView(prefix.buffer, prefix.byteOffset);
  const [headerBegin, length] = major === 1 ? [10, view.getUint16(8, true)] : [12, view.getUint32(8, true)];
  if (length > LONGEST_HEADER) {
    throw malformed(title, `its header has ${grouped(length)} bytes, and the limit is ${grouped(LONGEST_HEADER)}`);
  }
  const begin = headerBegin + length;
  if (begin > source.size) throw cutOff(title, 'it ends inside its header');
  const text = new TextDecoder('latin1').decode(await readExactly(source, headerBegin, begin));
  const { descr, fortran, shape } = new HeaderParser(text, title).parse();
  const dtype = dtypeOf(descr, title);
  const elements = elementCount(shape);
  const bytes = elements === null ? null : byteCount(dtype, elements);
  const present = source.size - begin;
  if (bytes === null) throw malformed(title, `its shape ${shapeText(shape)} has more elements than can be counted`);
  const needs = `its shape ${shapeText(shape)} of ${descr} needs ${grouped(bytes)} bytes, and ${grouped(present)} are present`;
  if (bytes > present) throw cutOff(title, needs);
  if (bytes < present) throw malformed(title, needs);
  return { dtype, shape, fortran, begin, end: begin + bytes };
}

function dtypeOf(descr: string, title: string): Dtype {
  if (/^[|<>=]?O/.test(descr)) {
    throw malformed(
      title,
      `its elements are Python objects (${quoted(descr)}), which are a pickle that could run code`,
    );
  }
  const [, order, type] = /^([|<>=]?)(.*)$/s.exec(descr) ?? ['', '', ''];
  const dtype = DTYPES.get(type);
  if (dtype === undefined)
    throw malformed(title, `its elements are ${quoted(descr)}, which is no number type that is read`);
  if (order === '<' || (type.endsWith('1') && order === '|')) return dtype;
  throw malformed(title, `its elements are ${quoted(descr)}, and only little-endian ones ("<") are read`);
}

function malformed(title: string, what: string): StudioError {
  return new StudioError(
    'QS-FILE-04',
    `${title} is not a NumPy array that can be read: ${what}; download it again or save it with numpy.save as numbers`,
  );
}

function cutOff(title: string, what: string): StudioError {
  return new StudioError(
    'QS-FILE-03',
    `${title} is a NumPy array that ends early: ${what}, so the download was probably interrupted; download it again`,
  );
}

/** Python's {'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), } and nothing else. */
class HeaderParser {
  #at = 0;

  constructor(
    private readonly text: string,
    private readonly title: string,
  ) {}

  parse(): { descr: string; fortran: boolean; shape: number[] } {
    const found: { descr?: string; fortran?: boolean; shape?: number[] } = {};
    this.#expect('{');
    while (!this.#take('}')) {
      const key = this.#string();
      this.#expect(':');
      if (key === 'descr' && found.descr === undefined) found.descr = this.#descr();
      else if (key === 'fortran_order' && found.fortran === undefined) found.fortran = this.#boolean();
      else if (key === 'shape' && found.shape === undefined) found.shape = this.#shape();
      else this.#fail(`its header has ${quoted(key)} where it should not`);
      if (!this.#take(',')) {
        this.#expect('}');
        break;
      }
    }
    if (this.text.slice(this.#at).trim() !== '') this.#fail('something follows the dictionary in its header');
    const { descr, fortran, shape } = found;
    if (descr === undefined || fortran === undefined || shape === undefined) {
      return this.#fail('its header lacks descr, fortran_order or shape');
    }
    return { descr, fortran, shape };
  }

  #descr(): string {
    if (this.#peek() === '[') this.#fail('its elements are records of several fields');
    return this.#string();
  }

  #string(): string {
    return this.#token(/(['"])([^'"\\]*)\1/y, 'a string')[2];
  }

  #boolean(): boolean {
    return this.#token(/(True|False)\b/y, 'True or False')[1] === 'True';
  }

  /** A tuple of whole numbers; Python 2 wrote an L behind large ones. */
  #shape(): number[] {
    const sizes: number[] = [];
    this.#expect('(');
    while (!this.#take(')')) {
      const size = Number(this.#token(/(\d{1,16})L?\b/y, 'a whole number')[1]);
      if (!Number.isSafeInteger(size) || sizes.length === MOST_DIMENSIONS) this.#fail('its shape is too large');
      sizes.push(size);
      if (this.#take(',')) continue;
      if (sizes.length === 1) this.#fail('its shape is a number instead of a tuple');
      this.#expect(')');
      break;
    }
    return sizes;
  }

  #token(pattern: RegExp, what: string): RegExpExecArray {
    this.#peek();
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return this.#fail(`${what} was expected at character ${this.#at} of its header`);
    this.#at += found[0].length;
    return found;
  }

  #peek(): string {
    while (this.text.charAt(this.#at) === ' ') this.#at++;
    return this.text.charAt(this.#at);
  }

  #take(character: string): boolean {
    const taken = this.#peek() === character;
    if (taken) this.#at++;
    return taken;
  }

  #expect(character: string): void {
    if (!this.#take(character)) this.#fail(`'${character}' was expected at character ${this.#at} of its header`);
  }

  #fail(what: string): never {
    throw malformed(this.title, what);
  }
}
