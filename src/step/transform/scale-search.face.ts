/** AWQ: scales searched by what rounding loses of outputs. */
import type { StepFace } from '../face';
import { chosenKinds, pairParameters, pairWords, withoutPairs } from './pair-choice';

const PAIRS = pairParameters({ norms: true, values: true, down: true });

export const scaleSearchFace: StepFace = {
  id: 'scale_search',
  slot: 'transform',
  title: 'Scale search',
  idea: 'Scale up the weights that meet large inputs before all are rounded, by the exponent that loses least of the outputs.',
  formula: 's = E|x|^r / √(max·min),  r = argmin ‖(Q(W·diag(s))·diag(1/s) − W)·X‖²',
  citation: {
    text: 'Lin, Tang, Tang, Yang, Chen et al.: AWQ: Activation-aware Weight Quantization for On-Device LLM Compression and Acceleration, MLSys 2024.',
    url: 'https://arxiv.org/abs/2306.00978',
    bibtex:
      '@inproceedings{lin2024awq, title={AWQ: Activation-aware Weight Quantization for On-Device LLM Compression and Acceleration}, author={Lin, Ji and Tang, Jiaming and Tang, Haotian and Yang, Shang and Chen, Wei-Ming and others}, booktitle={MLSys}, year={2024}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The released grid of exponents, but errors are those of the linear layers’ own outputs by a Gram matrix of their inputs, where the release runs attention or the MLP behind them; its clip search is no change that keeps the function, so it is a step of its own, and layers behind GELU keep their inputs.',
  },
  parameters: {
    grid: {
      kind: 'integer',
      min: 1,
      max: 100,
      default: 20,
      label: 'Grid',
      help: 'Exponents that are tried: 0, 1/n … (n − 1)/n.',
    },
    ...PAIRS,
    sharedHeads: {
      kind: 'boolean',
      default: false,
      label: 'Shared heads',
      help: 'Also values that several heads share (grouped-query attention), by one scale for all of them; the release leaves those out.',
    },
  },
  scope: () => 'block',
  fitting: ({ grid }) => ({ passes: 1, moments: true, trials: Number(grid) }),
  readsWeights: true,
  needsWeights: true,
  words: (options) => [
    'Scale search',
    ...(options.grid === 20 ? [] : [`n${String(options.grid)}`]),
    ...pairWords(options, PAIRS),
    ...(options.sharedHeads === true ? ['shared heads'] : []),
  ],
  refuses(facts, options) {
    const missing = withoutPairs(facts, options);
    if (missing !== null) return missing;
    const { pairs, attention } = facts;
    const left = chosenKinds(options).filter((kind) => kind !== 'v' && pairs.includes(kind));
    if (left.length > 0 || options.sharedHeads === true || !attention) return null;
    return attention.heads === attention.keyHeads
      ? null
      : `Its ${attention.heads} heads share the values of ${attention.keyHeads}, and nothing else is chosen: choose norms, down or shared heads.`;
  },
};
