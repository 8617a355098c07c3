/** Learned invertible transforms of what linear layers read. */
import type { StepFace } from '../face';
import { seedOption } from '../seed-option';

/** Largest order of a factor. */
export const LARGEST_FACTOR = 512;

/** Orders of the two factors of a width: the divisors nearest to its root, the smaller first. */
export function factorOrders(width: number): readonly [a: number, b: number] {
  let a = Math.floor(Math.sqrt(width));
  while (width % a !== 0) a--;
  return [a, width / a];
}

export const affineFace: StepFace = {
  id: 'affine',
  slot: 'transform',
  title: 'Affine',
  idea: 'Learn, block by block, an invertible matrix before each layer under which weights and activations are flat enough to round.',
  formula: 'y = Q((x ⊙ c)·(A ⊗ B)) · Q((W ⊘ c)·(A ⊗ B)⁻ᵀ)ᵀ,  A = U·diag(s)·Vᵀ,  min ‖F(x) − F̂(x)‖²',
  citation: {
    text: 'Sun, Liu, Bai, Bao, Zhao, Li, Hu, Yu, Hou, Yuan, et al.: FlatQuant: Flatness Matters for LLM Quantization, ICML 2025.',
    url: 'https://arxiv.org/abs/2410.09426',
    bibtex:
      '@inproceedings{sun2025flatquant, title={FlatQuant: Flatness Matters for LLM Quantization}, author={Sun, Yuxuan and Liu, Ruikang and Bai, Haoli and Bao, Han and Zhao, Kang and Li, Yuening and Hu, Jiaxin and Yu, Xianzhi and Hou, Lu and Yuan, Chun and others}, booktitle={ICML}, year={2025}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'Parametrisation, start, loss and optimizer of the released code (the paper’s text was not read), without its learned clips and the transforms of keys and of single heads; singular values are kept within a bound.',
  },
  parameters: {
    start: {
      kind: 'choice',
      choices: ['orthogonal', 'identity'],
      default: 'orthogonal',
      label: 'Start',
      help: 'What each factor is before it learns: a random orthogonal matrix, as released, or the identity.',
    },
    diagonal: {
      kind: 'boolean',
      default: true,
      label: 'Diagonal',
      help: 'Also learn a scale of each channel where one folds into the tensors before it; it starts as SmoothQuant’s with a strength of 0.3.',
    },
    epochs: {
      kind: 'integer',
      min: 0,
      max: 200,
      default: 15,
      label: 'Epochs',
      help: 'Times that the calibration windows are gone through in each block; 0: the start is kept.',
    },
    batch: {
      kind: 'integer',
      min: 1,
      max: 64,
      default: 4,
      label: 'Batch',
      unit: 'windows',
      help: 'Windows a step.',
    },
    rate: {
      kind: 'number',
      min: 1e-5,
      max: 0.1,
      default: 5e-3,
      label: 'Rate',
      help: 'Highest learning rate of AdamW; it falls to a thousandth along a cosine.',
    },
    condition: {
      kind: 'number',
      min: 1,
      max: 1e4,
      default: 100,
      label: 'Condition',
      help: 'Largest ratio of a transform’s singular values; 1: it stays orthogonal. It bounds what rounding to float32 may be magnified by.',
    },
    seed: seedOption('Of the random matrices at the start.'),
  },
  scope: () => 'block',
  // Inputs are looked at for a diagonal, and what the block gives is to be met; the loss is looked at before the first epoch and after each.
  fitting: ({ diagonal, epochs, batch }) => ({
    passes: (diagonal === true ? 1 : 0) + (epochs === 0 ? 0 : 2 + Number(epochs)),
    ...(epochs === 0 ? {} : { learns: { epochs: Number(epochs), batch: Number(batch) } }),
  }),
  words: ({ start, diagonal, epochs }) => [
    'Affine',
    ...(start === 'orthogonal' ? [] : [String(start)]),
    ...(diagonal === false ? ['no diagonal'] : []),
    ...(epochs === 15 ? [] : [`${String(epochs)} epochs`]),
  ],
  refuses({ blocks, hidden, inner, attention }) {
    if (blocks.some((kind) => kind === 'convolution' || kind.startsWith('unet-'))) {
      return 'The maps act on the columns of plain linear layers, and this network has convolutions: choose a row without them.';
    }
    const widths = [hidden, inner, ...(attention ? [attention.heads * attention.dim] : [])];
    const wide = widths.find((width) => factorOrders(width)[1] > LARGEST_FACTOR);
    if (wide === undefined) return null;
    return `The ${wide} channels of a layer’s inputs split into factors of ${factorOrders(wide).join(' and ')}, and matrices of at most ${LARGEST_FACTOR} are learned: choose rotate.`;
  },
  exports: () => 'own',
  learns: ({ epochs }) => epochs !== 0,
  betweenPairs: () => ['norm', 'modulation', 'v', 'up'],
  readsWeights: true,
  readsActivations: true,
};
