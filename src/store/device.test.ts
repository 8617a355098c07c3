/** How adapters are called. */
import { describe, expect, it } from 'vitest';
import type { GpuDescription } from '../worker/protocol';
import { adapterName, isUnnamed } from './device';

const NOTHING: GpuDescription = {
  vendor: '',
  architecture: '',
  device: '',
  description: '',
  software: false,
  features: [],
  limits: {},
};

describe('an adapter', () => {
  it.each([
    [{ vendor: 'apple', architecture: 'metal-3', description: 'Apple M3' }, 'Apple M3'],
    [{ vendor: 'google', architecture: 'swiftshader' }, 'google swiftshader'],
    [{ vendor: 'nvidia', architecture: 'lovelace', device: '0x2684' }, 'nvidia 0x2684'],
  ])('is called by the shortest name it gives: %o', (given, name) => {
    expect(adapterName({ ...NOTHING, ...given })).toBe(name);
    expect(isUnnamed({ ...NOTHING, ...given })).toBe(false);
  });

  it.each([{}, { vendor: ' ', description: '' }])('that gives none is called unnamed: %o', (given) => {
    expect(adapterName({ ...NOTHING, ...given })).toBe('unnamed adapter');
    expect(isUnnamed({ ...NOTHING, ...given })).toBe(true);
  });
});
