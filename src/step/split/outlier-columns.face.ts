/** The inputs that weigh most in a layer keep their weights. */
import type { Options } from '../../method/parameters';
import { sparseLedger } from '../../quantizer/sparse';
import type { StepFace } from '../face';

/** Columns that a layer of `cols` inputs keeps: at least one. */
export function keptColumns({ count, share }: Options, cols: number): number {
  const wanted = typeof count === 'number' ? count : Math.round(Number(share) * cols);
  return Math.max(1, Math.min(wanted, cols));
}

export function keptBits({ bits }: Options): 16 | 32 {
  return bits === '32' ? 32 : 16;
}

export const outlierColumnsFace: StepFace = {
  id: 'outlier_columns',
  slot: 'split',
  title: 'Outlier columns',
  idea: 'Keep the columns of a weight that matter most to its outputs as they are, and quantize the others.',
  formula: 'keep the columns c with the largest H_cc·Σ_r W_rc²',
  citation: {
    text: 'Lee, Jin, Kim, Kim, Park: OWQ: Outlier-Aware Weight Quantization for Efficient Fine-Tuning and Inference of Large Language Models, AAAI 2024.',
    url: 'https://arxiv.org/abs/2306.02272',
    bibtex:
      '@inproceedings{lee2024owq, title={OWQ: Outlier-Aware Weight Quantization for Efficient Fine-Tuning and Inference of Large Language Models}, author={Lee, Changhun and Jin, Jungyu and Kim, Taesu and Kim, Hyungjun and Park, Eunhyeok}, booktitle={AAAI}, year={2024}}',
  },
  fidelity: {
    label: 'own',
    why: 'The studio’s own form of keeping weak columns, in the spirit of OWQ, whose text was not read for it: columns are ranked by their part in the outputs’ energy, and codes are stored for all columns, where a method that compensates puts what the others lose.',
  },
  parameters: {
    count: {
      kind: 'optional-integer',
      min: 1,
      max: 65536,
      nullLabel: 'by share',
      default: null,
      label: 'Columns',
      unit: 'columns',
      help: 'How many columns of each layer are kept; by share means that share of its inputs.',
    },
    share: {
      kind: 'number',
      min: 0,
      max: 0.5,
      default: 0.01,
      label: 'Share',
      unit: 'of the inputs',
      help: 'Share of a layer’s inputs whose columns are kept, at least one column, where no number is said.',
    },
    bits: {
      kind: 'choice',
      choices: ['16', '32'],
      default: '16',
      label: 'Bits',
      unit: 'bits',
      help: 'Width of a kept weight: F16 or F32.',
    },
  },
  scope: () => 'stage',
  words: ({ count, share, bits }) => [
    typeof count === 'number'
      ? `${count} column${count === 1 ? '' : 's'} kept`
      : `${String(Number((100 * Number(share)).toFixed(3)))} % columns kept`,
    ...(bits === '32' ? ['32-bit'] : []),
  ],
  parts: ['sparse'],
  storage: (options, rows, cols) =>
    sparseLedger({ rows, cols, layout: 'columns', bits: keptBits(options), kept: keptColumns(options, cols) }),
  needsHessian: () => true,
};
