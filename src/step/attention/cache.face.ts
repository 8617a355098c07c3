/** Quantization of the keys and values that a decoder keeps. */
import type { Options, Parameters } from '../../method/parameters';
import type { StepFace } from '../face';
import { NO_ATTENTION } from './words';

export const CACHE_PARAMETERS = {
  keyBits: {
    ...{ kind: 'integer', min: 2, max: 16, default: 4, unit: 'bits' },
    label: 'Bits of keys',
    help: 'Width of a key’s code: 2 to 16.',
  },
  valueBits: {
    ...{ kind: 'integer', min: 2, max: 16, default: 4, unit: 'bits' },
    label: 'Bits of values',
    help: 'Width of a value’s code: 2 to 16.',
  },
  keyPer: {
    ...{ kind: 'choice', choices: ['channel', 'token'], default: 'channel' },
    label: 'Keys per',
    help: 'What shares a range of keys: a channel of a head over neighbouring tokens, or a token’s channels in a head.',
  },
  valuePer: {
    ...{ kind: 'choice', choices: ['channel', 'token'], default: 'token' },
    label: 'Values per',
    help: 'What shares a range of values: a channel of a head over neighbouring tokens, or a token’s channels in a head.',
  },
  groupSize: {
    ...{ kind: 'optional-integer', min: 2, max: 4096, nullLabel: 'window or head', default: 32 },
    label: 'Group',
    help: 'Tokens of a channel, or channels of a token, that share a range; without a number the whole window, or the whole head.',
  },
  code: {
    ...{ kind: 'choice', choices: ['float offset', 'asymmetric', 'symmetric'], default: 'float offset' },
    label: 'Code',
    help: 'float offset: least to greatest, which need not hold zero (KIVI, KVQuant); asymmetric: with a whole zero point (QuaRot); symmetric: around zero.',
  },
  clip: {
    ...{ kind: 'number', min: 0.1, max: 1, default: 1 },
    label: 'Clip',
    help: 'Share of each range that is kept; QuaRot: 0.95.',
  },
  beforeRope: {
    ...{ kind: 'boolean', default: false },
    label: 'Before rotary positions',
    help: 'Keys are quantized as they are before rotary positions, which a cache then applies at every use (KVQuant).',
  },
  residual: {
    ...{ kind: 'integer', min: 0, max: 8192, default: 0, unit: 'tokens' },
    label: 'Residual',
    help: 'Latest tokens that each query still reads in full precision, as a decoder does (KIVI: 128, in short windows 32); 0: every query reads quantized keys and values only.',
  },
  sinks: {
    ...{ kind: 'integer', min: 0, max: 64, default: 0, unit: 'tokens' },
    label: 'Sinks',
    help: 'First tokens of a window that stay in full precision.',
  },
  outliers: {
    ...{ kind: 'number', min: 0, max: 0.1, default: 0 },
    label: 'Outliers',
    help: 'Share of the values of each range that stay as they are, half at either end (KVQuant: 0.01).',
  },
} as const satisfies Parameters;

export const cacheFace: StepFace = {
  id: 'cache',
  slot: 'attention',
  title: 'Cache',
  idea: 'Round keys per channel, where a few channels stand out, and values per token; keep the latest tokens as they are.',
  formula: 'k̂_j = fq(k_j) for j < R·⌊t/R⌋,  v̂_j = fq(v_j) for j ≤ t − R',
  citation: {
    text: 'Liu, Yuan, Jin, Zhong, Xu, Braverman, Chen, Hu: KIVI: A Tuning-Free Asymmetric 2bit Quantization for KV Cache, ICML 2024.',
    url: 'https://arxiv.org/abs/2402.02750',
    bibtex:
      '@inproceedings{liu2024kivi, title={KIVI: A Tuning-Free Asymmetric 2bit Quantization for KV Cache}, author={Liu, Zirui and Yuan, Jiayi and Jin, Hongye and Zhong, Shaochen and Xu, Zhaozhuo and Braverman, Vladimir and Chen, Beidi and Hu, Xia}, booktitle={ICML}, year={2024}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'With a residual every query reads what a decoder would have quantized by then, by KIVI’s released rule (prompts read the cache too, or no figure would show it); without one, ranges of channels also see later tokens of their group. KVQuant’s options are simplified: levels are even, and ranges and outliers of a channel are the window’s own, not the calibration data’s.',
  },
  parameters: CACHE_PARAMETERS,
  scope: () => 'nothing',
  words,
  refuses({ attention, task }, options) {
    if (!attention) return NO_ATTENTION;
    if (Number(options.residual) > 0 && task !== 'text') {
      return `A residual of ${String(options.residual)} tokens is a decoder’s, and here every token sees every other: set it to 0.`;
    }
    return contradiction(options);
  },
  exports: () => 'own',
};

function words({ keyBits, valueBits, keyPer, valuePer, ...options }: Options): string[] {
  const { groupSize, code, clip, beforeRope, residual, sinks, outliers } = options;
  return [
    keyBits === valueBits ? `KV${String(keyBits)}` : `K${String(keyBits)}V${String(valueBits)}`,
    ...(keyPer === valuePer ? [String(keyPer)] : keyPer === 'token' ? ['K token, V channel'] : []),
    ...(groupSize === null ? [] : [`g${String(groupSize)}`]),
    ...(code === 'float offset' ? [] : [code === 'symmetric' ? 'sym' : 'asym']),
    ...(clip === 1 ? [] : [`clip ${String(clip)}`]),
    ...(beforeRope === true ? ['before RoPE'] : []),
    ...(residual === 0 ? [] : [`R${String(residual)}`]),
    ...(sinks === 0 ? [] : [`${String(sinks)} ${sinks === 1 ? 'sink' : 'sinks'}`]),
    ...(outliers === 0 ? [] : [`${String(Number((100 * Number(outliers)).toPrecision(6)))} % kept`]),
  ];
}

/** Options that do not go together, in a sentence. */
function contradiction({ keyPer, valuePer, groupSize, residual }: Options): string | null {
  if (residual === 0 || (keyPer !== 'channel' && valuePer !== 'channel')) return null;
  const whole = groupSize === null;
  if (!whole && Number(residual) % Number(groupSize) === 0) return null;
  return `Ranges of channels over ${whole ? 'a whole window' : `${String(groupSize)} tokens`} do not end with a residual of ${String(residual)}: choose a residual that is a multiple of the group.`;
}
