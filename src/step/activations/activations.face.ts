/** Quantization of what linear layers read. */
import type { Options, Parameters } from '../../method/parameters';
import type { StepFace } from '../face';
import type { NetworkFacts } from '../network-facts';

export const ACTIVATION_PARAMETERS = {
  bits: {
    kind: 'integer',
    min: 2,
    max: 16,
    default: 8,
    label: 'Bits',
    unit: 'bits',
    help: 'Width of a code: 2 to 16.',
  },
  per: {
    kind: 'choice',
    choices: ['token', 'tensor', 'channel', 'group', 'block'],
    default: 'token',
    label: 'Per',
    help: 'What shares a range: a token (with static ranges: the whole tensor), the whole tensor, a channel, a group of channels of a token, or a block of tokens and channels. Channels need static ranges.',
  },
  groupSize: {
    kind: 'integer',
    min: 4,
    max: 4096,
    default: 64,
    label: 'Group',
    unit: 'channels',
    steps: 'doubling',
    help: 'Channels of a token, or of a block, that share a range.',
  },
  blockTokens: {
    kind: 'integer',
    min: 1,
    max: 4096,
    default: 16,
    label: 'Block',
    unit: 'tokens',
    steps: 'doubling',
    help: 'Neighbouring tokens of a window that share a range, per block: all of them are there before the first is rounded.',
  },
  code: {
    kind: 'choice',
    choices: ['uniform', 'signs', 'log2', 'log√2'],
    default: 'uniform',
    label: 'Code',
    help: 'Of what comes out of an MLP’s GELU or ReLU; all else is uniform. signs: steps of their own below and above zero (PTQ4ViT); log2, log√2: powers of two or of its root, for ReLU, whose values are never negative.',
  },
  ranges: {
    kind: 'choice',
    choices: ['dynamic', 'static'],
    default: 'dynamic',
    label: 'Ranges',
    help: 'dynamic: from the values themselves, as they come; static: from the calibration data, when the stage comes.',
  },
  observer: {
    kind: 'choice',
    choices: ['minmax', 'percentile', 'mse', 'ema'],
    default: 'minmax',
    label: 'Observer',
    help: 'How static ranges are found: least and greatest, a percentile, least squared error, or a moving average.',
  },
  percentile: {
    kind: 'number',
    min: 0.9,
    max: 1,
    default: 0.9999,
    label: 'Percentile',
    help: 'Share of the values inside the range, of the percentile observer.',
  },
  symmetric: {
    kind: 'boolean',
    default: true,
    label: 'Symmetric',
    help: 'Levels mirror around zero; otherwise they span minimum to maximum.',
  },
  clip: {
    kind: 'number',
    min: 0.1,
    max: 1,
    default: 1,
    label: 'Clip',
    help: 'Share of each range that is kept; QuaRot: 0.9.',
  },
  keepAbove: {
    kind: 'number',
    min: 0,
    max: 1e6,
    default: 0,
    label: 'Keep above',
    help: 'Channels of a window with a magnitude above this stay as they are, and count for no range (LLM.int8(): 6); 0: none. Bits of activations count them as if they were rounded.',
  },
} as const satisfies Parameters;

export const activationsFace: StepFace = {
  id: 'activations',
  slot: 'activations',
  title: 'Activations',
  idea: 'Round what linear layers read to few levels, with ranges of each token or of the calibration data.',
  formula: 'x̂ = s · (clamp(round(x / s) + z) − z)',
  citation: { text: 'Round-to-nearest of activations, as every W·A· paper has it.', url: null, bibtex: '' },
  fidelity: {
    label: 'faithful',
    why: 'The released quantizers of QuaRot and SpinQuant, checked by their float64 twin.',
  },
  parameters: ACTIVATION_PARAMETERS,
  scope: ({ ranges }) => (ranges === 'static' ? 'stage' : 'nothing'),
  words: (options) => [
    `A${String(options.bits)}`,
    perWord(options),
    ...(options.ranges === 'static'
      ? ['static', ...(options.observer === 'minmax' ? [] : [String(options.observer)])]
      : []),
    ...(options.symmetric === false ? ['asym'] : []),
    ...(options.code === 'uniform' ? [] : [String(options.code)]),
    ...(options.clip === 1 ? [] : [`clip ${String(options.clip)}`]),
    ...(options.keepAbove === 0 ? [] : [`>${String(options.keepAbove)} kept`]),
  ],
  refuses: (facts, options) => contradiction(options) ?? codeFault(facts, options),
  exports: () => 'own',
};

function perWord({ per, ranges, groupSize, blockTokens }: Options): string {
  // A token to come has no range yet.
  if (per === 'token' && ranges === 'static') return 'tensor';
  if (per === 'group') return `g${String(groupSize)}`;
  return per === 'block' ? `${String(blockTokens)} × ${String(groupSize)}` : String(per);
}

/** Options that do not go together, in a sentence. */
function contradiction({ per, ranges }: Options): string | null {
  if (per === 'channel' && ranges !== 'static') {
    return 'Ranges of a channel cannot be dynamic, for a token would wait for those behind it: choose static ranges.';
  }
  if (per === 'block' && ranges === 'static') {
    return 'Static ranges are the same for all tokens, so that blocks of them are groups of channels: choose group instead of block.';
  }
  return null;
}

/** Why the network has no place for a code; null where it has, or none is asked for. */
function codeFault({ activations }: NetworkFacts, { code }: Options): string | null {
  if (code === 'uniform') return null;
  const open = activations.filter((name) => name !== 'silu_gate');
  if (open.length === 0) {
    return `The code ${String(code)} is for what comes out of a GELU or ReLU, and the network has none: choose uniform.`;
  }
  const negative = open.find((name) => name !== 'relu');
  if (code !== 'signs' && negative !== undefined) {
    return `The code ${String(code)} makes 0 of all that is not positive, and what comes out of ${negative} partly is not: choose signs or uniform.`;
  }
  return null;
}
