/** The words of a link with figures, and of what a run here comes to against them. */
import type { FileDifference } from '../../store/file-difference';
import * as format from '../format';
import { inLanguage } from '../language/in-language';

const places = (n: number, unit: 'layer' | 'block') => `${format.integer(n)} ${unit} ${n === 1 ? 'error' : 'errors'}`;

export const shared = {
  title: 'The author’s numbers',
  reading: 'Reading the link…',
  lead: (model: string) =>
    `Figures of ${model}, as they stand in the link. They were not computed here, and nobody has checked them: run the recipe here, and the page says how far yours are from these.`,
  noteTitle: 'The author writes',
  fault: (why: string) => `A part of this link cannot be read: ${why}.`,
  facts: {
    title: 'What these figures are of',
    model: 'Model',
    parameters: (n: string) => `${n} parameters`,
    fingerprint: 'Fingerprint',
    files: 'Files',
    fileText: (name: string, bytes: string, digits: string, sliced: boolean) =>
      `${name} · ${bytes} · SHA-256${sliced ? ' of slices' : ''} ${digits}…`,
    data: 'Data',
    dataText: (calibration: string, heldOut: string, seed: string) =>
      `${calibration}, judged on ${heldOut}; seed ${seed}`,
    machine: 'Computed',
    machineText: (adapter: string, date: string, engine: string) => `${date} on ${adapter}, engine version ${engine}`,
    rounding: 'Rounding',
    roundingText: (errors: string, digits: string) =>
      `errors to ${errors} of their value, all other figures to ${digits} digits`,
  },
  here: {
    title: 'Run it here',
    text: 'The same recipe on the same model. Nothing has run yet, and your own recipe stays as it is until you press the button; it can be had back.',
    run: 'Run it here',
    runSample: (title: string) => `Run it on ${title} here`,
    running: 'Running here. When it has finished, this page says how far your figures are from these.',
    toRun: 'Show the run',
    noGpu: 'Running needs WebGPU, and there is none here. Everything on this page can be read without it.',
    busy: 'Another run is at work; it can begin when that is over.',
    noRecipe: 'The link holds no recipe that this page can run, so the figures can only be read.',
    needModel: (name: string, print: string) =>
      `To run it, open ${name} first: drop its files anywhere on this page. It is the right one when its fingerprint begins with ${print}.`,
    namesake: (name: string) => `${name} is stored here, but it is another model than the author’s.`,
    needFiles: (files: string) =>
      `Beside the model the recipe reads ${files}, which is not there yet: drop it on the Recipe screen.`,
    library: 'To the library',
    toBench: 'Put this recipe on the bench',
  },
  difference: {
    title: 'Yours against the author’s',
    none: 'No run of this recipe on this model is in this browser yet.',
    same: 'Every figure of your run agrees with the author’s, as far as the link tells them.',
    other: 'Your run differs from the author’s.',
    ofMetric: (metric: string, within: number, all: number, unit: 'layer' | 'block') =>
      within === all
        ? `${metric}: all ${places(all, unit)} agree within the rounding of the link.`
        : `${metric}: ${format.integer(within)} of ${places(all, unit)} agree within the rounding of the link.`,
    worst: (row: string, place: string, ours: string, theirs: string, share: string) =>
      `Furthest is ${row} at ${place}: ${ours} here, ${theirs} there, ${share} apart.`,
    missing: (rows: string) => `Your run has no row ${rows}.`,
    why: 'Another graphics adapter adds in another order, so that rounding may fall to the other side in a few weights; large differences mean other data, another model or another version of the engine.',
    engines: (ours: string, theirs: string) =>
      `The engines differ: version ${ours} here, version ${theirs} there. A newer version may give other numbers.`,
    sameFiles: (n: number) =>
      n === 1
        ? 'The model’s file is the same, by its SHA-256.'
        : `All ${format.integer(n)} files of the model are the same, each by its SHA-256.`,
    otherFile: {
      other: (name: string) => `${name} is another file here than there.`,
      'only theirs': (name: string) => `${name} was there, and is not among the files here.`,
      'only ours': (name: string) => `${name} is here, and was not among the files there.`,
    } satisfies Record<FileDifference['is'], (name: string) => string>,
    ends: 'End to end',
    columns: { row: 'Row', measure: 'Figure', ours: 'Here', theirs: 'Author', away: 'Apart' },
    within: 'within rounding',
    chart: 'Difference from the author’s figure, layer by layer',
    axis: 'Difference from the author, % of the figure',
    axisShort: 'Difference, %',
    chartSummary: (metric: string, worst: string, rounding: string) =>
      `${metric}: the largest difference is ${worst} of the author’s figure; the link’s own rounding is up to ${rounding}.`,
    rounding: 'Rounding of the link: below it a difference says nothing',
    metric: 'Kind of error',
  },
};

await inLanguage({ shared }, { 'zh-CN': () => import('./words.zh-CN') });
