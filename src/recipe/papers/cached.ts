/** Systems that quantize what attention works on: the cache of keys and values, and products within. */
import { STEP_FACES } from '../../step/faces';
import type { NetworkFacts } from '../../step/network-facts';
import { firstTaken, type Paper, type PaperStep } from './paper';

const DECODER = 'A cache is what a decoder keeps, and here every token sees every other.';
const decoders = ({ causal }: NetworkFacts) => (causal ? null : DECODER);

export const CACHED: readonly Paper[] = [
  {
    id: 'kivi',
    title: 'KIVI',
    citation: STEP_FACES.cache.citation,
    fidelity: {
      label: 'faithful',
      why: 'Its released rule of what is quantized when; prompts read the cache too, or no figure would show it; the residual is 32 and not 128, for windows here are short.',
    },
    why: 'A cache at two bits: keys per channel, values per token, the latest tokens as they are.',
    suits: decoders,
    steps: (): PaperStep[] => [{ step: 'cache', options: { keyBits: 2, valueBits: 2, groupSize: 32, residual: 32 } }],
  },
  {
    id: 'kvquant',
    title: 'KVQuant',
    citation: {
      text: 'Hooper, Kim, Mohammadzadeh, Mahoney, Shao, Keutzer, Gholami: KVQuant: Towards 10 Million Context Length LLM Inference with KV Cache Quantization, NeurIPS 2024.',
      url: 'https://arxiv.org/abs/2401.18079',
      bibtex:
        '@inproceedings{hooper2024kvquant, title={KVQuant: Towards 10 Million Context Length LLM Inference with KV Cache Quantization}, author={Hooper, Coleman and Kim, Sehoon and Mohammadzadeh, Hiva and Mahoney, Michael W. and Shao, Yakun Sophia and Keutzer, Kurt and Gholami, Amir}, booktitle={NeurIPS}, year={2024}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'Keys before rotary positions, per channel, 1 % of the values kept, a first token in full precision; levels are even, where the paper fits them to sensitivities.',
    },
    why: 'A cache at three bits with its outliers kept beside the codes.',
    suits: decoders,
    steps: ({ attention }): PaperStep[] => [
      {
        step: 'cache',
        options: {
          ...{ keyBits: 3, valueBits: 3, groupSize: null, beforeRope: attention?.rope === true },
          ...{ sinks: 1, outliers: 0.01 },
        },
      },
    ],
  },
  {
    id: 'zipcache',
    title: 'ZipCache',
    citation: STEP_FACES.zipcache.citation,
    fidelity: { label: 'simplified', why: 'The step’s: a window’s tokens are sorted once, by a few probing queries.' },
    why: 'Four bits for tokens that are looked at, two for the rest.',
    suits: decoders,
    steps: (): PaperStep[] => [{ step: 'zipcache' }],
  },
  {
    id: 'vidkv',
    title: 'VidKV',
    citation: STEP_FACES.vidkv.citation,
    fidelity: {
      label: 'simplified',
      why: 'The step’s: codes are given back with their scale, as is meant and not as released, and no token is kept for a question about a video.',
    },
    why: 'A cache at one bit and a half: what is left of keys and values at the very least.',
    suits: decoders,
    steps: (): PaperStep[] => [{ step: 'vidkv' }],
  },
  {
    id: 'qoq',
    title: 'QoQ (QServe)',
    citation: STEP_FACES.smooth_keys.citation,
    fidelity: {
      label: 'simplified',
      why: 'W4A8KV4 behind a rotation and smoothing, with progressive groups as in the paper and SmoothAttention (the release keeps offsets of 8 bits in the place of zero points); exponents are not searched, and channels are not reordered.',
    },
    why: 'Four-bit weights and cache with eight-bit activations, as serving systems want them.',
    suits: decoders,
    steps: (facts): PaperStep[] => [
      firstTaken('rotate', facts, [{}, { matrix: 'blocks' }, { matrix: 'orthogonal' }]),
      { step: 'smooth', options: { alpha: 0.5 } },
      { step: 'smooth_keys' },
      { step: 'activations', options: { bits: 8, per: 'token' } },
      {
        step: 'cache',
        options: {
          ...{ keyBits: 4, valueBits: 4, keyPer: 'token', valuePer: 'token', groupSize: null, code: 'asymmetric' },
        },
      },
      { step: 'gptq', options: { bits: 4, groupSize: 128, progressive: true } },
    ],
  },
  {
    id: 'sageattention2',
    title: 'SageAttention2',
    citation: STEP_FACES.sage.citation,
    fidelity: { label: 'faithful', why: 'The numbers of its kernels, without their speed.' },
    why: 'Attention in four-bit integers and FP8, for networks whose time goes there.',
    suits: () => null,
    steps: (): PaperStep[] => [{ step: 'sage' }],
  },
];
