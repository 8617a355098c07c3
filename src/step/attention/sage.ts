/**
 * SageAttention2 (Zhang et al. 2024, arXiv 2411.10958). k − k̄ shifts all scores of a query alike, which softmax does not see; q̄ of a block is
 * multiplied in full precision beside. Groups 'per thread' are what a thread of the kernel holds: of 128 queries those with an equal number
 * mod 8, of 64 keys those with an equal ⌊(number mod 8) / 2⌋. Probabilities reach 1 before they are divided by their sum, so FP8's scale is
 * a query's largest weight / 448.
 */
import { attendHeads, attendRoundedHeads } from '../../gradient/attention';
import { fakeQuant } from '../../gradient/fake-quant';
import type { Tape, Variable } from '../../gradient/tape';
import type { ActivationFormat, Cells } from '../../tensor/activation-format';
import { centre } from '../../tensor/centre';
import type { Tensor } from '../../tensor/tensor';
import type { AttentionStep } from '../step';
import { headWindows } from './heads';

const BLOCKS = { query: { tokens: 128, turns: { of: 8, width: 1 } }, key: { tokens: 64, turns: { of: 8, width: 2 } } };

const FLOAT = { kind: 'e4m3' } as const;

export const sage: AttentionStep = {
  hooks(_gpu, _network, { bits, groups, smoothKeys, smoothQueries, values }) {
    const formatOf = (of: keyof typeof BLOCKS, columns: number): ActivationFormat => ({
      code: { kind: 'symmetric', bits: Number(bits) },
      cells: cellsOf(String(groups), of, columns),
      rounding: 'away',
    });
    return {
      on: (_tape, _at, x) => x,
      attend(tape, _block, { query, key, value }, g, how) {
        const windows = headWindows(g);
        const whole = smoothKeys === true ? centred(tape, key, centre(key.value, windows)).rest : key;
        const split =
          smoothQueries === true ? centred(tape, query, centre(query.value, windows, BLOCKS.query.tokens)) : null;
        const dim = query.value.cols;
        const inputs = {
          query: fakeQuant(tape, split?.rest ?? query, formatOf('query', dim), { windows }),
          key: fakeQuant(tape, whole, formatOf('key', dim), { windows }),
          value:
            values === 'full' ? value : fakeQuant(tape, value, { code: FLOAT, cells: { per: 'column' } }, { windows }),
        };
        if (values === 'full' && !split) return attendHeads(tape, inputs.query, inputs.key, inputs.value, g, how);
        return attendRoundedHeads(tape, inputs, g, how, {
          format: values === 'full' ? null : { code: FLOAT, cells: { per: 'token' } },
          beside: split && { q: split.mean, k: whole.value },
        });
      },
    };
  },

  // What it quantizes passes; a cache beside it would stay as it is.
  cacheBits: () => null,
};

/**
 * What is left of x, and its means, which the tape keeps. The gradient passes whole: what the means would get is nothing for keys, for the
 * scores of a query may all move alike, and for queries what the part beside would give.
 */
function centred(tape: Tape, x: Variable, made: { readonly centred: Tensor; readonly mean: Tensor }) {
  return {
    rest: tape.record(made.centred, [x], (g) => [g.clone('gradient')]),
    mean: tape.keep(made.mean),
  };
}

function cellsOf(groups: string, of: keyof typeof BLOCKS, columns: number): Cells {
  if (groups === 'token') return { per: 'token' };
  const { tokens, turns } = BLOCKS[of];
  return { per: 'block', tokens, columns, ...(groups === 'thread' ? { turns } : {}) };
}
