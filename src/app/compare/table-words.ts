/** Words of the comparison and its table. */
import { byMeasure } from '../../run/measures';
import type { Column } from '../../report/compare';
import type { ExportKind } from '../../worker/protocol';
import { inLanguage } from '../language/in-language';

const plural = (n: number, one: string, many = `${one}s`) => (n === 1 ? one : many);

export const compareWords = {
  title: 'Compare',
  which: 'Run',
  live: 'the run at hand',
  sampleRun: 'Sample, precomputed',
  notHere: 'not in this browser',
  stoppedRun: (name: string) => `${name}, stopped`,
  caption: 'Error of each layer',
  table: 'Methods',
  columns: {
    bitsPerWeight: 'bits/weight',
    activationBits: 'bits/activation',
    cacheBits: 'cache bits',
    fileBytes: 'file',
    meanError: 'mean error',
    p95Error: '95th percentile',
    worstError: 'worst layer',
    tokens: 'tokens',
    milliseconds: 'wall time',
    ...byMeasure(({ title, unit }) => (unit === null ? title : `${title}, ${unit}`)),
    // Beside KL, where room is short.
    ...{ klMedian: 'KL median', klTail: 'KL p99' },
  } satisfies Record<Column, string>,
  worstBlock: 'worst block',
  wholeFile: 'all weights',
  /** What a column's figures are, under its name. */
  intervals: { bootstrap: '95 % bootstrap', wilson: '95 % Wilson', none: 'no interval' },
  storedBits: 'stored',
  tailHelp: '99 % of the tokens, or images, have a smaller KL.',
  clockHelp: 'Wall-clock time, waiting and shared statistics included; not GPU timestamps.',
  method: 'Method',
  best: 'best',
  bestOf: (bits: string) => `best at ${bits} bits`,
  bestHelp: 'Best of the rows that store as many bits (within 2 %), by more than the 95 % interval.',
  bestRule:
    '“best” compares rows that store the same bits (within 2 %), and stands only where the lead is larger than the 95 % interval: of the difference over the places for a mean error, of that over the same windows for perplexity and accuracy (of the figure itself in older results). Without it nothing is separable.',
  baseline: 'baseline',
  zero: (figure: string) => `its transforms alone: ${figure}`,
  cacheParts: (key: string, value: string) => `keys ${key}, values ${value}`,
  besideBits: 'not in bits/weight',
  wins: (n: string, of: string) => `lowest in ${n} of ${of}`,
  interval: (low: string, high: string) => `${low} – ${high}`,
  errorsOf: {
    absolute: (metric: string) => `Mean and worst are of the ${metric}.`,
    ratio: (metric: string, baseline: string) =>
      `Mean and worst are of the ${metric} divided by that of ${baseline}, place by place.`,
    difference: (metric: string, baseline: string) =>
      `Mean and worst are of the ${metric} less that of ${baseline}, place by place.`,
  },
  notAvailable: 'Not available: it did not come to a number.',
  notYet: 'Not measured.',
  missing: (n: string, places: string) => `not available in ${n} ${places}`,
  layers: (n: number) => plural(n, 'layer'),
  blocks: (n: number) => plural(n, 'block'),
  full: 'Full precision',
  fullLine: (perplexity: string, tokens: string) => `Full precision: perplexity ${perplexity} on ${tokens} tokens.`,
  notEvaluated: 'This run ended before perplexity was measured.',
  indicative: (tokens: string) => `${tokens} tokens: indicative only.`,
  oneSeed: 'One seed: differences smaller than the intervals are noise.',
  marked: (n: number) => `${n} ${plural(n, 'layer')} retried or rounded`,
  exports: 'Export',
  exportOf: (label: string) => `Export ${label}`,
  exportFigures: 'Export figures',
  exporting: 'Exporting…',
  kinds: {
    safetensors: 'Weights, dequantized (.safetensors)',
    gptq: 'Weights, packed (GPTQ)',
    aqlm: 'Weights, one codebook a layer (AQLM)',
    codebook: 'Weights, codebooks and indices (.safetensors)',
    own: 'The whole row, with what acts at run time (.safetensors)',
  } satisfies Record<ExportKind, string>,
  refused: { title: 'This format cannot hold this row.', text: '' },
  notResults: {
    title: 'This results file cannot be shown.',
    text: '“Export figures” writes results files here, figures and reports with the results inside too; the command line writes results.json.',
  },
  building: (what: string) => `Building and re-reading: ${what}…`,
  ready: (what: string) => `${what} is ready.`,
  difference: (value: string) => `Largest difference after re-reading: ${value}.`,
  download: (name: string, size: string) => `Download ${name} (${size})`,
  notStored: 'Weights can be exported from runs of this browser.',
  openFile: 'Open a results file',
  importedRun: (name: string) => `From file: ${name}`,
  notKept: (name: string, why: string) =>
    `${name} is shown, but this browser could not keep it: open the file again after a reload. ${why}`,
  gone: {
    file: 'This results file is not in this browser any more.',
    fileText: 'Open it again to see its figures. A link to a results file works only in the browser that opened it.',
    run: 'This run is not stored in this browser.',
    runText: 'It may have been deleted, or it belongs to another browser. Its results file brings its figures back.',
    stopped: (done: string, total: string) =>
      `This run stopped after ${done} of ${total} quantized layers; its figures come back when it is resumed.`,
    sample: 'Show the sample',
    toRun: 'Open the run',
    reading: 'Reading…',
  },
};

await inLanguage({ compareWords }, { 'zh-CN': () => import('./table-words.zh-CN') });
