/** Systems that move range between inputs and weights, channel by channel, before anything is rounded. */
import { STEP_FACES } from '../../step/faces';
import { firstTaken, type Paper, type PaperStep } from './paper';

export const SCALED: readonly Paper[] = [
  {
    id: 'smoothquant',
    title: 'SmoothQuant',
    citation: STEP_FACES.smooth.citation,
    fidelity: {
      label: 'faithful',
      why: 'Its O1 setting: dynamic ranges of a token, symmetric weights of a row; matrix products within attention stay in full precision.',
    },
    why: 'Eight-bit weights and activations where a few channels of the inputs are large.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'smooth', options: { alpha: 0.5 } },
      { step: 'activations', options: { bits: 8, per: 'token' } },
      { step: 'rtn', options: { bits: 8, symmetric: true } },
    ],
  },
  {
    id: 'awq',
    title: 'AWQ',
    citation: STEP_FACES.scale_search.citation,
    fidelity: {
      label: 'simplified',
      why: 'Scales are searched by the layers’ own output errors, where the release runs the attention or the MLP behind them.',
    },
    why: 'Weights alone at four bits in groups, by scales that protect what meets large inputs.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'scale_search' },
      { step: 'clip_search' },
      { step: 'rtn', options: { bits: 4, groupSize: 128 } },
    ],
  },
  {
    id: 'outlier_suppression_plus',
    title: 'Outlier Suppression+',
    citation: STEP_FACES.shift_channels.citation,
    fidelity: {
      label: 'simplified',
      why: 'Channels are moved and scaled as published; its percentile search by the task’s loss is left out.',
    },
    why: 'Inputs whose channels lie off zero: moved to the middle by biases, then scaled.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'shift_channels' },
      { step: 'activations', options: { bits: 6, per: 'tensor', ranges: 'static', symmetric: false } },
      { step: 'rtn', options: { bits: 6, symmetric: true } },
    ],
  },
  {
    id: 'crossquant',
    title: 'CrossQuant',
    citation: STEP_FACES.cross_quant.citation,
    fidelity: {
      label: 'simplified',
      why: 'Only the abstract was read: element scales of a token’s and a channel’s largest magnitudes; α = 0.15 is recalled.',
    },
    why: 'Activations whose small values would all be rounded to zero by a token’s scale alone.',
    suits: () => null,
    steps: (): PaperStep[] => [
      { step: 'cross_quant', options: { bits: 8 } },
      { step: 'rtn', options: { bits: 8, symmetric: true } },
    ],
  },
  {
    id: 'rsq',
    title: 'RSQ',
    citation: STEP_FACES.attention_weights.citation,
    fidelity: {
      label: 'simplified',
      why: 'Rotation, then GPTQ on Hessians whose tokens count by the attention that they receive; the release’s expanded calibration set is left out.',
    },
    why: 'GPTQ that minds the tokens which others look at.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      firstTaken('rotate', facts, [
        {},
        { matrix: 'blocks' },
        { matrix: 'orthogonal' },
        { matrix: 'orthogonal', heads: false },
      ]),
      { step: 'attention_weights' },
      { step: 'gptq', options: { bits: 3, clip: 'mse' } },
    ],
  },
];
