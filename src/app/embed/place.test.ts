import { describe, expect, it } from 'vitest';
import { embedPlace } from './place';

describe('the address of an embedded chart', () => {
  it('is that of a link, with what the page around it wishes', () => {
    expect(embedPlace('#/e/1.AbC_-?theme=dark&m=weight&r=1')).toEqual({
      ...{ payload: '1.AbC_-', theme: 'dark', metric: 'weight', scale: 'ratio' },
    });
    expect(embedPlace('#/e/1.AbC?r=d')).toMatchObject({ scale: 'difference' });
    expect(embedPlace('#/e/1.AbC')).toEqual({ payload: '1.AbC', theme: null, metric: null, scale: 'absolute' });
  });

  it('takes no wish that it does not know', () => {
    expect(embedPlace('#/e/1.A?theme=pink&m=magic&r=yes')).toMatchObject({
      theme: null,
      metric: null,
      scale: 'absolute',
    });
  });

  it.each(['', '#/c/1.A', '#/library', '#/ex/1'])('is not %s', (hash) => expect(embedPlace(hash)).toBeNull());
});
