/** What is refused before anything is stored. */
import { expect, it } from 'vitest';
import { imagesNpz } from '../run/testing/npz';
import { importFiles } from './library';

it('does not take a set of images for a model', async () => {
  const file = new Blob([new Uint8Array(imagesNpz(3, 4, 2, 1))]);
  await expect(importFiles([{ path: 'heldout.npz', file }])).rejects.toMatchObject({
    code: 'QS-FILE-04',
    message: expect.stringContaining('"heldout.npz" holds images, not weights') as unknown,
  });
});
