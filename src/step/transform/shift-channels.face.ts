/** Outlier Suppression+: channels moved to be centred, and the widest of them shrunk. */
import type { StepFace } from '../face';
import { pairWords, shiftParameters, withoutShifts } from './pair-choice';

const PAIRS = shiftParameters();

export const shiftChannelsFace: StepFace = {
  id: 'shift_channels',
  slot: 'transform',
  title: 'Shift channels',
  idea: 'Move each input channel so that its range is centred, by biases on either side, then shrink those that are wider than a threshold.',
  formula: 'z = (max + min)/2,  x ← (x − z)/s,  s = max(1, max|x − z|/t),  W ← W·diag(s),  b ← b + W·z',
  citation: {
    text: 'Wei, Zhang, Li, Zhang, Gong, Guo, Liu: Outlier Suppression+: Accurate Quantization of Large Language Models by Equivalent and Effective Shifting and Scaling, EMNLP 2023.',
    url: 'https://arxiv.org/abs/2304.09145',
    bibtex:
      '@inproceedings{wei2023outlier, title={Outlier Suppression+: Accurate Quantization of Large Language Models by Equivalent and Effective Shifting and Scaling}, author={Wei, Xiuying and Zhang, Yunchen and Li, Yuhang and Zhang, Xiangguo and Gong, Ruihao and Guo, Jinyang and Liu, Xianglong}, booktitle={EMNLP}, year={2023}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The shift is as released; thresholds go evenly in log from the widest range to a 64th of it, for the released lower bound of 1 leaves narrower inputs without a search, and errors are those of the linear layers on some of the calibration tokens, not of attention.',
  },
  parameters: {
    ...PAIRS,
    search: {
      kind: 'boolean',
      default: true,
      label: 'Scales',
      help: 'Also search the threshold above which channels are shrunk, by what the row’s own rounding loses of outputs.',
    },
    thresholds: {
      kind: 'integer',
      min: 2,
      max: 200,
      default: 20,
      label: 'Thresholds',
      help: 'How many are tried.',
    },
  },
  scope: () => 'block',
  readsWeights: true,
  readsActivations: true,
  words: (options) => [
    'Shift channels',
    ...pairWords(options, PAIRS),
    ...(options.search === false ? ['no scales'] : []),
  ],
  refuses: withoutShifts,
};
