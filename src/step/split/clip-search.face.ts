/** AWQ's clip search: how far the largest weights of a group may stand out before they are rounded. */
import type { StepFace } from '../face';
import { scaleSearchFace } from '../transform/scale-search.face';

export const clipSearchFace: StepFace = {
  id: 'clip_search',
  slot: 'split',
  title: 'Clip search',
  idea: 'Clip each group of weights where its outputs lose least by rounding: a narrower range has finer levels.',
  formula: 'W ← clamp(W, ±κ·max|W_G|),  κ = argmin δ·H_GG·δᵀ,  δ = Q(clamp(W_G)) − W_G',
  citation: scaleSearchFace.citation,
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
