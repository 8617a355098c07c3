/** SmoothQuant: range moved from inputs into weights. */
import type { StepFace } from '../face';
import { pairParameters, pairWords, withoutPairs } from './pair-choice';
import { alphaOption, POWERS } from './strength-options';

const PAIRS = pairParameters({ norms: true, values: false, down: false });

export const smoothFace: StepFace = {
  id: 'smooth',
  slot: 'transform',
  title: 'Smooth',
  idea: 'Divide each input channel by a scale, and multiply the weights that read it, so that both are easy to round.',
  formula: 's = max|x|^α / max|w|^(1 − α),  x ← x / s,  W ← W·diag(s)',
  citation: {
    text: 'Xiao, Lin, Seznec, Wu, Demouth, Han: SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models, ICML 2023.',
    url: 'https://arxiv.org/abs/2211.10438',
    bibtex:
      '@inproceedings{xiao2023smoothquant, title={SmoothQuant: Accurate and Efficient Post-Training Quantization for Large Language Models}, author={Xiao, Guangxuan and Lin, Ji and Seznec, Mickael and Wu, Hao and Demouth, Julien and Han, Song}, booktitle={ICML}, year={2023}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The released formula with its floors, on norms as released; values and down are options of ours, channels that are always zero keep a scale of 1.',
  },
  parameters: {
    alpha: alphaOption(
      'Share of the range that moves into weights: 0.5 for OPT and BLOOM, 0.85 for Llama 2, 0.8 for Mistral.',
    ),
    ...PAIRS,
    powers: POWERS,
  },
  scope: () => 'block',
  words: (options) => [
    'Smooth',
    `α ${String(options.alpha)}`,
    ...pairWords(options, PAIRS),
    ...(options.powers === true ? ['2ᵏ'] : []),
  ],
  refuses: withoutPairs,
};
