/** Words of the account of stored bits. */
import type { LedgerPart } from '../run/events';
import { inLanguage } from './language/in-language';

export const ledgerWords = {
  title: 'Where the bits go',
  hint: 'Bits per weight of all quantized layers together, part by part. Nothing else of the model is counted.',
  table: 'Stored bits per weight, part by part',
  parts: {
    indices: 'codes',
    codebooks: 'codebooks',
    scales: 'scales',
    zeros: 'zero points',
    signs: 'signs',
    groups: 'group index',
    factors: 'low-rank factors',
    mask: 'places',
    tables: 'tables',
    vectors: 'vectors',
  } satisfies Record<LedgerPart, string>,
  partsHelp: {
    indices: 'Codes on a grid, indices of codewords in whole bits, or weights kept as they are',
    codebooks: 'Codewords, and the step of an 8-bit codebook',
    scales: 'Scales of groups or blocks, and the grid that small ones lie on',
    zeros: 'Zero points of asymmetric grids',
    signs: 'One bit a weight, where signs are stored apart',
    groups: 'Which group each column belongs to, where its place does not say',
    factors: 'Low-rank factors beside the codes, with their scales',
    mask: 'Which weights or columns are kept apart',
    tables: 'Levels of a fixed table',
    vectors: 'Biases and smoothing that belong to a layer',
  } satisfies Record<LedgerPart, string>,
  total: 'in all',
  size: 'size',
  against: 'against 16-bit',
  times: (value: string) => `${value}× smaller`,
  sixteen: '16-bit weights',
};

await inLanguage({ ledgerWords }, { 'zh-CN': () => import('./language/first.zh-CN') });
