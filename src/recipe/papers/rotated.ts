/** Systems that turn a network into another basis, in which four bits are enough for what flows through it. */
import type { NetworkFacts } from '../../step/network-facts';
import { firstTaken, type Paper, type PaperStep } from './paper';

/** A random Hadamard rotation with online transforms; where a width has no such matrix, the nearest that the network takes. */
function rotation(facts: NetworkFacts, online: 'down' | 'all'): PaperStep {
  const places = online === 'all' ? ['all', 'down', 'none'] : ['down', 'none'];
  const forms = places.flatMap((place) =>
    ['hadamard', 'blocks', 'orthogonal'].flatMap((matrix) =>
      [true, false].map((heads) => ({ matrix, heads, online: place })),
    ),
  );
  return firstTaken('rotate', facts, forms);
}

export const ROTATED: readonly Paper[] = [
  {
    id: 'quarot',
    title: 'QuaRot',
    citation: {
      text: 'Ashkboos, Mohtashami, Croci, Li, Cameron, Jaggi, Alistarh, Hoefler, Hensman: QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs, NeurIPS 2024.',
      url: 'https://arxiv.org/abs/2404.00456',
      bibtex:
        '@inproceedings{ashkboos2024quarot, title={QuaRot: Outlier-Free 4-Bit Inference in Rotated LLMs}, author={Ashkboos, Saleh and Mohtashami, Amirkeivan and Croci, Maximilian L. and Li, Bo and Cameron, Pashmina and Jaggi, Martin and Alistarh, Dan and Hoefler, Torsten and Hensman, James}, booktitle={NeurIPS}, year={2024}}',
    },
    fidelity: {
      label: 'simplified',
      why: 'W4A4KV4 by GPTQ with the release’s clips; heads are turned by R2 instead of an online transform across them.',
    },
    why: 'Four-bit weights and activations without outliers, from one random rotation and no training.',
    suits: () => null,
    steps: (facts): PaperStep[] => [
      rotation(facts, 'down'),
      { step: 'activations', options: { bits: 4, per: 'token', clip: 0.9 } },
      ...(facts.attention
        ? [
            {
              step: 'cache',
              options: {
                ...{ keyBits: 4, valueBits: 4, keyPer: 'token', valuePer: 'token' },
                ...{ groupSize: null, code: 'asymmetric', clip: 0.95 },
              },
            } as const,
          ]
        : []),
      { step: 'gptq', options: { bits: 4, symmetric: true, clip: 'mse' } },
    ],
  },
];
