import { expect, it } from 'vitest';
import { strayUses } from './shared';
import { sharedPath } from './shared-path';

it('is the only way in which tests look at ../shared, so that a test without its files is a skip and never an empty suite', () => {
  expect(strayUses()).toEqual([]);
});

it('says that a folder is absent instead of naming a path that is not there', () => {
  expect(sharedPath('no-such-folder')).toBeNull();
});
