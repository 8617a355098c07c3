import { describe, expect, it } from 'vitest';
import { StudioError } from '../base/errors';
import { FakeEngine } from '../app/testing/fake-engine';
import { engineFrom, restored } from './client';

describe('errors that crossed from the worker', () => {
  it('have their code and facts again', () => {
    const crossed = { name: 'StudioError', code: 'QS-GPU-03', message: 'too large', facts: { bytes: 12 } };
    const error = restored(crossed);
    expect(error).toBeInstanceOf(StudioError);
    expect(error).toMatchObject({ code: 'QS-GPU-03', message: 'too large', facts: { bytes: 12 } });
  });

  it('are bugs of ours when they are nothing else', () => {
    expect(restored(new TypeError('x is undefined'))).toMatchObject({ code: 'QS-APP-01', message: 'x is undefined' });
    expect(restored('text').code).toBe('QS-APP-01');
  });

  it('end every call when the worker dies', async () => {
    const dead = Promise.reject<never>(new StudioError('QS-APP-01', 'the worker stopped'));
    dead.catch(() => undefined);
    const silent = Object.assign(new FakeEngine(), { listModels: () => new Promise<never>(() => undefined) });
    await expect(engineFrom(silent, dead).listModels()).rejects.toMatchObject({ code: 'QS-APP-01' });
  });
});
