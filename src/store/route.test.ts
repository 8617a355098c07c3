import { describe, expect, it } from 'vitest';
import { createRoutes, formatRoute, isPresented, parseRoute, placeOf, type Route } from './route';

describe('routes', () => {
  it.each<[string, Route]>([
    ['#/library', { screen: 'library' }],
    ['#/recipe', { screen: 'recipe' }],
    ['#/run', { screen: 'run', id: null }],
    ['#/run/abc12', { screen: 'run', id: 'abc12' }],
    ['#/compare', { screen: 'compare', id: null }],
    ['#/compare/file%3A1', { screen: 'compare', id: 'file:1' }],
    ['#/lesson', { screen: 'lesson', id: null, query: '' }],
    ['#/lesson/residuals', { screen: 'lesson', id: 'residuals', query: '' }],
    ['#/lesson/residuals?s=12&m=gptaq', { screen: 'lesson', id: 'residuals', query: 's=12&m=gptaq' }],
    ['#/inspect', { screen: 'inspect', key: null, tensor: null }],
    ['#/inspect/file-a1', { screen: 'inspect', key: 'file-a1', tensor: null }],
    ['#/inspect/a/x.0%2Fkernel', { screen: 'inspect', key: 'a', tensor: 'x.0/kernel' }],
    ['#/c/1.AbC_-', { screen: 'link', payload: '1.AbC_-' }],
  ])('%s is read and written', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(formatRoute(route)).toBe(hash);
  });

  it.each(['', '#', '#/', '#library'])('none is the library: %s', (hash) => {
    expect(parseRoute(hash)).toEqual({ screen: 'library' });
  });

  it.each(['#/nowhere', '#library/x/y', '#/e/1.abc', '#/%E0%A4%A'])(
    'another address is not a screen, and stays in sight: %s',
    (hash) => {
      const route = parseRoute(hash);
      expect(route).toEqual({ screen: 'unknown', path: hash.slice(1) });
      expect(formatRoute(route)).toBe(hash);
    },
  );

  it('keeps a run whose name cannot be decoded, and cuts what is too long to be shown', () => {
    expect(parseRoute('#/run/%E0%A4%A')).toEqual({ screen: 'run', id: '%E0%A4%A' });
    expect(parseRoute(`#/${'x'.repeat(9999)}`)).toEqual({ screen: 'unknown', path: `/${'x'.repeat(199)}` });
  });

  it('of a lesson are one place whatever its step, of a bounded length', () => {
    const route = parseRoute(`#/lesson/residuals?s=3&p=1&${'x'.repeat(9999)}`);
    expect(placeOf(route)).toBe('#/lesson/residuals');
    expect(isPresented(route)).toBe(true);
    expect(isPresented(parseRoute('#/lesson/residuals?p=10'))).toBe(false);
    expect(formatRoute(route).length).toBeLessThan(700);
    expect(placeOf(parseRoute('#/run/abc'))).toBe('#/run/abc');
  });

  it('of one file’s tensors are one place', () => {
    const [file, tensor] = ['#/inspect/a', '#/inspect/a/w'].map(parseRoute);
    expect(placeOf(tensor)).toBe(placeOf(file));
    expect(placeOf(parseRoute('#/inspect/b'))).not.toBe(placeOf(file));
  });

  it('follow the address and move it', () => {
    const listeners: (() => void)[] = [];
    const location = { hash: '#/recipe', replace: (url: string) => void (location.hash = url) };
    const store = createRoutes({ location, addEventListener: (_, listener) => listeners.push(listener) });
    expect(store.getState().route.screen).toBe('recipe');
    store.getState().go({ screen: 'run', id: 'a' });
    expect(location.hash).toBe('#/run/a');
    location.hash = '#/compare';
    for (const listener of listeners) listener();
    expect(store.getState().route).toEqual({ screen: 'compare', id: null });
  });

  it('take nobody back who has gone on, though it has not been told yet', () => {
    const listeners: (() => void)[] = [];
    const location = { hash: '#/recipe', replace: (url: string) => void (location.hash = url) };
    const store = createRoutes({ location, addEventListener: (_, listener) => listeners.push(listener) });
    store.getState().replace({ screen: 'run', id: 'a' });
    expect(location.hash).toBe('#/run/a');
    location.hash = '#/library';
    store.getState().replace({ screen: 'run', id: 'b' });
    expect(location.hash).toBe('#/library');
    for (const listener of listeners) listener();
    expect(store.getState().route.screen).toBe('library');
  });
});
