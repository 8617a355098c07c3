import { describe, expect, it } from 'vitest';
import { fill } from './in-language';
import { chooseLanguage, LANGUAGES, localeOf } from './languages';

describe('the language of the page', () => {
  const choose = (preferred: readonly string[], stored: unknown = null, asked: string | null = null) =>
    chooseLanguage({ asked, stored, preferred });

  it('is the address’s before the stored one, and that before the browser’s', () => {
    expect(choose(['en-US'], 'en', 'zh-CN')).toBe('zh-CN');
    expect(choose(['en-US'], 'zh-CN')).toBe('zh-CN');
    expect(choose(['zh-CN'], 'en')).toBe('en');
    expect(choose(['zh-CN', 'en'])).toBe('zh-CN');
    expect(choose(['fr', 'zh-Hans-SG', 'en'])).toBe('zh-CN');
  });

  it('is English where nothing that there is was named', () => {
    for (const stored of [null, 7, 'tlh', '__proto__', {}]) expect(choose([], stored, 'xx')).toBe('en');
    expect(choose(['de', 'fr-CA'])).toBe('en');
    expect(choose(['enm', 'zhx'])).toBe('en');
  });

  it('is not simplified Chinese for who reads traditional', () => {
    expect(choose(['zh-TW', 'en'])).toBe('en');
    expect(choose(['zh-Hant-HK', 'zh-CN'])).toBe('zh-CN');
  });

  it('writes digits and dates as the visitor’s own kind of it does', () => {
    expect(localeOf('en', ['de', 'en-GB', 'en'])).toBe('en-GB');
    expect(localeOf('en', ['de'])).toBe('en');
    for (const none of ['en-US@posix', 'en_US.UTF-8', 'en-']) expect(localeOf('en', [none])).toBe('en');
    expect(localeOf('en', ['en-US@posix', 'en-GB'])).toBe('en-GB');
    expect(localeOf('zh-CN', ['en-US', 'zh-SG'])).toBe('zh-SG');
    for (const { lists } of Object.values(LANGUAGES)) expect(() => new Intl.ListFormat(lists)).not.toThrow();
  });
});

describe('words of another language', () => {
  const english = () => ({
    say: { title: 'Run', of: (n: number) => `${n} rows`, deep: { text: 'text', verbs: ['go'] }, list: ['a', 'b'] },
  });

  it('take the place of the English ones, in the very same objects', () => {
    const words = english();
    const { deep } = words.say;
    fill(words, { say: { title: '运行', of: (n: number) => `${n} 行`, deep: { text: '文本' }, list: ['甲', '乙'] } });
    expect(words.say.title).toBe('运行');
    expect(words.say.of(3)).toBe('3 行');
    expect(deep).toEqual({ text: '文本', verbs: ['go'] });
    expect(words.say.list).toEqual(['甲', '乙']);
  });

  it('stay English where they are missing or of another form, and nothing is added', () => {
    const words = english();
    fill(words, { say: { title: () => 'x', of: 'x', deep: 'x', more: 'x', __proto__: { list: ['x'] } }, other: {} });
    expect(words.say.title).toBe('Run');
    expect(words.say.of(2)).toBe('2 rows');
    expect(words).toEqual({ say: expect.not.objectContaining({ more: 'x' }) as unknown });
    expect(Object.keys(words)).toEqual(['say']);
    expect(words.say.list).toEqual(['a', 'b']);
  });
});
