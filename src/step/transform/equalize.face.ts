/** Cross-layer equalization: ranges of weights evened out, without data. */
import type { StepFace } from '../face';
import { pairParameters, pairWords, withoutPairs } from './pair-choice';

const PAIRS = pairParameters({ norms: false, values: true, down: true });

export const equalizeFace: StepFace = {
  id: 'equalize',
  slot: 'transform',
  title: 'Equalize',
  idea: 'Scale channels between two layers so that both have the same range of weights there; no data is asked for.',
  formula: 's = √(max|W₁,row| / max|W₂,column|),  W₁ ← diag(1/s)·W₁,  W₂ ← W₂·diag(s)',
  citation: {
    text: 'Nagel, van Baalen, Blankevoort, Welling: Data-Free Quantization Through Weight Equalization and Bias Correction, ICCV 2019.',
    url: 'https://arxiv.org/abs/1906.04721',
    bibtex:
      '@inproceedings{nagel2019datafree, title={Data-Free Quantization Through Weight Equalization and Bias Correction}, author={Nagel, Markus and van Baalen, Mart and Blankevoort, Tijmen and Welling, Max}, booktitle={ICCV}, year={2019}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The formulas, on the pairs that transformers have; norms as free partners are ours, and there are no batch norms whose biases could be absorbed.',
  },
  parameters: {
    ...PAIRS,
    norms: {
      ...PAIRS.norms,
      help: 'Also give the columns of layers behind a norm, or behind what steers a block, equal ranges: the norm’s gain takes the scales, and has no range to keep.',
    },
    sweeps: {
      kind: 'integer',
      min: 1,
      max: 500,
      default: 50,
      label: 'Sweeps',
      help: 'How often the pairs of a block are gone through at most: until no scale changes by more than a ten-thousandth.',
    },
  },
  scope: () => 'block',
  fitting: () => ({ passes: 0 }),
  words: (options) => ['Equalize', ...pairWords(options, PAIRS)],
  refuses: withoutPairs,
};
