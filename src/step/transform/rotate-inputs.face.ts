/** Rotation of what linear layers read, while the network runs: for networks whose residual stream allows none. */
import type { StepFace } from '../face';
import { seedOption } from '../seed-option';
import { alphaOption } from './strength-options';

export const rotateInputsFace: StepFace = {
  id: 'rotate_inputs',
  slot: 'transform',
  title: 'Rotate inputs',
  idea: 'Turn the inputs of every linear layer by a random Hadamard transform as the network runs, and divide what stands out after that.',
  formula: 'x ← (x·D·Ĥᵀ) / s,  W ← (W·D·Ĥᵀ)·diag(s),  s = max|x·D·Ĥᵀ|^α / max|W·D·Ĥᵀ|^(1 − α)',
  citation: {
    text: 'Feng, Qin, Wu, Yang, Li, Li, An, Huang, Zhang, Magno, Xu: Quantized Visual Geometry Grounded Transformer, 2025.',
    url: 'https://arxiv.org/abs/2509.21302',
    bibtex:
      '@misc{feng2025quantvggt, title={Quantized Visual Geometry Grounded Transformer}, author={Feng, Weilun and Qin, Haotong and Wu, Mingqiang and others}, year={2025}, eprint={2509.21302}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The release’s order, rotation and then scales, by a fast transform in the place of its dense matrix and with maxima of the rotated weights, which it takes before the rotation; maxima are of all calibration windows and not a moving mean, and nothing is learned.',
  },
  parameters: {
    smooth: {
      kind: 'boolean',
      default: true,
      label: 'Smooth',
      help: 'Divide the rotated channels by scales of their own.',
    },
    alpha: alphaOption('Share of the range that these scales move into weights.'),
    seed: seedOption('Of the random signs.'),
  },
  scope: () => 'block',
  words: ({ smooth, alpha }) => [
    'Rotate inputs',
    ...(smooth === true ? (alpha === 0.5 ? [] : [`α ${String(alpha)}`]) : ['not smooth']),
  ],
  exports: () => 'own',
};
