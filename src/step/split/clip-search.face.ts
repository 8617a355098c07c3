/** AWQ's clip search: how far the largest weights of a group may stand out before they are rounded. */
import type { StepFace } from '../face';

export const clipSearchFace: StepFace = {
  id: 'clip_search',
  slot: 'split',
  title: 'Clip search',
  idea: 'Clip each group of weights where its outputs lose least by rounding: a narrower range has finer levels.',
  formula: 'W ← clamp(W, ±κ·max|W_G|),  κ = argmin δ·H_GG·δᵀ,  δ = Q(clamp(W_G)) − W_G',
  citation: {
    text: 'Lin, Tang, Tang, Yang, Chen et al.: AWQ: Activation-aware Weight Quantization for On-Device LLM Compression and Acceleration, MLSys 2024.',
    url: 'https://arxiv.org/abs/2306.00978',
    bibtex:
      '@inproceedings{lin2024awq, title={AWQ: Activation-aware Weight Quantization for On-Device LLM Compression and Acceleration}, author={Lin, Ji and Tang, Jiaming and Tang, Haotian and Yang, Shang and Chen, Wei-Ming and others}, booktitle={MLSys}, year={2024}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The released levels, group by group, queries and keys left out; by the second moments of all of the row’s own tokens, where the release takes at most 512 tokens in full precision.',
  },
  parameters: {
    steps: {
      kind: 'integer',
      min: 2,
      max: 100,
      default: 20,
      label: 'Steps',
      help: 'Levels are 1, 1 − 1/n, 1 − 2/n …',
    },
    shrink: {
      kind: 'number',
      min: 0,
      max: 0.95,
      default: 0.5,
      label: 'Shrink',
      unit: 'of the largest weight',
      help: 'Levels end before so much is clipped; 0 clips nothing.',
    },
    queries: {
      kind: 'boolean',
      default: false,
      label: 'Queries and keys',
      help: 'Clip them too: the release leaves them out, because errors of both are multiplied.',
    },
  },
  scope: () => 'stage',
  words: ({ steps, shrink, queries }) => [
    'Clip search',
    ...(steps === 20 ? [] : [`n${String(steps)}`]),
    ...(shrink === 0.5 ? [] : [`≤ ${String(shrink)}`]),
    ...(queries === true ? ['with queries'] : []),
  ],
  // It reads whole rows, and stores nothing of its own.
  parts: [],
  needsHessian: () => true,
};
