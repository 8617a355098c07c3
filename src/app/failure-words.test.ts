import { describe, expect, it } from 'vitest';
import { CATALOGUE } from '../method/catalogue';
import { FAILURE_WORDS } from './failure-words';
import { detailsOf } from './parts/failure';
import { recipeInShort } from './recipe-words';
import { FAKE_RECIPE } from './testing/fake-figures';
import { words } from './words';

describe('the words of failures', () => {
  it('are whole sentences, and no apologies', () => {
    for (const [code, { title, text }] of Object.entries(FAILURE_WORDS)) {
      expect(title, code).toMatch(/^[A-Z].*\.$/);
      if (text !== '') expect(text, code).toMatch(/^[A-Z].*\.$/);
      expect(`${title} ${text}`, code).not.toMatch(/oops|sorry|something went wrong/i);
    }
  });

  it('offer only verbs that have a word', () => {
    for (const { verbs } of Object.values(FAILURE_WORDS)) {
      for (const verb of verbs) expect(words.failure.verbs[verb]).toBeTruthy();
    }
  });

  it('leave names and contents out of what can be copied', () => {
    const details = detailsOf({
      code: 'QS-FILE-03',
      sentence: 'secret-model.safetensors ends early.',
      facts: { file: 'secret-model.safetensors', expected: 2048, present: 12 },
    });
    expect(details).not.toContain('secret');
    expect(details).toContain('QS-FILE-03');
    expect(details).toContain('expected: 2048');
  });
});

describe('a recipe in short', () => {
  it('names methods and bits', () => {
    expect(recipeInShort(FAKE_RECIPE)).toBe('RTN, GPTQ, GPTAQ and ResComp at 3 bits');
    expect(CATALOGUE.length).toBeGreaterThan(4);
  });
});
