/** A low-rank branch in high precision beside the quantized rest. */
import type { StepFace } from '../face';
import { factorStorage, RANK_PARAMETERS, rankWords } from '../rank-options';

export const svdquantFace: StepFace = {
  id: 'svdquant',
  slot: 'split',
  title: 'SVDQuant',
  idea: 'Let a small branch of low rank hold the leading singular directions of a weight, and quantize what is left.',
  formula: 'W ≈ B·A + Q(W − B·A),  B·A = SVD_r(W − Q),  y = x·(B·A)ᵀ + x̂·Q(W − B·A)ᵀ',
  citation: {
    text: 'Li, Lin, Zhang, Cai, Li, Guo, Xie, Meng, Zhu, Han: SVDQuant: Absorbing Outliers by Low-Rank Components for 4-Bit Diffusion Models, ICLR 2025.',
    url: 'https://arxiv.org/abs/2411.05007',
    bibtex:
      '@inproceedings{li2025svdquant, title={SVDQuant: Absorbing Outliers by Low-Rank Components for 4-Bit Diffusion Models}, author={Li, Muyang and Lin, Yujun and Zhang, Zhekai and Cai, Tianle and Li, Xiuyu and Guo, Junxian and Xie, Enze and Meng, Chenlin and Zhu, Jun-Yan and Han, Song}, booktitle={ICLR}, year={2025}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The released alternation of decomposing and rounding, which ends where the error grows; the error is tr(ΔHΔᵀ) and not that of a module with its inputs quantized, every layer has a branch of its own, smoothing is a step before, and the last fit to the final codes and the metric of the inputs are additions.',
  },
  parameters: {
    ...RANK_PARAMETERS,
    metric: {
      kind: 'choice',
      choices: ['plain', 'hessian'],
      default: 'plain',
      label: 'Metric',
      help: 'What the branch is fitted by: plain, the weights as the paper has it; hessian, the layer’s outputs.',
    },
    iterations: {
      kind: 'integer',
      min: 1,
      max: 100,
      default: 4,
      label: 'Iterations',
      help: 'Rounds of decomposing W − Q and rounding the rest, at most: the best is kept, and the first that is no better ends them.',
    },
    refit: {
      kind: 'boolean',
      default: true,
      label: 'Refit',
      help: 'Fit the branch once more to the codes that came out, where that makes the layer better.',
    },
  },
  scope: () => 'stage',
  words: (options) => [
    'SVDQuant',
    ...rankWords(options),
    ...(options.metric === 'hessian' ? ['by H'] : []),
    ...(options.iterations === 4 ? [] : [`${String(options.iterations)}×`]),
    ...(options.refit === true ? [] : ['no refit']),
  ],
  parts: ['factors'],
  storage: factorStorage,
  needsHessian: ({ metric, iterations, refit }) => metric === 'hessian' || iterations !== 1 || refit === true,
};
