import { describe, expect, it } from 'vitest';
import { embedPlace } from './place';

describe('the address of an embedded chart', () => {
  it('is that of a link, with what the page around it wishes', () => {
    expect(embedPlace('#/e/1.AbC_-?theme=dark&m=weight&r=1')).toEqual({
      ...{ kind: 'chart', payload: '1.AbC_-', theme: 'dark', metric: 'weight', scale: 'ratio' },
    });
    expect(embedPlace('#/e/1.AbC?r=d')).toMatchObject({ scale: 'difference' });
    expect(embedPlace('#/e/1.AbC')).toEqual({
      ...{ kind: 'chart', payload: '1.AbC', theme: null, metric: null, scale: 'absolute' },
    });
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

describe('the address of an embedded step of a lesson', () => {
  it('is that of the lesson, whose own words stay as they are', () => {
    expect(embedPlace('#/e/lesson/residuals?c=3&theme=light&s=7&m=gptq')).toEqual({
      ...{ kind: 'lesson', id: 'residuals', query: 'c=3&s=7&m=gptq', theme: 'light' },
    });
    expect(embedPlace('#/e/lesson/rotation')).toEqual({ kind: 'lesson', id: 'rotation', query: '', theme: null });
  });

  it('is cut where it is long, and no name of a lesson is too strange to be shown', () => {
    const place = embedPlace(`#/e/lesson/${'x'.repeat(900)}?${'s=1&'.repeat(900)}`);
    expect(place?.kind === 'lesson' && [place.id.length, place.query.length]).toEqual([60, 600]);
  });
});
