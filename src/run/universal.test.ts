/** The codebook that networks share: the same from whichever of them a run begins. */
import { describe, expect, it } from 'vitest';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { expandRows } from '../recipe/rows';
import { imageRecipe, tinyNetwork } from './testing/networks';
import { universalCodebooks } from './universal';

const FORMAT = { codewords: 16, dim: 2, steps: 1 };
const ROWS = [
  { method: 'kmeans', options: { codewords: 16, dim: 2 } },
  { method: 'vq4all', options: FORMAT },
  { method: 'vq4all', options: { ...FORMAT, steps: 2 } },
  { method: 'vq4all', options: { ...FORMAT, seed: 1 } },
  { method: 'vq4all', options: { ...FORMAT, rowScales: false } },
];

describe('the codebook that several networks share', async () => {
  const networks: Readonly<Record<string, Checkpoint>> = {
    vit: await tinyNetwork('vit'),
    vim: await tinyNetwork('vim'),
  };
  const rows = expandRows(imageRecipe(ROWS, 'random'));
  const numberOf = (method: number) => rows.findIndex(({ baseline }) => !baseline) + method;
  const draw = (own: string, others: readonly string[]) =>
    universalCodebooks(networks[own], rows, others, (name) => Promise.resolve(networks[name]));
  const valuesOf = ({ books }: Awaited<ReturnType<typeof draw>>) => [...books];

  it('is the same for each of them, however they are named', async () => {
    const first = await draw('vit', ['vim']);
    expect(valuesOf(await draw('vim', ['vit']))).toEqual(valuesOf(first));
    expect(valuesOf(await draw('vim', ['vim', 'vit', 'vit']))).toEqual(valuesOf(first));
    expect((await draw('vim', ['vit'])).notes).toEqual(first.notes);
  });

  it('is drawn once for rows of one format and seed, and only for methods with such a codebook', async () => {
    const { books, notes } = await draw('vit', ['vim']);
    expect([...books.keys()]).toEqual([1, 2, 3, 4].map(numberOf));
    expect(books.get(numberOf(1))).toBe(books.get(numberOf(2)));
    expect(books.get(numberOf(3))).not.toEqual(books.get(numberOf(1)));
    expect(books.get(numberOf(1))?.codewords).toHaveLength(32);
    // Of rows that keep their size, other codewords.
    const size = (method: number) => Math.max(...(books.get(numberOf(method))?.codewords ?? []).map(Math.abs));
    expect(size(4)).not.toBe(size(1));
    expect(notes).toHaveLength(3);
    expect(notes[0]).toMatch(
      /^One frozen codebook of 16 × 2 is drawn from (vit, vim|vim, vit); its number is [0-9a-f]{8}\.$/,
    );
  });

  it('is each network’s own where no other is named', async () => {
    const { books, notes } = await draw('vit', []);
    expect(books.get(numberOf(1))).toMatchObject({ networks: 1 });
    expect(notes).toEqual([]);
    const both = (await draw('vit', ['vim'])).books.get(numberOf(1));
    const vim = (await draw('vim', [])).books.get(numberOf(1));
    expect(both?.sharedBy).toBe((books.get(numberOf(1))?.sharedBy ?? 0) + (vim?.sharedBy ?? 0));
  });
});
