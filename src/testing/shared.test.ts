import { expect, it } from 'vitest';
import { sharedPath } from './shared-path';

it('says that a folder is absent instead of naming a path that is not there', () => {
  expect(sharedPath('no such folder')).toBeNull();
});
