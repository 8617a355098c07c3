/** The words of trainings and codebooks; a part of the catalogue in words.ts. */
import type { Measure } from './run/training-chart';

export const training = {
  caption: 'Training, block by block',
  waiting: 'The first steps appear here.',
  measure: 'What is shown',
  measures: {
    loss: { name: 'Loss', axis: (of: string) => `loss: ${of}` },
    settled: { name: 'Settled', axis: (of: string) => `share ${of}` },
    usage: { name: 'Codeword use', axis: () => 'entropy of codeword use, 1: all alike' },
  } satisfies Record<Measure, { name: string; axis: (of: string) => string }>,
  block: 'Block',
  allBlocks: 'All blocks',
  blockAxis: 'training steps, block by block',
  stepAxis: 'training step',
  step: 'step',
  place: (block: string, percent: string) => `block ${block}, ${percent} of its steps`,
  point: (block: string, step: string, steps: string) => `block ${block}, step ${step} of ${steps}`,
  stepPlace: (step: string) => `step ${step}`,
  now: (block: string, step: string, steps: string) => `block ${block} · step ${step} of ${steps}`,
  lossNow: (of: string) => `Loss, ${of}`,
  settledNow: (name: string) => name.replace(/^./, (letter) => letter.toUpperCase()),
  usageNow: 'Codeword use',
  usageHelp: 'Entropy of how often each codeword is used, divided by its largest value: 1 where all are used alike',
  memory: 'Memory of a step',
  memoryHelp: 'What the block’s way there and back holds on the GPU at most, measured before the first step',
  memoryValue: (bytes: string, windows: number) => `${bytes} for ${windows} ${windows === 1 ? 'window' : 'windows'}`,
  ratios: 'Largest ratio of each sub-vector',
  ratiosHelp: 'Filled: now. Outlined: before the first step.',
  ratiosSentence: (sure: string, unsure: string) =>
    `${sure} of the sub-vectors have a largest ratio above 0.9, ${unsure} one below 0.5.`,
  ratiosTable: 'Largest ratios as a table',
  ratio: 'largest ratio',
  ratioBin: (from: string, to: string) => `${from} – ${to}`,
  atStart: 'at the start',
  atPresent: 'now',
  notes: 'Steps taken back',
  summary: (label: string, block: string, from: string, to: string, settled: string, name: string) =>
    `${label}, block ${block}: loss from ${from} to ${to}, ${settled} ${name}.`,
  nothing: 'No step has been told yet.',
  moving: (layer: string) => `Codewords of ${layer} on the move`,
  movingSentence: (share: string) => `On average they have moved ${share} of their spread since the first step.`,
  pausing: 'Pausing after the step in work',
  pauseHint: 'Pauses after the step in work',
  pauseHintLayer: 'Pauses after the layer in work',
  cancelText: 'The training in work is stored where it stops.',
};

export const codebook = {
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
