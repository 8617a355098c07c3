import { describe, expect, it } from 'vitest';
import { createRoutes, formatRoute, parseRoute, type Route } from './route';

describe('routes', () => {
  it.each<[string, Route]>([
    ['#/library', { screen: 'library' }],
    ['#/recipe', { screen: 'recipe' }],
    ['#/run', { screen: 'run', id: null }],
    ['#/run/abc12', { screen: 'run', id: 'abc12' }],
    ['#/compare', { screen: 'compare', id: null }],
    ['#/compare/file%3A1', { screen: 'compare', id: 'file:1' }],
    ['#/c/1.AbC_-', { screen: 'link', payload: '1.AbC_-' }],
  ])('%s is read and written', (hash, route) => {
    expect(parseRoute(hash)).toEqual(route);
    expect(formatRoute(route)).toBe(hash);
  });

  it.each(['', '#', '#/', '#/nowhere', '#library/x/y', '#/run/%E0%A4%A'])('anything else is a screen: %s', (hash) => {
    expect(['library', 'run']).toContain(parseRoute(hash).screen);
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
});
