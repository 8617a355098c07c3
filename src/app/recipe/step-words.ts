/** The words of rows that are pipelines. A catalogue of its own: the first paint has no use for it. */
import type { Scope, Slot } from '../../step/face';
import { inLanguage } from '../language/in-language';

export const stepWords = {
  slots: {
    transform: 'Transform',
    allocate: 'Bits by layer',
    activations: 'Activations',
    attention: 'Attention and cache',
    weigh: 'Weights of tokens',
    split: 'Parts kept apart',
    weights: 'Weights',
    correct: 'Correction',
  } satisfies Record<Slot, string>,
  needs: {
    nothing: 'Nothing: it acts before any data.',
    stage: 'The row’s own calibration stream, as each stage comes.',
    block: 'The full-precision stream through each block, before the block is quantized.',
    network: 'A pass of its own through the whole network.',
  } satisfies Record<Scope, string>,
  steps: (row: number) => `Steps of row ${row}`,
  keys: 'Arrow keys go from step to step, Enter opens one, Delete removes it, Alt with an arrow moves it within its kind.',
  chip: (slot: string, text: string, faulty: boolean) =>
    `${text}, ${slot.toLowerCase()}${faulty ? ', has a fault' : ''}`,
  options: (title: string) => `Options of ${title}`,
  noOptions: 'It has no options.',
  add: (row: number) => `Add a step to row ${row}`,
  addMenu: 'Steps by kind',
  replaces: (slot: string, title: string) => `${slot}, in the place of ${title}`,
  thereAlready: 'The row has it already, and has room for one of its kind.',
  full: (most: number) => `A row has ${most} steps at most.`,
  before: 'Earlier',
  after: 'Later',
  removeStep: (title: string) => `Remove ${title}`,
  remove: 'Remove',
  lastStep: 'A row has one step at least.',
  unnamed: 'Name (optional)',
  name: (row: number) => `Name of row ${row}`,
  ownExport: 'no plain export',
  ownExportHelp: 'Some of its steps act while the network runs: no ordinary checkpoint can say them.',
  after_: (paper: string) => `after ${paper}`,
  added: (title: string, row: number) => `${title} is added to row ${row}.`,
  removed: (title: string, row: number) => `${title} is removed from row ${row}.`,
  moved: (title: string, at: number, of: number) => `${title} is step ${at} of ${of} now.`,
};

export const paperWords = {
  open: 'From a paper…',
  title: 'Systems of papers',
  lead: 'Each is a row of steps, which you can change afterwards. What it leaves out of its paper is said below it.',
  search: 'Search by name or kind of step',
  where: 'Where it goes',
  newRow: 'A new row',
  inPlaceOf: (row: number) => `In the place of row ${row}`,
  only: (model: string) => `Only what ${model} can have`,
  found: (n: number) => (n === 1 ? '1 paper' : `${n} papers`),
  use: 'Use',
  add: (title: string) => `Use ${title} as a new row`,
  set: (title: string, row: number) => `Use ${title} in the place of row ${row}`,
};

export const ablationWords = {
  menu: (row: number) => `More of row ${row}`,
  without: (n: number) => `Add the row without each step: ${n} rows`,
  ladder: (n: number) => `Add the ladder, step by step: ${n} ${n === 1 ? 'row' : 'rows'}`,
  noRoom: (room: number) => (room === 0 ? 'There is no room for more rows.' : `There is room for ${room} only.`),
};

await inLanguage({ stepWords, paperWords, ablationWords }, { 'zh-CN': () => import('./step-words.zh-CN') });
