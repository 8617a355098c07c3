/**
 * A JSON reader for hostile text: it walks the text one member at a time, so the caller sees duplicate keys
 * (JSON.parse keeps the last one silently), decides what each value may be before any of it is built, and never recurses
 * past a depth limit. Strict RFC 8259; in addition a string must not hold half of a surrogate pair.
 */
const DEEPEST = 64;

export type JsonKind = 'object' | 'array' | 'string' | 'number' | 'literal';

/** Called with what is wrong and the character it is at; must throw. */
export type JsonFailure = (what: string, at: number) => never;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const LITERALS = ['true', 'false', 'null'];
const KINDS = new Map<string, JsonKind>([
  ['{', 'object'],
  ['[', 'array'],
  ['"', 'string'],
  ['-', 'number'],
  ...[...'0123456789'].map((digit) => [digit, 'number'] as const),
  ...[...'tfn'].map((initial) => [initial, 'literal'] as const),
]);

export class JsonScanner {
  #at = 0;
  #depth = 0;
  readonly #text: string;
  readonly #fail: JsonFailure;
  readonly #skippers: Readonly<Record<JsonKind, () => void>> = {
    object: () => this.object(() => this.skip()),
    array: () => this.array(() => this.skip()),
    string: () => this.string(),
    number: () => this.numberToken(),
    literal: () => this.#literal(),
  };

  constructor(text: string, fail: JsonFailure) {
    this.#text = text;
    this.#fail = fail;
  }

  /** Refuses the value being read: for callers whose rules are narrower than JSON's. */
  refuse(what: string): never {
    return this.#fail(what, this.#at);
  }

  /** The kind of the value that comes next. */
  kind(): JsonKind {
    return KINDS.get(this.#peek()) ?? this.refuse(`a value was expected, not ${this.#found()}`);
  }

  /** Walks an object: `visit` gets each key in order, duplicates included, and must read or skip its value. */
  object(visit: (key: string) => void): void {
    this.#enter('{', 'an object');
    if (!this.#take('}')) {
      do {
        const key = this.string();
        this.#expect(':', 'a colon after the key');
        visit(key);
      } while (this.#take(','));
      this.#expect('}', 'a comma or the end of the object');
    }
    this.#depth--;
  }

  /** Walks an array: `visit` must read or skip one item a call. */
  array(visit: () => void): void {
    this.#enter('[', 'an array');
    if (!this.#take(']')) {
      do visit();
      while (this.#take(','));
      this.#expect(']', 'a comma or the end of the array');
    }
    this.#depth--;
  }

  string(): string {
    if (this.#peek() !== '"') this.refuse(`a string was expected, not ${this.#found()}`);
    const text = this.#text;
    const begin = this.#at;
    let escaped = false;
    let end = begin + 1;
    for (; ; end++) {
      const code = text.charCodeAt(end);
      if (code === QUOTE) break;
      if (!(code >= 0x20)) this.#fail('a string holds a control character or never ends', end); // NaN at the end of the text
      if (code === BACKSLASH) {
        escaped = true;
        end++;
      }
    }
    this.#at = end + 1;
    return escaped ? this.#unescaped(begin, end + 1) : text.slice(begin + 1, end);
  }

  /** A number as it is written. */
  numberToken(): string {
    this.#peek();
    const pattern = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
    pattern.lastIndex = this.#at;
    const token = pattern.exec(this.#text)?.[0];
    if (token === undefined) return this.refuse(`a number was expected, not ${this.#found()}`);
    this.#at += token.length;
    return token;
  }

  /** Reads one value of any kind, checks its grammar and drops it. */
  skip(): void {
    this.#skippers[this.kind()]();
  }

  /** Nothing but white space may follow. */
  end(): void {
    if (this.#peek() !== '') this.refuse(`${this.#found()} follows the end`);
  }

  #literal(): void {
    const literal = LITERALS.find((word) => this.#text.startsWith(word, this.#at));
    if (literal === undefined) this.refuse(`a value was expected, not ${this.#found()}`);
    this.#at += literal.length;
  }

  /** The next character after white space, or '' at the end. */
  #peek(): string {
    for (;;) {
      const character = this.#text.charAt(this.#at);
      if (character !== ' ' && character !== '\n' && character !== '\t' && character !== '\r') return character;
      this.#at++;
    }
  }

  #take(character: string): boolean {
    const taken = this.#peek() === character;
    if (taken) this.#at++;
    return taken;
  }

  #expect(character: string, what: string): void {
    if (!this.#take(character)) this.refuse(`${what} was expected, not ${this.#found()}`);
  }

  #enter(bracket: string, what: string): void {
    this.#expect(bracket, what);
    if (++this.#depth > DEEPEST) this.refuse(`values are nested more than ${DEEPEST} deep`);
  }

  #found(): string {
    const character = this.#text.charAt(this.#at);
    if (character === '') return 'the end of the text';
    return /[!-~]/.test(character) ? `'${character}'` : `character U+${hex(character.charCodeAt(0))}`;
  }

  /** The token from quote to quote, by the platform's parser: the only part of JSON whose decoding is worth borrowing. */
  #unescaped(begin: number, end: number): string {
    let value: string;
    try {
      value = String(JSON.parse(this.#text.slice(begin, end)));
    } catch {
      return this.#fail('a string holds an unknown escape or a control character', begin);
    }
    if (/\p{Surrogate}/u.test(value)) this.#fail('a string holds half of a surrogate pair', begin);
    return value;
  }
}

function hex(code: number): string {
  return code.toString(16).toUpperCase().padStart(4, '0');
}
