/** Low-rank correction of what quantization takes from a layer, in the metric of its inputs. */
import type { StepFace } from '../face';
import { factorStorage, RANK_PARAMETERS, rankWords } from '../rank-options';

export const eoraFace: StepFace = {
  id: 'eora',
  slot: 'correct',
  title: 'EoRA',
  idea: 'Add to the quantized weight the low-rank product that brings the layer’s outputs nearest to what they were.',
  formula:
    'Ŵ ← Ŵ + B·A,  min tr((Δ − BA)·H·(Δ − BA)ᵀ):  B = U_r,  A = U_rᵀ·Δ,  U_r leading eigenvectors of Δ·H·Δᵀ,  Δ = W − Ŵ',
  citation: {
    text: 'Liu, Khadkevich, Fung, Sakr, Yang, Wang, Muralidharan, Yin, Cheng, Kautz, Wang, Molchanov, Chen: EoRA: Fine-tuning-free Compensation for Compressed LLM with Eigenspace Low-Rank Approximation, 2024.',
    url: 'https://arxiv.org/abs/2410.21271',
    bibtex:
      '@misc{liu2024eora, title={EoRA: Fine-tuning-free Compensation for Compressed LLM with Eigenspace Low-Rank Approximation}, author={Liu, Shih-Yang and others}, year={2024}, eprint={2410.21271}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The same product as the released SVD of Δ·S with S·Sᵀ = H, without the inverse of S, so that a singular H needs no floor; H is that of the row’s own stream, stage after stage, where the release collects it once a block. The asymmetric target is an addition.',
  },
  parameters: {
    ...RANK_PARAMETERS,
    target: {
      kind: 'choice',
      choices: ['symmetric', 'asymmetric'],
      default: 'symmetric',
      label: 'Target',
      help: 'symmetric: the layer’s outputs on the row’s own inputs; asymmetric: its outputs in the full-precision stream, so that drift of the inputs is mended too.',
    },
    damping: {
      kind: 'number',
      min: 0,
      max: 1,
      default: 0.01,
      unit: 'of the mean diagonal',
      label: 'Damping',
      help: 'Added to the Hessian diagonal where the asymmetric target is solved for, as a share of its mean.',
    },
  },
  scope: () => 'stage',
  words: (options) => ['EoRA', ...rankWords(options), ...(options.target === 'asymmetric' ? ['asymmetric'] : [])],
  parts: ['factors'],
  storage: factorStorage,
  needsHessian: () => true,
  needsDrift: ({ target }) => target === 'asymmetric',
};
