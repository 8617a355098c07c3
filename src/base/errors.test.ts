import { describe, expect, it } from 'vitest';
import { asSentence } from './errors';

describe('a message as a sentence', () => {
  it.each([
    ['tensor "w" ends early; download it again', 'Tensor "w" ends early; download it again.'],
    ['recipe.rows is 3: it must be a list.', 'recipe.rows is 3: it must be a list.'],
    ['--bits is "three": it must be a number', '--bits is "three": it must be a number.'],
    ['bug: not this way!', 'Bug: not this way!'],
    ['"model.pt" would run a program', '"model.pt" would run a program.'],
    ['', ''],
  ])('%j is %j', (message, sentence) => {
    expect(asSentence(message)).toBe(sentence);
  });
});
