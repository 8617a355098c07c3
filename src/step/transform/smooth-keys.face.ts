/** SmoothAttention: range moved from keys into queries. */
import { NO_ATTENTION } from '../attention/words';
import type { StepFace } from '../face';
import { alphaOption, POWERS } from './strength-options';

export const smoothKeysFace: StepFace = {
  id: 'smooth_keys',
  slot: 'transform',
  title: 'SmoothAttention',
  idea: 'Divide each channel of the keys by a scale, and multiply the queries that meet it, so that a cache of few bits holds keys.',
  formula: 'λ = max|k|^α,  k ← k / λ,  q ← q ⊙ λ,  λ_i = λ_{i + d/2} under rotary positions',
  citation: {
    text: 'Lin, Tang, Yang, Zhang, Xiao, Gan, Han: QServe: W4A8KV4 Quantization and System Co-design for Efficient LLM Serving, MLSys 2025.',
    url: 'https://arxiv.org/abs/2405.04532',
    bibtex:
      '@inproceedings{lin2025qserve, title={QServe: W4A8KV4 Quantization and System Co-design for Efficient LLM Serving}, author={Lin, Yujun and Tang, Haotian and Yang, Shang and Zhang, Zhekai and Xiao, Guangxuan and Gan, Chuang and Han, Song}, booktitle={MLSys}, year={2025}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The scales of its released code at one exponent, from keys behind rotary positions; the release may also search the exponent.',
  },
  parameters: {
    alpha: alphaOption('Share of the keys’ range that moves into queries.'),
    powers: POWERS,
  },
  scope: () => 'block',
  words: ({ alpha, powers }) => ['SmoothAttention', `α ${String(alpha)}`, ...(powers === true ? ['2ᵏ'] : [])],
  refuses: ({ attention }) => (attention ? null : NO_ATTENTION),
};
