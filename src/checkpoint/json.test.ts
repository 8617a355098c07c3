import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonScanner } from './json';

const scannerOf = (text: string) =>
  new JsonScanner(text, (what, at) => {
    throw new SyntaxError(`${what} at ${at}`);
  });

const accepts = (text: string) => {
  const scanner = scannerOf(text);
  try {
    scanner.skip();
    scanner.end();
    return true;
  } catch (error) {
    if (error instanceof SyntaxError) return false;
    throw error;
  }
};

const parses = (text: string) => {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
};

describe('JsonScanner', () => {
  it('accepts what JSON.parse accepts and nothing else, on valid and on damaged JSON', () => {
    const damaged = fc
      .tuple(
        fc.json(),
        fc.nat(),
        fc.constantFrom('', '"', '\\', '{', '}', '[', ']', ',', ':', '0', '-', '.', 'e', ' ', '\n'),
      )
      .map(([text, at, character]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + character + text.slice(index + 1);
      });
    fc.assert(
      fc.property(fc.oneof(fc.json(), damaged, fc.string()), (text) => {
        expect(accepts(text)).toBe(parses(text));
      }),
      { numRuns: 5000 },
    );
  });

  it('reads strings with every escape as JSON.parse does', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (value) => {
        expect(scannerOf(JSON.stringify(value)).string()).toBe(value);
      }),
    );
    expect(scannerOf('"\\u0041\\n\\ud83d\\ude00\\/"').string()).toBe('A\n😀/');
  });

  it.each(['"\\ud800"', '"\\x41"', '"\\u12"', '"a', '"a\nb"', '"\\"'])('refuses the string %s', (text) => {
    expect(() => scannerOf(text).string()).toThrow(SyntaxError);
  });

  it('shows duplicate keys to the caller', () => {
    const scanner = scannerOf('{"a": 1, "a": 2}');
    const seen: string[] = [];
    scanner.object((key) => seen.push(key + scanner.numberToken()));
    expect(seen).toEqual(['a1', 'a2']);
  });

  it('stops at 64 levels, however deep the text goes', () => {
    const nested = (depth: number) => '['.repeat(depth) + ']'.repeat(depth);
    expect(accepts(nested(64))).toBe(true);
    expect(accepts(nested(65))).toBe(false);
    expect(() => scannerOf(nested(200_000)).skip()).toThrow('nested more than 64 deep at 65');
  });

  it('says what is wrong and where', () => {
    expect(() => scannerOf('{"a" 1}').skip()).toThrow("a colon after the key was expected, not '1' at 5");
    expect(() => scannerOf('[1').skip()).toThrow('the end of the array was expected, not the end of the text at 2');
  });
});
