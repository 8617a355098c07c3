/** Attention with quantized probabilities (tensor/attend-rounded.ts), and where it is asked for with quantized queries, keys and values. */
import { attendRoundedHeads } from '../../gradient/attention';
import { fakeQuant } from '../../gradient/fake-quant';
import type { Variable } from '../../gradient/tape';
import type { OptionValue } from '../../method/parameters';
import type { ActivationCode, ActivationFormat } from '../../tensor/activation-format';
import type { Rounding } from '../../tensor/attend-rounded';
import type { AttentionStep } from '../step';
import { headWindows } from './heads';

export const probabilities: AttentionStep = {
  hooks(_gpu, _network, options) {
    const code = codeOf(options.code, Number(options.bits), Number(options.split));
    const rounding: Rounding =
      options.ranges === 'unit'
        ? { format: { code, cells: { per: 'tensor' } }, ranges: [0, 1] }
        : { format: { code, cells: { per: 'token' } } };
    const operands: ActivationFormat | null =
      options.operands === null
        ? null
        : { code: { kind: 'asymmetric', bits: Number(options.operands) }, cells: { per: 'tensor' } };
    return {
      on: (_tape, _at, x) => x,
      attend(tape, _block, { query, key, value }, g, how) {
        const rounded = (x: Variable) => (operands ? fakeQuant(tape, x, operands, { windows: headWindows(g) }) : x);
        const inputs = { query: rounded(query), key: rounded(key), value: rounded(value) };
        return attendRoundedHeads(tape, inputs, g, how, rounding);
      },
    };
  },

  // A cache holds no probabilities.
  cacheBits: () => null,
};

function codeOf(name: OptionValue, bits: number, split: number): ActivationCode {
  switch (name) {
    case 'uniform':
      return { kind: 'asymmetric', bits };
    case 'twin':
      return { kind: 'split', bits, split };
    default:
      return { kind: 'logarithmic', bits, perOctave: name === 'log2' ? 1 : 2 };
  }
}
