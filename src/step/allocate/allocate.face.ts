/** Bits by layer: each gets its own, within a budget of all. */
import { integersIn, type Options, type Parameters } from '../../method/parameters';
import type { Allots, Probing, StepFace } from '../face';
import { MEASURES, type Measure } from './measure-names';

const BITS = { min: 2, max: 8 } as const;

const PROBED: Readonly<Record<Measure, Probing['by']>> = {
  ...{ hessian: 'inputs', output: 'inputs', weight: 'weights' },
  ...{ kl: 'swapped', upgrade: 'swapped', gradient: 'gradients', trace: 'gradients' },
};

/** Ways that ask what the network gives in the end, on some windows. */
const OF_OUTPUTS: ReadonlySet<Probing['by']> = new Set(['swapped', 'gradients']);

const PARAMETERS = {
  budget: {
    kind: 'number',
    ...BITS,
    default: 3,
    label: 'Budget',
    unit: 'bits',
    help: 'All layers together take at most what they would with so many bits each, scales included; 2.5: half of 2 and half of 3 bits.',
  },
  measure: {
    kind: 'choice',
    choices: MEASURES,
    default: 'hessian',
    label: 'Measure',
    help: 'What a layer is predicted to lose. hessian: tr ΔHΔᵀ of its inputs; output: the same relative to its outputs; weight: ‖Δ‖²/‖W‖², no data; kl: how far the network’s outputs move with this layer alone rounded; upgrade: how much nearer they come with this layer alone at more than the least width (exllamav3); gradient: the same to second order, by one backward pass; trace: HAWQ-V2’s mean curvature of a weight times ‖Δ‖², by the same pass.',
  },
  candidates: {
    kind: 'integers',
    ...BITS,
    default: '2,3,4,8',
    label: 'Candidates',
    unit: 'bits',
    help: 'Widths that a layer may get.',
  },
  keep: {
    kind: 'boolean',
    default: false,
    label: 'Keep',
    help: 'A layer may also stay as it is, at the width in which the source stores it.',
  },
  tie: {
    kind: 'boolean',
    default: false,
    label: 'Tie siblings',
    help: 'Layers that read the same inputs (query, key and value; gate and up) get the same bits, as fused kernels ask.',
  },
  solver: {
    kind: 'choice',
    choices: ['knapsack', 'minimax', 'greedy'],
    default: 'knapsack',
    label: 'Solver',
    help: 'knapsack: the least sum of losses, exactly; minimax: the least loss of the worst layer (ModelOpt’s KL search); greedy: one upgrade after another, the best for its bits first (exllamav3).',
  },
  windows: {
    kind: 'integer',
    min: 1,
    max: 4096,
    default: 16,
    label: 'Windows',
    unit: 'windows',
    help: 'kl, upgrade, gradient and trace: calibration windows that they run on, at most.',
  },
} as const satisfies Parameters;

export const allocateFace: StepFace = {
  id: 'allocate',
  slot: 'allocate',
  title: 'Allocate',
  idea: 'Measure what each layer loses at each width, and choose a width for every layer so that all of them lose least within a budget.',
  formula: 'min Σ_ℓ Ω_ℓ(b_ℓ)  with  Σ_ℓ bits_ℓ(b_ℓ) ≤ budget',
  citation: {
    text: 'Dong, Yao, Arfeen, Gholami, Mahoney, Keutzer: HAWQ-V2: Hessian Aware trace-Weighted Quantization of Neural Networks, NeurIPS 2020; measures also of ZeroQ (Cai et al., CVPR 2020) and of systems named beside them.',
    url: 'https://arxiv.org/abs/1911.03852',
    bibtex:
      '@inproceedings{dong2020hawqv2, title={HAWQ-V2: Hessian Aware trace-Weighted Quantization of Neural Networks}, author={Dong, Zhen and Yao, Zhewei and Arfeen, Daiyaan and Gholami, Amir and Mahoney, Michael W. and Keutzer, Kurt}, booktitle={NeurIPS}, year={2020}}',
  },
  fidelity: {
    label: 'simplified',
    why: 'The choice is exact on its tables, kl is ZeroQ’s measure and gradient Model Optimizer’s with labels that the network draws; trace takes the Fisher information for the Hessian; nothing is trained afterwards as HAWQ does, and candidates are measured by plain rounding, whatever quantizes them then.',
  },
  parameters: PARAMETERS,
  scope: () => 'network',
  words: (options) => [
    'Allocate',
    String(options.measure),
    ...(options.candidates === PARAMETERS.candidates.default ? [] : [String(options.candidates)]),
    ...(options.keep === true ? ['or kept'] : []),
    ...(options.tie === true ? ['tied'] : []),
    ...(options.solver === 'knapsack' ? [] : [String(options.solver)]),
  ],
  refuses({ head }, options) {
    const { bits, budget } = allots(options);
    const [least, most] = [bits[0], bits[bits.length - 1]];
    if (budget < least || budget > most) {
      return `A budget of ${budget} bits is not within what the candidates take, ${least} to ${most} bits: choose another budget or other candidates.`;
    }
    if (OF_OUTPUTS.has(probing(options).by) && !head) {
      return `This network has no output head, and ${options.measure} compares outputs: choose the measure hessian, output or weight.`;
    }
    return null;
  },
  allots,
  probing,
};

function probing({ measure, windows }: Options): Probing {
  const by = PROBED[measure as Measure];
  return { by, windows: OF_OUTPUTS.has(by) ? Number(windows) : Infinity, others: measure === 'upgrade' };
}

function allots({ candidates, keep, budget }: Options): Allots {
  const bits = integersIn(candidates, BITS);
  if (!bits) throw new Error(`bug: candidates are ${String(candidates)}`);
  return { bits, keep: keep === true, budget: Number(budget) };
}
