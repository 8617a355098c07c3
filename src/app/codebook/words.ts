/** Words of a layer’s codebook. */
import { inLanguage } from '../language/in-language';

export const codebookWords = {
  titleOf: (layer: string) => `Codebook of ${layer}`,
  open: (layer: string) => `Show the codebook of ${layer}`,
  close: 'Close the codebook',
  row: 'Method',
  book: 'Codebook',
  bookOf: (n: string, all: string) => `${n} of ${all}`,
  busy: 'Reading the stored codes…',
  none: 'This layer was rounded to a grid: it has no codebook.',
  tile: (rows: string, cols: string) => `rows ${rows}, inputs ${cols}`,
  facts: {
    size: 'Weight',
    shape: 'Codebook',
    tile: 'Stands for',
    used: 'Codewords in use',
    entropy: 'Entropy of use',
    signs: 'Signs',
    scales: 'Scales',
    shared: 'Shared',
  },
  sizeValue: (rows: string, cols: string) => `${rows} × ${cols}`,
  shapeValue: (codewords: string, dim: string, bits: string) =>
    `${codewords} codewords of ${dim}, ${bits} bits a value`,
  shared: 'with other layers and networks: counted in proportion',
  usedValue: (used: string, all: string) => `${used} of ${all}`,
  signsValue: 'one bit a weight, stored apart',
  scalesValue: (block: string) => `one for ${block} inputs, divided out here`,
  scatter: 'Sub-vectors and codewords',
  scatterHelp: (dots: string, dim: string) =>
    `${dots} sub-vectors (grey, a sample) and the codewords (discs, larger where used more often), first two of ${dim} values.`,
  scatterHelp2: (dots: string) =>
    `${dots} sub-vectors (grey, a sample) and the codewords (discs, larger where used more often).`,
  scatterHelp1: (dots: string) =>
    `${dots} weights (grey, a sample; spread up and down only to be seen) and the codewords (discs, larger where used more often).`,
  xAxis: 'first value',
  yAxis: 'second value',
  scatterSummary: (used: string, all: string, most: string, share: string) =>
    `${used} of ${all} codewords are in use; the most used, number ${most}, stands for ${share} of the sub-vectors.`,
  reader: 'Codebook reader',
  readerHelp:
    'Arrow keys right and left go from the most used codeword to the least used, Home and End to the first and last, Escape leaves.',
  word: (index: string) => `codeword ${index}`,
  wordSpoken: (index: string, x: string, y: string, share: string, place: string, of: string) =>
    `Codeword ${index}: ${x}, ${y}; ${share} of the sub-vectors; ${place} of ${of}`,
  wordUse: (share: string) => `${share} of the sub-vectors`,
  table: 'Codewords as a table',
  tableCaption: 'Codewords by use',
  columns: { index: 'codeword', first: 'first value', second: 'second value', count: 'sub-vectors', share: 'share' },
  more: (shown: string, all: string) => `The ${shown} most used of ${all}.`,
  usage: 'How often each codeword is used, most used first',
  usageSentence: (entropy: string, even: string) =>
    `Entropy of use ${entropy} of 1. The line is where all would be used alike: ${even} sub-vectors each.`,
  map: 'Which codeword stands where',
  mapHelp: (rows: string, cols: string) =>
    `One cell a sub-vector: outputs down, inputs across; the tile’s first ${rows} × ${cols}. Colour: the codeword, from the smallest first value (dark) to the largest (bright).`,
  mapSummary: (used: string, all: string, cells: string) =>
    `${used} of ${all} codewords occur in these ${cells} sub-vectors.`,
  mapTable: 'The corner as numbers',
  mapCorner: 'Indices of the first sub-vectors, outputs down, inputs across',
  signsTitle: 'Signs',
  signsHelp: (rows: string, cols: string) => `One cell a weight: dark for minus; the tile’s first ${rows} × ${cols}.`,
  signsSummary: (share: string) => `${share} are minus.`,
  ledger: 'Bits of the layer',
  perWeight: 'bits/weight',
};

await inLanguage({ codebookWords }, { 'zh-CN': () => import('./words.zh-CN') });
