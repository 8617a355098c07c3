/** What the pictures of a run say; fetched with them. */
import * as format from '../format';
import { inLanguage } from '../language/in-language';

const times = (ratio: number | null) => (ratio === null ? format.NOT_AVAILABLE : format.value(ratio));

export const pictureWords = {
  allocation: {
    title: 'Bits by layer',
    row: 'Row',
    caption: 'What layers are predicted to lose, by the bits of all of them',
    front: (count: number) =>
      count === 1 ? 'Pareto front: one choice' : `Pareto front: ${format.integer(count)} choices that none beats`,
    frontShort: 'Front',
    chosen: 'Chosen',
    uniform: 'All layers alike',
    xAxis: 'Bits per weight',
    yAxis: (measure: string) => `Predicted loss (${measure})`,
    yShort: 'Predicted loss',
    /** Where a place of the chart is. */
    at: (bits: string) => `${bits} bits per weight`,
    uniformAt: (bits: string, name: string) => `${name} everywhere, ${bits} bits per weight`,
    summary: (bits: string, budget: string, error: string, exact: boolean) =>
      `Chosen: ${bits} bits per weight within a budget of ${budget}, predicted to lose ${error}${exact ? '' : '; sizes were rounded up to find it'}.`,
    against: (name: string, bits: string, error: string) =>
      `All layers ${name}: ${bits} bits per weight, predicted to lose ${error}.`,
    nearest: 'The choice and the rows beside it',
    columns: {
      choice: 'Choice',
      bits: 'Bits per weight',
      predicted: 'Predicted loss',
      error: 'Mean held-out error',
      perplexity: 'Perplexity',
      accuracy: 'Accuracy',
      prediction: 'Prediction error',
    },
    uniformRow: (name: string) => `all layers ${name}`,
    choice: 'The choice for each layer',
    /** '25 layers get 2-bit, 8 get 3-bit and 1 gets 4-bit.' */
    counts: (counts: readonly (readonly [name: string, count: number])[]) =>
      `${format.list(
        counts.map(([name, count], i) => {
          const [one, many] = i === 0 ? ['layer gets', 'layers get'] : ['gets', 'get'];
          return `${format.integer(count)} ${count === 1 ? one : many} ${name}`;
        }),
      )}.`,
    pinned: (count: number) =>
      count === 1 ? 'One more has its bits by a rule.' : `${format.integer(count)} more have their bits by rules.`,
    layers: 'Layers as a table',
    layer: 'Layer',
    chosenColumn: 'Chosen',
    lossAt: (name: string) => `Loss at ${name}`,
  },
  channels: {
    title: 'Channels before and after transforms',
    layer: 'Layer',
    view: 'Transforms',
    order: 'Order',
    orders: { channel: 'By channel', sorted: 'Largest first' },
    caption: 'How large each channel of a layer’s input gets, in full precision',
    before: 'before',
    after: 'after',
    peak: (which: string) => `Largest value, ${which}`,
    most: (which: string) => `99 % of values below, ${which}`,
    channelAxis: 'Channel',
    rankAxis: 'Channels, largest first',
    yAxis: 'Magnitude',
    channel: (number: string) => `channel ${number}`,
    channels: (first: string, last: string) => `channels ${first} to ${last}`,
    rank: (number: string) => `number ${number} by size`,
    panel: (which: string, ratio: number | null) => `${which} · peak ${times(ratio)} × RMS`,
    /** Of a view, in a sentence. */
    figures: (peak: string, ratio: number | null, median: number | null) =>
      `the largest value is ${peak}, ${times(ratio)} times the RMS, and the largest channel is ${times(median)} times the median one`,
    summary: (before: string, label: string, after: string) => `Before: ${before}. After ${label}: ${after}.`,
    together: (width: number) => `Each bar is the largest of ${format.integer(width)} neighbouring channels.`,
    sample: 'The 99 % are of a sample of the calibration tokens, all else is of all of them.',
  },
};

await inLanguage({ pictureWords }, { 'zh-CN': () => import('./words.zh-CN') });
