/** CrossQuant: a scale for each value, of its token's and its channel's ranges. */
import type { StepFace } from '../face';
import { ACTIVATION_PARAMETERS } from './activations.face';

export const crossQuantFace: StepFace = {
  id: 'cross_quant',
  slot: 'activations',
  title: 'CrossQuant',
  idea: 'Give each value a scale between that of its token and that of its channel, so that fewer small ones are rounded to zero.',
  formula: 's[i,j] = t_i^α · c_j^(1 − α) / (2^(b − 1) − 1),  t, c = largest |x| of the token and of the channel',
  citation: {
    text: 'Liu et al.: CrossQuant: A Post-Training Quantization Method with Smaller Quantization Kernel for Precise Large Language Model Compression, 2024.',
    url: 'https://arxiv.org/abs/2410.07505',
    bibtex:
      '@misc{liu2024crossquant, title={CrossQuant: A Post-Training Quantization Method with Smaller Quantization Kernel for Precise Large Language Model Compression}, author={Liu, Wenyuan and others}, year={2024}, eprint={2410.07505}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The formula of the abstract and of those who cite it, for the paper was not read; channels’ ranges are those of the calibration tokens, and their part is not folded into weights.',
  },
  parameters: {
    bits: ACTIVATION_PARAMETERS.bits,
    alpha: {
      kind: 'number',
      min: 0,
      max: 1,
      default: 0.15,
      label: 'α',
      help: 'Share of the token: 1 is a scale for each token, 0 one for each channel.',
    },
  },
  scope: () => 'stage',
  words: ({ bits, alpha }) => [`A${String(bits)}`, 'CrossQuant', `α ${String(alpha)}`],
  exports: () => 'own',
};
