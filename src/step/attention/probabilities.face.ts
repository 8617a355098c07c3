/** Quantization of what softmax gives. */
import type { StepFace } from '../face';
import { reparameterizeFace } from '../transform/reparameterize.face';
import { NO_ATTENTION } from './words';

export const probabilitiesFace: StepFace = {
  id: 'probabilities',
  slot: 'attention',
  title: 'Probabilities',
  idea: 'Round attention’s probabilities, most of which are next to nothing, to powers of two or of √2.',
  formula: 'p̂ = 2^(−n/κ),  n = round(−κ·log2 p),  0 where n ≥ 2^b',
  citation: reparameterizeFace.citation,
  fidelity: {
    label: 'simplified',
    why: 'Ranges are 1 or a query’s own, and operands’ are a head’s own, where the release takes a percentile of calibration data for each layer; the twin code chooses the region where PTQ4ViT’s released file adds both, and its split is an option and not searched.',
  },
  parameters: {
    bits: {
      ...{ kind: 'integer', min: 2, max: 16, default: 4, unit: 'bits' },
      label: 'Bits',
      help: 'Width of a probability’s code; logarithmic codes gain nothing past 4.',
    },
    code: {
      ...{ kind: 'choice', choices: ['logsqrt2', 'log2', 'uniform', 'twin'], default: 'logsqrt2' },
      label: 'Code',
      help: 'logsqrt2: powers of √2 (RepQ-ViT); log2: powers of two; uniform: even steps; twin: small steps below the split, large ones above (PTQ4ViT).',
    },
    ranges: {
      ...{ kind: 'choice', choices: ['unit', 'query'], default: 'unit' },
      label: 'Ranges',
      help: 'unit: up to 1 for all; query: up to the largest probability of each query.',
    },
    split: {
      ...{ kind: 'number', min: 0.000001, max: 1, default: 0.0625 },
      label: 'Split',
      help: 'Where the twin code’s regions meet, as a share of the range.',
    },
    operands: {
      ...{ kind: 'optional-integer', min: 2, max: 16, nullLabel: 'as they are', default: null, unit: 'bits' },
      label: 'Operands',
      help: 'Bits of queries, keys and values, with a range a window and head; without a number they stay as they are.',
    },
  },
  scope: () => 'nothing',
  words: ({ bits, code, ranges, operands }) => [
    `P${String(bits)}`,
    code === 'logsqrt2' ? 'log√2' : String(code),
    ...(ranges === 'query' ? ['by query'] : []),
    ...(operands === null ? [] : [`QKV${String(operands)}`]),
  ],
  refuses: ({ attention }) => (attention ? null : NO_ATTENTION),
  exports: () => 'own',
};
