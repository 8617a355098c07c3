/** NoisyQuant: a fixed random vector added before rounding, and taken out again. */
import type { StepFace } from '../face';
import { seedOption } from '../seed-option';
import { ACTIVATION_PARAMETERS } from './activations.face';

export const noisyQuantFace: StepFace = {
  id: 'noisy_quant',
  slot: 'activations',
  title: 'NoisyQuant',
  idea: 'Add a fixed random number to each channel before it is rounded, and take what the layers make of it out of their biases: values between levels lose less.',
  formula: 'y = Q(x + N)·Wᵀ + (b − N·Wᵀ),  N_j ~ k·s·U(−1, 1),  k by least output error',
  citation: {
    text: 'Liu, Yang, Dong, Keutzer, Du, Zhang: NoisyQuant: Noisy Bias-Enhanced Post-Training Activation Quantization for Vision Transformers, CVPR 2023.',
    url: 'https://arxiv.org/abs/2211.16056',
    bibtex:
      '@inproceedings{liu2023noisyquant, title={NoisyQuant: Noisy Bias-Enhanced Post-Training Activation Quantization for Vision Transformers}, author={Liu, Yijiang and Yang, Huanrui and Dong, Zhen and Keutzer, Kurt and Du, Li and Zhang, Shanghang}, booktitle={CVPR}, year={2023}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'Uniform noise as in the paper (the release draws it normal), fewer strengths than its 2000, and no constant beside the noise; what is taken out is taken out of the inputs, which layers cannot tell from a bias.',
  },
  parameters: {
    bits: { ...ACTIVATION_PARAMETERS.bits, default: 6 },
    clip: {
      kind: 'boolean',
      default: true,
      label: 'Clip search',
      help: 'Also search the range, of 20 shares of the widest, by least output error.',
    },
    strengths: {
      kind: 'integer',
      min: 1,
      max: 200,
      default: 20,
      label: 'Strengths',
      help: 'How many are tried, from none to twice a step.',
    },
    seed: seedOption('Of the noise.'),
  },
  scope: () => 'stage',
  words: ({ bits, clip }) => [`A${String(bits)}`, 'NoisyQuant', ...(clip === true ? [] : ['no clip search'])],
  exports: () => 'own',
};
