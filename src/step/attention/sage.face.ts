/** SageAttention2: integers for queries and keys, FP8 for probabilities and values. */
import type { StepFace } from '../face';
import { NO_ATTENTION } from './words';

export const sageFace: StepFace = {
  id: 'sage',
  slot: 'attention',
  title: 'SageAttention2',
  idea: 'Take the mean over tokens out of keys and queries, multiply what is left in a few bits, and mix values in FP8.',
  formula: 'S = fq(q − q̄)·fq(k − k̄)ᵀ + q̄·(k − k̄)ᵀ,  y = e4m3(P)·e4m3(v)',
  citation: {
    text: 'Zhang, Huang, Zhang, Wei, Zhu, Chen: SageAttention2: Efficient Attention with Thorough Outlier Smoothing and Per-thread INT4 Quantization, 2024.',
    url: 'https://arxiv.org/abs/2411.10958',
    bibtex:
      '@misc{zhang2024sageattention2, title={SageAttention2: Efficient Attention with Thorough Outlier Smoothing and Per-thread INT4 Quantization}, author={Zhang, Jintao and Huang, Haofeng and Zhang, Pengle and Wei, Jia and Zhu, Jun and Chen, Jianfei}, year={2024}, eprint={2411.10958}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The numbers of the released kernels (groups, half away from zero, FP8 by the query’s largest weight) without their speed; smoothing of queries is the paper’s, of which only the abstract was read, and smoothing of values, off in the release, is left out.',
  },
  parameters: {
    bits: {
      ...{ kind: 'integer', min: 4, max: 16, default: 4, unit: 'bits' },
      label: 'Bits',
      help: 'Width of a query’s and a key’s code: 4 in the paper, 8 in its released functions.',
    },
    groups: {
      ...{ kind: 'choice', choices: ['thread', 'block', 'token'], default: 'thread' },
      label: 'Groups',
      help: 'What shares a range: of blocks of 128 queries or 64 keys what a GPU’s thread holds, the whole block, or a token.',
    },
    smoothKeys: {
      ...{ kind: 'boolean', default: true },
      label: 'Smooth keys',
      help: 'Take the mean over a window’s tokens out of keys: exact, for it adds the same to all scores of a query.',
    },
    smoothQueries: {
      ...{ kind: 'boolean', default: true },
      label: 'Smooth queries',
      help: 'Take each block’s mean out of queries and add its scores, which are not quantized.',
    },
    values: {
      ...{ kind: 'choice', choices: ['e4m3', 'full'], default: 'e4m3' },
      label: 'Probabilities and values',
      help: 'e4m3: in FP8, probabilities by each query’s largest and values per channel; full: as they are.',
    },
  },
  scope: () => 'nothing',
  words: ({ bits, groups, smoothKeys, smoothQueries, values }) => [
    `Sage QK${String(bits)}`,
    ...(groups === 'thread' ? [] : [String(groups)]),
    ...(smoothKeys === true ? [] : ['keys not smooth']),
    ...(smoothQueries === true ? [] : ['queries not smooth']),
    ...(values === 'full' ? ['PV full'] : []),
  ],
  refuses: ({ attention }) => (attention ? null : NO_ATTENTION),
  exports: () => 'own',
};
