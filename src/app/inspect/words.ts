/** What the inspect screen says; fetched with it. */
import type { Finding, HeaderWarning, LeftBecause } from '../../worker/protocol';
import * as format from '../format';
import { inLanguage } from '../language/in-language';

const plural = (n: number, one: string, many = `${one}s`) => (n === 1 ? one : many);
const counted = (n: number, one: string, many?: string) => `${format.integer(n)} ${plural(n, one, many)}`;

/** The first few names, and how many more there are. */
const named = (names: readonly string[]) =>
  names.length <= 3
    ? format.list(names)
    : `${names.slice(0, 3).join(', ')} and ${format.integer(names.length - 3)} more`;

const LEFT: Readonly<Record<LeftBecause, { readonly tag: string; readonly why: string }>> = {
  buffers: {
    tag: 'buffer',
    why: 'A buffer that the model makes anew from its config: what the file says of it is not used.',
  },
  experts: {
    tag: 'experts',
    why: 'Experts stacked in one tensor: the studio does not know which inputs reach which of them.',
  },
  routers: { tag: 'router', why: 'It sends tokens to experts: small, and an error in it sends them elsewhere.' },
  'state matrices': { tag: 'state', why: 'A parameter of a recurrence and no factor of a product.' },
  positions: { tag: 'positions', why: 'A table of positions: rows are looked up, not multiplied.' },
  'output heads': {
    tag: 'output head',
    why: 'The output head: every token’s probabilities come straight out of it, so it is left in full precision.',
  },
  embeddings: { tag: 'embedding', why: 'A table of embeddings: rows are looked up, not multiplied.' },
  biases: { tag: 'bias', why: 'A bias: one value an output, next to nothing in size.' },
  norms: { tag: 'norm', why: 'Of a norm: one value a channel, and every error in it is in all that follows.' },
  convolutions: { tag: 'convolution', why: 'A convolution that the studio does not take as a linear layer.' },
  'kernels of three dimensions': {
    tag: 'kernel',
    why: 'A kernel of three dimensions, which the studio does not take as a linear layer.',
  },
  'other tensors of three and more dimensions': {
    tag: 'not a matrix',
    why: 'Three dimensions and more: no matrix that inputs are multiplied by.',
  },
  'other vectors': { tag: 'vector', why: 'A vector: next to nothing in size.' },
  'small matrices': { tag: 'small', why: 'A matrix with fewer than eight rows or columns: not worth a grid.' },
  'other matrices': { tag: 'not a layer', why: 'A matrix that is none of the network’s linear layers.' },
  'no floats': { tag: 'no floats', why: 'Its values are whole numbers or codes: there is nothing to round.' },
  refused: { tag: 'not run', why: 'No run takes this checkpoint; see the sentence at the top.' },
  empty: { tag: 'empty', why: 'It has no values.' },
};

const warning = (of: HeaderWarning): string => {
  switch (of.kind) {
    case 'tied':
      return `The output head is ${of.tensor} itself (tied): it is stored once and used twice, and stays as it is.`;
    case 'same bytes':
      return `${named(of.tensors)} are the same bytes of the file.`;
    case 'empty':
      return `${named(of.tensors)} ${of.tensors.length === 1 ? 'has' : 'have'} no values.`;
    case 'unreadable':
      return `${named(of.tensors)}: ${of.tensors.length === 1 ? 'its' : 'their'} type, ${of.dtype}, packs several values into one, so shape and size are all that can be shown.`;
  }
};

const finding = (of: Finding): string => {
  switch (of.kind) {
    case 'not finite':
      return `${of.tensor} holds ${[...(of.nan > 0 ? [`${format.integer(of.nan)} NaN`] : []), ...(of.infinite > 0 ? [counted(of.infinite, 'infinite value')] : [])].join(' and ')}.`;
    case 'all zero':
      return `${of.tensor} holds nothing but zeros.`;
    case 'zero columns':
      return `${of.tensor}: ${format.integer(of.columns)} of ${counted(of.of, 'column')} ${of.columns === 1 ? 'holds' : 'hold'} nothing but zeros.`;
    case 'duplicates':
      return `${named(of.tensors)} hold the same values, bit for bit.`;
  }
};

export const say = {
  title: 'Inspect',
  titleOf: (name: string) => `Inspect ${name}`,
  lead: 'Look into any checkpoint: its tensors, what they hold, and what a run would do with each. Only what is shown is read, so a file of many gigabytes opens at once.',
  choose: 'Model',
  chooseNone: 'Choose a model',
  notStored: (name: string) => `${name} (not stored)`,
  openFiles: 'Look at files',
  openFolder: 'Look at a folder',
  openHint: 'Files are looked at where they are: nothing is stored or uploaded. Drop them anywhere on this screen.',
  opening: 'Reading headers…',
  library: 'Open the library',
  gone: 'There is no such model here.',
  noTensor: (name: string) => `This checkpoint has no tensor named ${name}.`,
  recipe: 'Quantize it',

  tree: 'Tensors',
  whole: 'The whole file',
  filter: 'Filter',
  filterHint: 'part of a name, or re: and an expression',
  filterFault: 'This is no regular expression.',
  kinds: { all: 'All', quantized: 'Quantized', left: 'Left' },
  kindsLabel: 'Which tensors',
  dtype: 'Type',
  anyDtype: 'Any type',
  shown: (n: number, of: number) =>
    n === of ? counted(n, 'tensor') : `${format.integer(n)} of ${counted(of, 'tensor')}`,
  noneShown: 'No tensor passes the filter.',
  outside: 'Outside of blocks',
  quantized: 'quantized',
  quantizedWhy: 'The weight of a linear layer: a run quantizes it.',
  shape: (shape: readonly number[]) => (shape.length === 0 ? 'scalar' : shape.map(format.integer).join(' × ')),
  leaf: (shape: string, dtype: string, values: string, bytes: string) => `${shape} · ${dtype} · ${values} · ${bytes}`,
  values: (n: number) => counted(n, 'value'),
  group: (tensors: number, bytes: string, quantized: number) =>
    `${counted(tensors, 'tensor')} · ${bytes}${quantized > 0 ? ` · ${format.integer(quantized)} quantized` : ''}`,
  left: LEFT,

  file: 'The file',
  facts: {
    format: 'Format',
    architecture: 'Architecture',
    unknown: 'unknown',
    tensors: 'Tensors',
    values: 'Values',
    size: 'Size',
    files: 'Files',
    ignored: 'Not used',
  },
  metadata: 'What the file says of itself',
  byType: 'By type',
  byKind: 'What a run does with it',
  shareColumns: {
    name: 'Type',
    kind: 'Tensors that are',
    tensors: 'Tensors',
    values: 'Values',
    bytes: 'Size',
    share: 'Share',
  },
  linear: 'linear layers: quantized',
  leftKind: (tag: string) => `${tag}: left`,
  warnings: 'Worth knowing',
  noWarnings: 'The headers give no cause for a warning.',
  warning,
  check: 'Read the whole file through',
  checkText: (bytes: string) =>
    `Finds NaN and infinity, tensors and columns of zeros, and tensors stored twice: reads all ${bytes}.`,
  checkRun: 'Read it through',
  checkAgain: 'Read it through again',
  checkClean: (tensors: number, bytes: string) =>
    `All ${counted(tensors, 'tensor')} (${bytes}) were read: every value is finite, no column is zero, and none is stored twice.`,
  checkDone: (findings: number) => `${counted(findings, 'finding')}:`,
  finding,
  moreFindings: (n: number) => `and ${format.integer(n)} more.`,
  stop: 'Stop',
  left_: 'Stopped.',
  progress: (share: string) => `${share} read`,

  asks: (values: string, bytes: string) =>
    `This tensor has ${values} (${bytes}). Its figures need all of them read twice, which may take a while.`,
  read: 'Read it',
  readAgain: 'Read it again',
  reading: 'Reading the tensor…',
  unreadable: (dtype: string) => `Its type, ${dtype}, packs several values into one, so there are no values to show.`,
  noValues: 'This tensor has no values.',
  about: 'About this tensor',
  statistics: {
    shape: 'Shape',
    dtype: 'Type',
    values: 'Values',
    size: 'Size',
    file: 'File',
    least: 'Least',
    greatest: 'Greatest',
    mean: 'Mean',
    rms: 'RMS',
    deviation: 'Standard deviation',
    kurtosis: 'Kurtosis (normal: 3)',
    zeros: 'Zeros',
    nan: 'NaN',
    infinite: 'Infinite',
    zeroColumns: 'Zero columns',
    zeroRows: 'Zero rows',
  },
  share: (n: string, share: string) => `${n} (${share})`,
  asMatrix: (rows: string, cols: string) => `Shown as a matrix of ${rows} rows and ${cols} columns.`,

  histogram: 'How its values are spread',
  histogramLine: 'Values',
  histogramAxis: 'Value',
  histogramY: 'Values in a bin',
  scale: 'Scale',
  scales: { linear: 'Linear', log: 'Log' },
  bin: (from: string, to: string) => `${from} to ${to}`,
  histogramSummary: (count: string, bins: string, within: string, peak: string, ratio: string) =>
    `${count} finite values in ${bins} equal bins. ${within} of them lie within 3 standard deviations of the mean; the largest magnitude is ${peak}, ${ratio} times the RMS.`,

  columns: 'Column by column',
  columnsOf: 'Of each column',
  columnsMeasures: { peak: 'Largest magnitude', kurtosis: 'Kurtosis' },
  columnsOrder: 'Order',
  columnsOrders: { place: 'By column', sorted: 'Largest first' },
  columnAxis: 'Column',
  rankAxis: 'Columns, largest first',
  columnY: { peak: 'Magnitude', kurtosis: 'Kurtosis (normal: 3)' },
  column: (first: string, last: string) => (first === last ? `column ${first}` : `columns ${first} to ${last}`),
  rank: (first: string, last: string) =>
    first === last ? `number ${first} in order` : `numbers ${first} to ${last} in order`,
  columnsSummary: (peak: string, column: string, ratio: string | null, zero: number | null) =>
    `The largest is ${peak}, in column ${column}${ratio === null ? '' : `, ${ratio} times the middle one`}.${zero ? ` ${counted(zero, 'column')} ${zero === 1 ? 'holds' : 'hold'} nothing but zeros.` : ''} A scale that several columns share is set by the largest of them.`,
  kurtosisSummary: (most: string, column: string, median: string) =>
    `The heaviest tails are in column ${column}, kurtosis ${most}; the middle column has ${median}, a normal distribution 3. Where it is large a few values stand far out, and a scale that reaches them is coarse for the others.`,
  kurtosisNone: 'No column has a spread, so there is no kurtosis to tell.',
  kurtosisBroken: 'Where all finite values of a column are the same there is no bar.',
  columnsBroken: 'Where a value is NaN or infinite there is no bar.',
  together: (width: string) => `Each bar is the largest of ${width} neighbouring columns.`,

  map: 'Where its large values are',
  mapHelp: (rows: string, cols: string) =>
    `One cell is the largest magnitude of ${rows} × ${cols} values: dark is small, bright is large. Point at a cell, or use the arrow keys; press it, or Enter, to see its values.`,
  mapReader: 'Map reader',
  mapSummary: (peak: string, place: string) => `The largest is ${peak}, at ${place}.`,
  cell: (place: string, peak: string) => `${place}: ${peak}`,
  cellPlace: (rows: string, cols: string) => `${rows}, ${cols}`,
  rowsOf: (first: string, last: string) => (first === last ? `row ${first}` : `rows ${first} to ${last}`),
  broken: 'NaN or infinity',

  table: 'Values',
  tableText: 'A window of at most 64 × 64 values, read from the file by itself. Rows and columns count from 0.',
  showTable: 'Show values',
  row: 'Row',
  col: 'Column',
  go: 'Go',
  copy: 'Copy as text',
  copied: 'Copied',
  window: (rows: string, cols: string) => `${rows}, ${cols}`,
  earlier: { up: 'Rows before', down: 'Rows after', left: 'Columns before', right: 'Columns after' },

  against: 'Against another checkpoint',
  againstText:
    'Which tensors only one of them has, which differ in shape or type, and by how much their values differ.',
  againstChoose: 'Other checkpoint',
  compare: 'Compare',
  compareValues: 'Compare the values',
  compareValuesText: (bytes: string) => `Reads all tensors of one shape in both (${bytes} in the first).`,
  close: 'Close',
  differences: 'Differences',
  differencesTable: (a: string, b: string) => `${a} against ${b}`,
  differenceColumns: { tensor: 'Tensor', is: 'What differs', relative: 'Relative', largest: 'Largest' },
  relativeHelp: 'Relative: ‖A − B‖ / ‖A‖ (Frobenius). Largest: max |a − b|.',
  onlyHere: 'only here',
  onlyThere: (name: string) => `only in ${name}`,
  differentShape: (a: string, b: string) => `shape: ${a} and ${b}`,
  differentType: (a: string, b: string) => `type: ${a} and ${b}`,
  sameBytes: 'equal to the bit',
  sameValues: 'equal values, stored otherwise',
  differentValues: (n: string) => `${n} differ`,
  brokenInOne: (n: number) => `${counted(n, 'value')} finite in one alone`,
  unread: 'not compared yet',
  cannotCompare: 'types that cannot be compared',
  headerSummary: (same: number, onlyA: number, onlyB: number, shape: number, dtype: number) =>
    [
      `${counted(same, 'tensor')} of one name and shape`,
      ...(onlyA > 0 ? [`${format.integer(onlyA)} only here`] : []),
      ...(onlyB > 0 ? [`${format.integer(onlyB)} only in the other`] : []),
      ...(shape > 0 ? [`${format.integer(shape)} of another shape`] : []),
      ...(dtype > 0 ? [`${format.integer(dtype)} of another type`] : []),
    ].join(', ') + '.',
  valueSummary: (equal: number, different: number, worst: string | null) =>
    `${format.integer(equal)} equal, ${format.integer(different)} different${worst === null ? '' : `; furthest apart: ${worst}`}.`,
  hideEqual: 'Only what differs',
  nothingDiffers: 'Nothing differs so far.',
  more: (n: number) =>
    `${format.integer(n)} more are not shown: filter the first checkpoint’s tensors, or use the command line’s inspect --against.`,
};

await inLanguage({ say }, { 'zh-CN': () => import('./words.zh-CN') });
