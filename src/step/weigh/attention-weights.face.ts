/** RSQ: tokens that receive much attention count more in Hessians. */
import type { StepFace } from '../face';

export const attentionWeightsFace: StepFace = {
  id: 'attention_weights',
  slot: 'weigh',
  title: 'Token weights',
  idea: 'Let tokens count in the Hessian by the attention that they receive, so that what others look at is kept best.',
  formula: 'H = (2/n)·Σ_t ρ_t·x_t·x_tᵀ,  ρ_t ∝ 1 + (m − 1)·(a_t − min a)/(max a − min a)',
  citation: {
    text: 'Sung, Yadav, Li, Yoon, Bansal: RSQ: Learning from Important Tokens Leads to Better Quantized LLMs, 2025.',
    url: 'https://arxiv.org/abs/2503.01820',
    bibtex:
      '@misc{sung2025rsq, title={RSQ: Learning from Important Tokens Leads to Better Quantized LLMs}, author={Sung, Yi-Lin and Yadav, Prateek and Li, Jialu and Yoon, Jaehong and Bansal, Mohit}, year={2025}, eprint={2503.01820}, archivePrefix={arXiv}}',
  },
  fidelity: {
    label: 'faithful',
    why: 'The released attention concentration in every block, of the row’s own stream and with weights of mean 1 a window; the other ways to weigh tokens are left out, and the rotation is a step of its own.',
  },
  parameters: {
    most: {
      kind: 'number',
      min: 1,
      max: 1000,
      default: 3,
      label: 'Most',
      help: 'How much more than the least the token counts that receives most attention; 1: all count the same.',
    },
    visibility: {
      kind: 'choice',
      choices: ['none', 'root', 'linear'],
      default: 'none',
      label: 'Divided by',
      help: 'Early tokens are seen by more queries: nothing, or how many see a token or the root of it, divides what it receives; of causal attention.',
    },
  },
  scope: () => 'stage',
  words: ({ most, visibility }) => [
    'Token weights',
    `1–${String(most)}`,
    ...(visibility === 'none' ? [] : [String(visibility)]),
  ],
  refuses({ attention, causal }, { visibility }) {
    if (!attention) return 'The network has no attention whose tokens could be weighed: leave the step out.';
    if (!causal && visibility !== 'none') {
      return `Without a causal mask every query sees every token, so that ${String(visibility)} divides by what is no count: choose none.`;
    }
    return null;
  },
};
