/** The options that all methods that train have: how long, and on what. */
import type { Parameters } from '../parameters';

export const LENGTH_PARAMETERS = {
  steps: {
    kind: 'integer',
    min: 1,
    max: 100_000,
    default: 300,
    unit: 'steps',
    label: 'Steps',
    help: 'Minibatches that are trained on, one after another.',
  },
  batch: {
    kind: 'integer',
    min: 1,
    max: 4096,
    default: 8,
    unit: 'windows or images',
    label: 'Batch',
    help: 'Windows or images a step; the layer proxy has no use for it.',
  },
  proxy: {
    kind: 'boolean',
    default: false,
    label: 'Layer proxy',
    help: 'Trains each layer alone on its Hessian-weighted error instead of whole blocks on their outputs.',
  },
  wholeNetwork: {
    kind: 'boolean',
    default: false,
    label: 'Whole network',
    help: 'Trains all layers at once, on what the network puts out and on what stands behind every block, instead of block after block.',
  },
  features: {
    kind: 'number',
    min: 0,
    max: 1000,
    default: 0.1,
    unit: 'of relative squares',
    label: 'λ features',
    help: 'Weight of the blocks’ outputs beside the network’s, where the whole network is trained: each as a share of its own squares, their mean; 0: none.',
  },
} as const satisfies Parameters;
