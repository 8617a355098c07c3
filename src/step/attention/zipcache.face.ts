/** ZipCache: more bits for the tokens that are looked at. */
import type { StepFace } from '../face';
import { seedOption } from '../seed-option';
import { NO_ATTENTION } from './words';

export const zipcacheFace: StepFace = {
  id: 'zipcache',
  slot: 'attention',
  title: 'ZipCache',
  idea: 'Few bits for the tokens that a few probing queries hardly look at, more for the others; values with a scale of each channel first.',
  formula: 'p̃_j = Σ_probes P_tj / #{probes t ≥ j},  v̂ = c·fq(v / c),  c = √(max_t |v_t|)',
  citation: {
    text: 'He, Zhang, Wu, Liu, Zhou, Zhuang: ZipCache: Accurate and Efficient KV Cache Quantization with Salient Token Identification, NeurIPS 2024.',
    url: 'https://arxiv.org/abs/2405.14256',
    bibtex:
      '@inproceedings{he2024zipcache, title={ZipCache: Accurate and Efficient KV Cache Quantization with Salient Token Identification}, author={He, Yefei and Zhang, Luoming and Wu, Weijia and Liu, Jing and Zhou, Hong and Zhuang, Bohan}, booktitle={NeurIPS}, year={2024}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'Every query reads the cache of its whole window, sorted once; sums are divided by the probes that see a token, where the release divides by all queries that do, and a token’s range of values is a head’s, for heads sort their tokens apart.',
  },
  parameters: {
    bits: {
      ...{ kind: 'integer', min: 2, max: 16, default: 4, unit: 'bits' },
      label: 'Bits',
      help: 'Of keys and values of tokens that are looked at.',
    },
    lowBits: {
      ...{ kind: 'integer', min: 2, max: 16, default: 2, unit: 'bits' },
      label: 'Bits of the rest',
      help: 'Of keys and values of the tokens that are looked at least.',
    },
    share: {
      ...{ kind: 'number', min: 0, max: 1, default: 0.4 },
      label: 'Share of the rest',
      help: 'How many tokens of a window are the rest, for each head of keys.',
    },
    seed: seedOption('Of the probes: the last 5 % of the queries, and 5 % by chance.'),
  },
  scope: () => 'nothing',
  words: ({ bits, lowBits, share }) => [
    `ZipCache ${String(bits)}/${String(lowBits)}`,
    `${String(Number((100 * Number(share)).toPrecision(4)))} %`,
  ],
  refuses: ({ attention }) => (attention ? null : NO_ATTENTION),
  exports: () => 'own',
};
