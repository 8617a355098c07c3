/** Systems that turn a network into another basis, in which four bits are enough for what flows through it. */
import { STEP_FACES } from '../../step/faces';
import type { NetworkFacts } from '../../step/network-facts';
import { firstTaken, type Paper, type PaperStep } from './paper';

/** A random Hadamard rotation with online transforms; where a width has no such matrix, the nearest that the network takes. */
function rotation(facts: NetworkFacts, online: 'down' | 'none'): PaperStep {
  const places = online === 'down' ? ['down', 'none'] : ['none'];
  const forms = places.flatMap((place) =>
    ['hadamard', 'blocks', 'orthogonal'].flatMap((matrix) =>
      [true, false].map((heads) => ({ matrix, heads, online: place })),
    ),
  );
  return firstTaken('rotate', facts, forms);
}

/** Four-bit keys and values of a head, as rotated systems store them; nothing where nothing attends. */
function headCache({ attention }: NetworkFacts, clip = 1): PaperStep[] {
  if (!attention) return [];
  const bits = { keyBits: 4, valueBits: 4, keyPer: 'token', valuePer: 'token' };
  return [{ step: 'cache', options: { ...bits, groupSize: null, code: 'asymmetric', clip } }];
}

export const ROTATED: readonly Paper[] = [
  {
    id: 'quarot',
    title: 'QuaRot',
    citation: STEP_FACES.rotate.citation,
    fidelity: {
      label: 'simplified',
      why: 'W4A4KV4 by GPTQ with the release’s clips; heads are turned by R2 instead of an online transform across them.',
    },
    why: 'Four-bit weights and activations without outliers, from one random rotation and no training.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      rotation(facts, 'down'),
      { step: 'activations', options: { bits: 4, per: 'token', clip: 0.9 } },
      ...headCache(facts, 0.95),
      { step: 'gptq', options: { bits: 4, symmetric: true, clip: 'mse' } },
    ],
  },
  {
    id: 'flatquant',
    title: 'FlatQuant',
    citation: STEP_FACES.affine.citation,
    fidelity: {
      label: 'simplified',
      why: 'Its released settings, W4A4KV4 by plain rounding behind Kronecker transforms learned block by block; clips are not learned, and keys and single heads have no transform.',
    },
    why: 'Four bits for everything, with a small matrix learned before each layer.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      { step: 'affine' },
      { step: 'activations', options: { bits: 4, per: 'token' } },
      ...headCache(facts),
      { step: 'rtn', options: { bits: 4, symmetric: true } },
    ],
  },
];
