/** What the report on calibration data says; fetched with it. */
import * as format from '../format';
import { inLanguage } from '../language/in-language';

const plural = (n: number, one: string, many = `${one}s`) => (n === 1 ? one : many);
const counted = (n: number, one: string, many?: string) => `${format.integer(n)} ${plural(n, one, many)}`;

export const calibrationWords = {
  title: 'Is the calibration data good?',
  text: 'Looks at what the data brings to each layer, and runs GPTQ on half of it, a half of that, and so on, to see whether more would help. Takes about as long as a few short runs.',
  ask: 'Look at the calibration data',
  again: 'Look again',
  stop: 'Stop',
  left: 'Stopped.',
  busy: 'Looking at the calibration data…',
  progress: (share: string) => `${share} done`,
  outdated: 'The recipe’s data have changed since.',
  none: 'This network is not known, so nothing is calibrated and there is nothing to look at.',
  facts: {
    data: 'Data',
    heldOut: 'Held out',
    tokens: { text: 'Tokens', classification: 'Patches', diffusion: 'Patches' },
    vocabulary: 'Vocabulary seen',
    known: 'Held-out tokens seen in it',
  },
  windows: (windows: number, length: number) => `${counted(windows, 'window')} of ${format.integer(length)}`,
  vocabulary: (distinct: string, size: string, share: string) => `${distinct} of ${size} (${share})`,

  /** How many stages have full rank, in a sentence. */
  rank: (full: number, looked: number) =>
    looked === full
      ? `Every one of ${counted(looked, 'stage')} has a Hessian of full rank: the data reach every direction of its inputs.`
      : `${format.integer(looked - full)} of ${counted(looked, 'stage')} ${looked - full === 1 ? 'has' : 'have'} a Hessian without full rank: there are directions of the inputs that no token goes in, and damping alone decides what happens to them.`,
  few: (stages: number) =>
    `${counted(stages, 'stage')} ${stages === 1 ? 'has' : 'have'} more inputs than there are tokens, so that the rank cannot be full: more or longer windows would help.`,
  dead: (inputs: number, stages: number) =>
    `${counted(inputs, 'input')} in ${counted(stages, 'stage')} ${inputs === 1 ? 'is' : 'are'} zero on every token.`,
  notLooked: (stages: number) =>
    `${counted(stages, 'stage')} ${stages === 1 ? 'has' : 'have'} too many inputs to be factored here: of those only tokens and inputs are told.`,

  stages: 'Stages as a table',
  stagesTable: 'Hessians of all stages',
  columns: {
    stage: 'Stage',
    inputs: 'Inputs',
    tokens: 'Tokens',
    rank: 'Rank',
    condition: 'Condition',
    damped: 'Damped',
    dead: 'Dead inputs',
  },
  conditionHelp:
    'Condition: the largest eigenvalue of H = XᵀX by its smallest, estimated; damped: with 1 % of the mean diagonal added.',
  singular: 'singular',

  curve: 'Error as calibration windows grow',
  curveMethod: (bits: number) => `GPTQ ${format.integer(bits)}-bit`,
  curveBaseline: (bits: number) => `RTN ${format.integer(bits)}-bit, needs no data`,
  curveAxis: 'Calibration windows',
  curveY: 'Mean held-out error',
  curvePlace: (windows: number, tokens: number) => `${counted(windows, 'window')}, ${counted(tokens, 'row')}`,
  /** From half the windows to all of them. */
  curveSummary: (from: string, to: string, change: number) => {
    const share = format.fineShare(Math.abs(change));
    const how =
      Math.abs(change) < 0.01 ? 'changes by less than 1 %' : change < 0 ? `falls by ${share}` : `grows by ${share}`;
    const advice =
      change < -0.01
        ? 'It still falls: more windows may help.'
        : change > 0.01
          ? 'It does not fall: a longer or different text, or more damping, may help more than more of the same.'
          : 'More of the same data would change little.';
    return `From ${from} to ${to} windows the mean held-out error ${how}. ${advice}`;
  },
  curveShort: 'One size of calibration set alone shows no trend.',
};

await inLanguage({ calibrationWords }, { 'zh-CN': () => import('./calibration-words.zh-CN') });
