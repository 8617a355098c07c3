/** What follows from a row's options before any work: planned size, the nearest grid, the label's words. */
import { describe, expect, it } from 'vitest';
import { FAMILIES } from './families';
import { CATALOGUE, faceOf } from './catalogue';
import { type MethodFace } from './face';
import { defaultOptions, GRID_PARAMETERS, type Options } from './parameters';

const { affine, codebook } = FAMILIES;
const GPTVQ: Options = {
  codewords: 16,
  dim: 2,
  codebookGroup: 2048,
  codebookColumns: 256,
  codebookBits: '8',
  emIterations: 100,
  scaleBlock: null,
};

describe('planned size', () => {
  it('of a grid is what the grid takes', () => {
    const options = { ...defaultOptions(GRID_PARAMETERS), bits: 4, groupSize: 64 };
    expect(affine.plannedLedger(options, 8, 128).parts).toMatchObject({ indices: 4096, scales: 256, zeros: 64 });
    const ordered = { ...options, actOrder: true, staticGroups: false };
    expect(affine.plannedLedger(ordered, 8, 128).parts.groups).toBe(128 * 32);
    expect(affine.plannedLedger({ ...ordered, staticGroups: true }, 8, 128).parts.groups).toBe(0);
  });

  it('of GPTVQ at the paper’s setting is 2 + 0.125 bits, and a step of 16 bits a book', () => {
    const account = codebook.plannedLedger(GPTVQ, 1024, 1024);
    expect(account.bitsPerWeight).toBe(2.125 + 16 / 2048);
    expect(account.parts.codebooks).toBe((1024 * 1024 * 272) / 2048);
  });

  it('of block scales is 4 bits each and their grids', () => {
    const { parts } = codebook.plannedLedger({ ...GPTVQ, scaleBlock: 64 }, 1024, 1024);
    expect(parts.scales).toBe(1024 * 16 * 4 + 16 * 64);
  });

  it('of one codebook a layer follows the layer', () => {
    const options = { codewords: 256, dim: 4, codebookBits: '32' };
    expect(codebook.plannedLedger(options, 64, 64).parts.codebooks).toBe(256 * 4 * 32);
    // 16 rows of 2 sub-vectors, the last of a row padded: no more than 32 codewords.
    expect(codebook.plannedLedger(options, 16, 7).parts).toMatchObject({ indices: 32 * 5, codebooks: 32 * 4 * 32 });
  });

  it('of split signs is a bit a weight', () => {
    const ssvq = { codewords: 16, dim: 8, codebookBits: '16', signs: 'learnt' };
    expect(codebook.plannedLedger(ssvq, 64, 64).parts).toMatchObject({
      signs: 64 * 64,
      indices: 64 * 8 * 4,
      scales: 0,
    });
    expect(codebook.plannedLedger({ ...ssvq, signs: 'fixed' }, 64, 64).parts.signs).toBe(64 * 64);
  });

  it('of codewords for networks of any size does not follow the layer, and each row has a scale', () => {
    const vq4all = { codewords: 4096, dim: 4, codebookBits: '16', rowScales: true };
    const { parts } = codebook.plannedLedger(vq4all, 8, 10);
    expect(parts).toMatchObject({ indices: 8 * 3 * 12, codebooks: 4096 * 4 * 16, scales: 8 * 16 });
    expect(codebook.plannedLedger({ ...vq4all, rowScales: false }, 8, 10).parts.scales).toBe(0);
  });

  it('lets a group be as high as brings it to its weights, and never empty', () => {
    const books = (options: Options, rows: number, cols: number) =>
      codebook.plannedLedger({ ...GPTVQ, codebookBits: '16', ...options }, rows, cols).parts.codebooks / (16 * 2 * 16);
    expect(books({}, 20, 512)).toBe(3 * 2);
    // Narrower than the group's columns: higher instead.
    expect(books({}, 64, 64)).toBe(2);
    expect(books({ codebookGroup: 64 }, 4, 512)).toBe(4 * 2);
    expect(books({ codebookColumns: null }, 8, 1024)).toBe(4);
    expect(books({ codebookGroup: null }, 8, 1024)).toBe(4);
  });
});

describe('the nearest grid', () => {
  it.each([
    [16, 2, 2],
    [256, 4, 2],
    [64, 2, 3],
    [2, 4, 2],
    [65536, 1, 8],
    [4096, 4, 3],
  ])('of K = %d, d = %d has %d bits', (codewords, dim, bits) => {
    expect(codebook.nearestGrid({ codewords, dim })).toEqual({ ...defaultOptions(GRID_PARAMETERS), bits });
  });

  it('counts the bit of a sign', () => {
    expect(codebook.nearestGrid({ codewords: 256, dim: 4, signs: 'learnt' }).bits).toBe(3);
  });

  it('of a grid is itself', () => {
    const options = { bits: 4, groupSize: 64, symmetric: true, clip: 'mse', progressive: false };
    expect(affine.nearestGrid({ ...options, damping: 0.1 })).toEqual(options);
  });
});

describe('labels', () => {
  const face: MethodFace = {
    ...faceOf('gptq'),
    family: 'codebook',
    parameters: {
      codewords: { kind: 'integer', min: 2, max: 65536, default: 256, label: 'Codewords', help: '' },
      seed: { kind: 'integer', min: 0, max: 9, default: 0, label: 'Seed', help: '' },
      scaleBlock: { kind: 'optional-integer', min: 8, max: 99, nullLabel: '', default: 64, label: 'Block', help: '' },
      exact: { kind: 'boolean', default: true, label: 'Exact', help: '' },
    },
  };
  const words = (options: Options) =>
    codebook.labelWords(face, { ...GPTVQ, seed: 0, scaleBlock: 64, exact: true, ...options });

  it('say codewords and dimension, and then what is not the default; bits depend on the layers and stand beside', () => {
    expect(words({ scaleBlock: null, codebookGroup: null })).toEqual(['K16', 'd2', 'Block –']);
    expect(words({ seed: 3, exact: false })).toEqual(['K16', 'd2', 'Seed 3', 'no Exact']);
  });
});

it('every method says a family, and has the options that its form shows in the open', () => {
  for (const { family, parameters } of CATALOGUE) {
    const { openOptions } = FAMILIES[family];
    expect(openOptions.some((name) => name in parameters)).toBe(true);
  }
});
