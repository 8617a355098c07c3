import type { LayerResult, StageName } from '../run/events';
import type { Metric } from '../report/series';
import type { RunPhase } from '../store/run-view';
import type { Theme } from '../store/settings';
import { summary } from './compare-words';
import { images } from './image-words';
import { notes, place } from './note-words';
import { training } from './training-words';
import { inLanguage } from './language/in-language';

const plural = (n: number, one: string, many = `${one}s`) => (n === 1 ? one : many);

const shell = {
  name: 'Quantelier',
  skip: 'Skip to the content',
  screens: {
    library: 'Library',
    inspect: 'Inspect',
    recipe: 'Recipe',
    run: 'Run',
    compare: 'Compare',
    lesson: 'Lessons',
    link: 'Shared figures',
  },
  share: 'Share',
  keys: 'Keyboard shortcuts',
  navigation: 'Screens',
  noModel: 'No model open',
  gpuOpening: 'Opening the GPU…',
  gpuNone: 'No WebGPU',
  gpuSoftware: 'software',
  gpuUnnamed: 'This browser does not tell which graphics adapter it uses.',
  gpuChip: (name: string) => `WebGPU · ${name}`,
  storageChip: (used: string, quota: string) => `${used} of about ${quota}`,
  storageLabel: 'Browser storage used',
  themes: { system: 'System', light: 'Light', dark: 'Dark' } satisfies Record<Theme, string>,
  themeNow: (theme: string, next: string) => `Theme: ${theme}. Change to ${next}`,
  privacy:
    'Everything runs in this tab. We have no server, no account, no cookies and no analytics; the page’s security policy lets it reach nothing but the address it came from.',
  privacyHow: 'How to check',
  privacyCheck: [
    'Open the developer tools (F12) and reload this page with the Network panel open.',
    'Every line goes to the address you opened, for the studio’s own files. Drop a model and run it: the only new lines are the studio’s own files and samples.',
    'In the Elements panel the first line of the head is the policy: connect-src ’self’ lets the page reach nothing else.',
    'Or switch the network off: everything goes on, also after a reload, once this browser has kept the studio’s files (a few seconds after the first visit).',
  ],
  dropHere: 'Drop to open',
  dropHint: 'Files stay on this machine',
  close: 'Close',
  title: (screen: string) => `${screen} · Quantelier`,
  titleRunning: (percent: string, method: string) => `${percent} · ${method} · Quantelier`,
  language: {
    // In both, for who came to the other by accident.
    label: 'Language · 语言',
    later: 'The page changes its language when it is loaded anew, once the run is over.',
    missing:
      'Some words could not be fetched in your language, and stand in English. Load the page anew when there is a connection.',
  },
};

const library = {
  heroTitle: 'See where quantization error goes.',
  heroLine: 'Runs in this tab. Your files never leave it.',
  heroRun: 'Run it on this GPU',
  heroNoGpu: 'Not here: running needs WebGPU, and there is none. The figures below were computed beforehand.',
  heroOpen: 'Open your own model',
  heroTeach: 'Teach me, step by step',
  heroRunning: 'Open the run',
  precomputed: 'precomputed',
  placeholder: 'placeholder figures',
  precomputedBy: (adapter: string, date: string) => `on ${adapter}, ${date}`,
  computing: 'computing on your GPU',
  computed: 'computed on your GPU',
  heroCaption: (model: string) => `Error of each layer of ${model}, method by method`,
  title: 'Library',
  dropTitle: 'Drop a model',
  dropText:
    'A folder or files: .safetensors or PyTorch (.bin, .pt, .pth), also in several parts, or NumPy (.npz, .npy), with config.json and, for text, tokenizer.json. To calibrate with: a text (.txt or .jsonl), or images (.npz). Weights alone can be rounded. Nothing is uploaded.',
  chooseFiles: 'Choose files',
  chooseFolder: 'Choose folder',
  importing: (what: string) => `Reading ${what}…`,
  samples: 'Samples',
  samplesTable: 'Models that come with the studio',
  sampleColumns: { sample: 'Sample', about: 'What it is', size: 'Size', actions: 'Actions' },
  openSample: 'Open',
  samplesHint: 'Trained for this studio; under the same licence, Apache-2.0.',
  models: 'Your models',
  noModels: 'None yet. What you drop is kept in this browser until you delete it.',
  modelsTable: 'Stored models',
  columns: {
    name: 'Name',
    size: 'Size',
    architecture: 'Architecture',
    parameters: 'Parameters',
    data: 'Data',
    actions: 'Actions',
  },
  noData: 'none',
  unknownArchitecture: 'unknown: weight-only methods',
  sampleTag: 'sample',
  openTag: 'open',
  open: (name: string) => `Open ${name}`,
  openWord: 'Open',
  inspect: (name: string) => `Inspect ${name}`,
  remove: (name: string) => `Delete ${name}`,
  removeWord: 'Delete',
  rename: (name: string) => `Rename ${name}`,
  nameOf: (name: string) => `Name of ${name}`,
  saveName: 'Save',
  keepName: 'Keep the old one',
  origin: {
    folder: (name: string) => `folder ${name}`,
    loose: (n: number) => `${n} loose ${plural(n, 'file')}`,
    added: (date: string) => `added ${date}`,
  },
  runs: 'Runs',
  runsTable: 'Stored runs',
  runColumns: { run: 'Run', state: 'State', layers: 'Layers', updated: 'Updated', actions: 'Actions' },
  runStates: { running: 'stopped', cancelled: 'cancelled', finished: 'finished', elsewhere: 'running in another tab' },
  resume: 'Resume',
  show: 'Show',
  stoppedTitle: (what: string, done: string) => `${what} stopped at ${done}.`,
  elsewhereTitle: (what: string, done: string) => `${what} is running in another tab: ${done}.`,
  elsewhereText: 'It is watched, paused and cancelled there. It can be resumed here once that tab is closed.',
  stoppedText: (when: string) => `The tab was closed or reloaded (${when}). What was finished is saved.`,
  storage: 'Storage',
  storageUse: (used: string, quota: string) =>
    `About ${used} of about ${quota} used. The browser only gives an estimate.`,
  persisted: 'This browser has agreed to keep the data.',
  notPersisted:
    'Your browser may delete these files when space runs low. Safari also deletes site data after 7 days without a visit. Export results you want to keep.',
  persist: 'Ask the browser to keep this data',
  machine: {
    title: 'This GPU',
    adapter: 'Adapter',
    buffer: 'Largest binding',
    f16: 'Half precision',
    timing: 'Timing',
    yes: 'yes',
    no: 'no',
    wallTime: 'wall clock; the GPU has timestamps, which only the benchmarks use',
    clockOnly: 'wall clock',
    software: 'A software adapter: correct, but slow. No time measured on it says anything about a real GPU.',
    unnamed: (software: boolean) =>
      `This browser does not tell the adapter’s name; by what a barrier costs it, it is ${software ? 'software' : 'hardware'}.`,
  },
  persistRefused:
    'The browser did not agree. It may after you have used the studio for a while, or once it is installed or bookmarked.',
};

const phases = {
  starting: 'Preparing',
  running: 'Running',
  pausing: 'Pausing after this layer',
  paused: 'Paused',
  cancelling: 'Stopping',
  finished: 'Finished',
  cancelled: 'Cancelled',
  failed: 'Stopped by a failure',
} satisfies Record<RunPhase, string>;

const run = {
  title: 'Run',
  titleOf: (model: string) => `Run · ${model}`,
  none: 'Nothing is running.',
  noneText: 'Write a recipe and run it, or watch the sample.',
  noFigures:
    'Its finished layers are saved, and its figures come back when it is resumed: what is stored is read, not computed again.',
  unknown: 'This run is not stored in this browser.',
  phases,
  preparing: 'Preparing the GPU and the plan. The first time this takes some seconds.',
  fetching: 'Fetching the sample…',
  layers: (done: string, total: string, layers: string, rows: string) =>
    rows === '1' ? `${done} of ${total} layers` : `${done} of ${total} (${layers} layers × ${rows} rows)`,
  left: (time: string) => `about ${time} left`,
  leftLonger: (time: string) => `taking longer than planned, about ${time} left`,
  pause: 'Pause',
  continue: 'Continue',
  cancel: 'Cancel',
  cancelTitle: 'Stop this run?',
  cancelText: (done: string) => `What is finished stays, with its figures: ${done}. The run can be resumed later.`,
  cancelEarly: 'Nothing is finished yet.',
  cancelYes: 'Stop and keep them',
  cancelNo: 'Go on',
  resume: 'Resume',
  compare: 'Compare',
  newRun: 'Change the recipe',
  stages: {
    allocate: 'Allocate',
    load: 'Load',
    fit: 'Fit',
    train: 'Train',
    forward: 'Forward',
    hessian: 'Hessian',
    factor: 'Factor',
    columns: 'Columns',
    measure: 'Measure',
    evaluate: 'Evaluate',
  } satisfies Record<StageName, string>,
  stagesLabel: 'What the engine is doing',
  queue: 'Layers',
  error: 'error',
  state: 'state',
  bits: 'bits',
  allRows: 'All rows',
  wallTime: 'wall time',
  wallTimeHelp:
    'By the clock, not the GPU’s own: until the layer’s codes were there, added over the rows. The first of siblings also waits for what they share.',
  errorSpan: 'error, min–max',
  errorSpanHelp: (metric: string) => `${metric}: the lowest and the highest of the rows`,
  planNotes: 'Notes of the plan',
  untilFirst: 'precomputed, until the first layer is there',
  queueTable: 'Layers in order, with their error and time',
  block: (n: string) => `block ${n}`,
  statuses: {
    queued: 'queued',
    running: 'running',
    done: 'done',
    retried: 'retried',
    rounded: 'rounded',
    stored: 'quantized',
  } satisfies Record<LayerResult['status'] | 'queued' | 'running' | 'stored', string>,
  storedHelp: 'Quantized, not yet measured',
  facts: {
    calibration: (tokens: string) => `Calibration ${tokens}`,
    heldOut: (tokens: string) => `Held-out ${tokens}`,
    damping: 'Damping used',
    gpu: 'GPU',
    elapsed: 'Worked, by the clock',
  },
  notices: 'Notices',
  chartCaption: 'Error of each layer, as it is computed',
  hiddenTab: 'Browsers slow down hidden tabs: keep this one visible for full speed.',
  live: {
    started: (model: string) => `Run on ${model} started.`,
    quarter: (percent: string, left: string) => `${percent} done${left === '' ? '' : `, ${left}`}.`,
    paused: 'Run paused.',
    finished: 'Run finished.',
    cancelled: 'Run cancelled.',
    failed: 'Run stopped by a failure.',
  },
  progressText: (done: string, left: string) => `${done}${left === '' ? '' : `, ${left}`}`,
};

const metrics = {
  output: {
    name: 'Output',
    axis: 'relative error of the layer’s output',
    of: 'layer output error',
    unit: 'relative',
  },
  heldOutOutput: {
    name: 'Held-out output',
    axis: 'relative error of the layer’s output, held-out data',
    of: 'held-out layer output error',
    unit: 'relative',
  },
  hessian: {
    name: 'Hessian-weighted',
    axis: 'Hessian-weighted relative error of the weight',
    of: 'Hessian-weighted error',
    unit: 'relative',
  },
  weight: { name: 'Weight', axis: 'relative error of the weight', of: 'weight error', unit: 'relative' },
  block: {
    name: 'Block MSE',
    axis: 'mean squared error of the block’s output',
    of: 'block output error',
    unit: 'output units²',
  },
} satisfies Record<Metric, { name: string; axis: string; of: string; unit: string }>;

const chart = {
  waiting: 'The first layer appears here.',
  metric: 'Metric',
  scale: 'Values',
  scales: {
    absolute: () => 'Absolute',
    ratio: (baseline: string) => `Ratio to ${baseline}`,
    difference: (baseline: string) => `Difference to ${baseline}`,
  },
  axes: {
    absolute: (axis: string) => axis,
    ratio: (axis: string, baseline: string) => `${axis}, ÷ ${baseline}`,
    difference: (axis: string, baseline: string) => `${axis}, − ${baseline}`,
  },
  /** Where the whole name of an axis does not fit. */
  shortAxes: {
    absolute: (name: string) => name,
    ratio: (name: string, baseline: string) => `${name} ÷ ${baseline}`,
    difference: (name: string, baseline: string) => `${name} − ${baseline}`,
  },
  shortUnit: (name: string, unit: string) => `${name}, ${unit}`,
  layerAxis: 'layer',
  layersByBlock: 'layers in order, numbered by block',
  blockAxis: 'block',
  reader: 'Chart reader',
  readerHelp:
    'Arrow keys left and right move along a line, up and down change the line, Home and End go to its ends, Page Up and Page Down move by ten, T opens the table, S reads the summary.',
  readerPin: 'Enter pins the values at the cursor, and so does a click or a tap.',
  readerOpen: 'O, or a click, opens the codebook of the layer at the cursor.',
  point: (series: string, place: string, value: string) => `${series}, ${place}: ${value}`,
  pointMarked: (text: string, status: string) => `${text}, ${status}`,
  pinned: (text: string) => `Pinned: ${text}`,
  unpinned: 'Unpinned',
  empty: 'No values yet',
  table: 'Data table',
  tableCaption: (metric: string) => `${metric} by layer`,
  legend: 'Lines',
};

const failure = {
  details: 'Copy details',
  copied: 'Details copied',
  dismiss: 'Dismiss',
  verbs: {
    retry: 'Try again',
    reload: 'Reload',
    resume: 'Resume',
    library: 'Open the library',
    recipe: 'Open the recipe',
    files: 'Choose other files',
    inspect: 'Inspect them',
    storage: 'Free space',
    show: 'Show what works',
  },
};

export const words = {
  shell,
  library,
  run,
  metrics,
  chart,
  summary,
  training,
  images,
  failure,
  notes,
  place,
};

await inLanguage({ words }, { 'zh-CN': () => import('./language/first.zh-CN') });
