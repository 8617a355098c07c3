/** Rotations of the residual stream and of heads' values that are learned on the whole network. */
import type { StepFace } from '../face';
import { seedOption } from '../seed-option';
import { rotateFace } from './rotate.face';

/** Largest order of a matrix that is learned. */
export const LARGEST_LEARNED = 2048;

const { matrix, heads, online } = rotateFace.parameters;

export const learnedRotationFace: StepFace = {
  id: 'learned_rotation',
  slot: 'transform',
  title: 'Learned rotation',
  idea: 'Turn the residual stream and each block’s heads into bases learned on the whole network, in which rounding costs its outputs least.',
  formula:
    'min L(Q(x·R)·(W·R)ᵀ …) over RᵀR = I:  A = ½(RᵀG − GᵀR),  R ← R·(I − ½αA)(I + ½αA)⁻¹,  α = min(rate, 1/‖A‖₁)',
  citation: {
    text: 'Liu, Zhao, Fedorov, Soran, Choudhary, Krishnamoorthi, Chandra, Tian, Blankevoort: SpinQuant: LLM Quantization with Learned Rotations, ICLR 2025.',
    url: 'https://arxiv.org/abs/2405.16406',
    bibtex:
      '@inproceedings{liu2025spinquant, title={SpinQuant: LLM Quantization with Learned Rotations}, author={Liu, Zechun and Zhao, Changsheng and Fedorov, Igor and Soran, Bilge and Choudhary, Dhruv and Krishnamoorthi, Raghuraman and Chandra, Vikas and Tian, Yuandong and Blankevoort, Tijmen}, booktitle={ICLR}, year={2025}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'R1 and R2 by Cayley SGD through the whole network as released, but with the Cayley transform solved for, embeddings not centred, few steps on few windows by default, the cache in full precision while it learns, and the best of what was passed kept.',
  },
  parameters: {
    matrix: { ...matrix, help: `What it starts from. ${matrix.help}` },
    heads: { ...heads, help: 'Also learn a rotation of the values of each block’s heads (R2).' },
    online,
    loss: {
      kind: 'choice',
      choices: ['kl', 'task'],
      default: 'kl',
      label: 'Loss',
      help: 'kl: how far the network’s outputs are from full precision’s; task: next-token cross-entropy, as published, of language models alone.',
    },
    weights: {
      kind: 'choice',
      choices: ['auto', 'kept', 'rounded'],
      default: 'auto',
      label: 'Weights',
      help: 'While it learns. auto, as published: kept where the row rounds activations and its method makes up for rounding by Hessians (GPTQ), else rounded.',
    },
    steps: {
      kind: 'integer',
      min: 0,
      max: 2000,
      default: 40,
      label: 'Steps',
      help: 'Of learning; 0: what it starts from is kept. The paper takes 100 steps of 8 windows of 2048 tokens.',
    },
    batch: {
      kind: 'integer',
      min: 1,
      max: 64,
      default: 4,
      label: 'Batch',
      unit: 'windows',
      help: 'Windows a step; the calibration windows are gone through in their order, again and again.',
    },
    rate: {
      kind: 'number',
      min: 0,
      max: 100,
      default: 1.5,
      label: 'Rate',
      help: 'Highest rate, 1.5 as published; it falls to 0 along a cosine. No step turns further than 1/‖A‖₁ lets it.',
    },
    scales: {
      kind: 'boolean',
      default: false,
      label: 'Scales',
      help: 'Also learn a scale of each channel, between norms and what reads them, values and output, up and down, where nothing acts between while the network runs (OSTQuant, arXiv:2501.13987).',
    },
    scaleRate: {
      kind: 'number',
      min: 0,
      max: 1,
      default: 2e-3,
      label: 'Rate of scales',
      help: 'Highest rate of AdamW for their logarithms, 0.00179 as released; it falls to 0 along a cosine.',
    },
    seed: seedOption('Of what it starts from.'),
  },
  scope: () => 'network',
  words: ({ matrix, online, heads, loss, weights, steps, scales }) => [
    'Learned rotation',
    ...(matrix === 'hadamard' ? [] : [String(matrix)]),
    ...(heads === false ? ['no heads'] : []),
    ...(online === 'none' ? [] : [`online ${String(online)}`]),
    ...(scales === true ? ['scales'] : []),
    ...(loss === 'kl' ? [] : [String(loss)]),
    ...(weights === 'auto' ? [] : [`weights ${String(weights)}`]),
    ...(steps === 40 ? [] : [`${String(steps)} steps`]),
  ],
  refuses(facts, options) {
    const { head, hidden, task } = facts;
    const own = rotateFace.refuses?.(facts, options) ?? null;
    if (own !== null) return own;
    if (!head) return 'The network has no output head, and rotations are learned by what it says: choose rotate.';
    if (options.loss === 'task' && task !== 'text') {
      return 'Next-token cross-entropy is a loss of language models, and this network reads no text: choose the loss kl.';
    }
    if (hidden > LARGEST_LEARNED) {
      return `The residual stream has ${hidden} channels, and matrices of at most ${LARGEST_LEARNED} are learned: choose rotate.`;
    }
    return null;
  },
  betweenPairs: rotateFace.betweenPairs,
  learns: ({ steps }) => Number(steps) > 0,
  exports: ({ online }) => (online === 'none' ? 'plain' : 'own'),
  lessons: ({ steps, batch }) => ({ steps: Number(steps), batch: Number(batch) }),
  readsWeights: true,
  readsActivations: true,
};
