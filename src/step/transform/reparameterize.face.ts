/** RepQ-ViT: quantizers of single channels folded into one for all. */
import type { StepFace } from '../face';
import { pairWords, shiftParameters, withoutShifts } from './pair-choice';

const PAIRS = shiftParameters();

export const reparameterizeFace: StepFace = {
  id: 'reparameterize',
  slot: 'transform',
  title: 'Reparameterize',
  idea: 'Give each channel a quantizer of its own, then move and scale channels so that one quantizer of the whole tensor does the same.',
  formula: 'x ← x·s̃/s_c + s̃·(z_c − z̃),  s̃, z̃ = means of s_c, z_c,  W ← W·diag(s_c/s̃),  b ← b − W·(s_c·(z_c − z̃))',
  citation: {
    text: 'Li, Xiao, Yang, Gu: RepQ-ViT: Scale Reparameterization for Post-Training Quantization of Vision Transformers, ICCV 2023.',
    url: 'https://arxiv.org/abs/2212.08254',
    bibtex:
      '@inproceedings{li2023repqvit, title={RepQ-ViT: Scale Reparameterization for Post-Training Quantization of Vision Transformers}, author={Li, Zhikai and Xiao, Junrui and Yang, Lianwei and Gu, Qingyi}, booktitle={ICCV}, year={2023}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The released folding, with z̃ rounded so that codes stay integers, and the mean of zero points within the codes, so that a channel that hardly varies moves no other; the one quantizer’s ranges are then found by the row’s activation step. Ranges by two clips a channel are searched where RepQuant (arXiv:2402.05628, of which the abstract alone was read) learns them.',
  },
  parameters: {
    bits: {
      kind: 'integer',
      min: 2,
      max: 8,
      default: 4,
      label: 'Bits',
      unit: 'bits',
      help: 'Of the activations’ codes, as the row’s activation step has them.',
    },
    ranges: {
      kind: 'choice',
      choices: ['percentile', 'minmax', 'clips'],
      default: 'percentile',
      label: 'Ranges',
      help: 'Of a channel: of three percentiles (0.999, 0.9999, 0.99999) that of least squared error, least and greatest, or two clips searched one after the other (after RepQuant).',
    },
    ...PAIRS,
  },
  scope: () => 'block',
  words: (options) => [
    'Reparameterize',
    `${String(options.bits)}-bit`,
    ...(options.ranges === 'percentile' ? [] : [String(options.ranges)]),
    ...pairWords(options, PAIRS),
  ],
  refuses: withoutShifts,
};
