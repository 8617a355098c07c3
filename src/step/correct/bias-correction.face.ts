/** Correction of what quantization does to the mean of a layer's outputs. */
import type { StepFace } from '../face';

export const biasCorrectionFace: StepFace = {
  id: 'bias_correction',
  slot: 'correct',
  title: 'Bias correction',
  idea: 'Add to each bias what quantization takes from the mean of the layer’s outputs.',
  formula: 'b ← b + W·E[x̃] − Ŵ·E[x]',
  citation: {
    text: 'Nagel, Fournarakis, Amjad, Bondarenko, van Baalen, Blankevoort: A White Paper on Neural Network Quantization, 2021.',
    url: 'https://arxiv.org/abs/2106.08295',
    bibtex:
      '@misc{nagel2021white, title={A White Paper on Neural Network Quantization}, author={Nagel, Markus and Fournarakis, Marios and Amjad, Rana Ali and Bondarenko, Yelysei and van Baalen, Mart and Blankevoort, Tijmen}, year={2021}, eprint={2106.08295}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The empirical form, on the quantized stream, layer after layer; means of outputs are those of inputs through the weights.',
  },
  parameters: {},
  scope: () => 'stage',
  words: () => ['Bias correction'],
  biases: true,
};
