/**
 * VidKV (Tao et al. 2025, arXiv 2503.16257; tensor/few-levels.ts). Of a head's keys the channels that range widest over the window get two
 * bits per channel and group; the others go through a Fourier transform across them, token by token, whose numbers keep a sign and, per
 * group, a mean magnitude. Values have three levels of their channel's mean magnitude in a group.
 */
import { attendCachedHeads, attendHeads } from '../../gradient/attention';
import type { Options } from '../../method/parameters';
import { bitsPerValue, type ActivationFormat } from '../../tensor/activation-format';
import { subtract } from '../../tensor/elementwise';
import { sliceRows } from '../../tensor/embedding';
import { cellRanges, fakeQuantize } from '../../tensor/fake-quant';
import { channelsOf, fewLevels, spectrumCols, spectrumOf } from '../../tensor/few-levels';
import type { Geometry } from '../../tensor/heads';
import { leastMask } from '../../tensor/least';
import { padded, type Tensor } from '../../tensor/tensor';
import type { AttentionStep } from '../step';
import { attentionOf, FULL_BITS } from './heads';

const LEAVING = { keys: 'blocks', values: 'blocks' } as const;

/** Five values of three levels fit a byte. */
const TERNARY_BITS = 8 / 5;

export const vidkv: AttentionStep = {
  hooks(_gpu, _network, options) {
    const { residual, group, low } = settingsOf(options);
    return {
      on: (_tape, _at, x) => x,
      attend(tape, _block, { query, key, value }, g, how) {
        if (residual >= g.length) return null;
        const windows = { length: g.length, pitch: padded(g.length) };
        const made = keysOf(key.value, g, group, low(key.value.cols));
        // Straight through.
        const keys = tape.record(made, [key], (grad) => [grad.clone('gradient')]);
        const ternary = fewLevels(value.value, 3, windows, group);
        const values = tape.record(ternary, [value], (grad) => [grad.clone('gradient')]);
        if (residual === 0) return attendHeads(tape, query, keys, values, g, how);
        const full = { query, key, value };
        return attendCachedHeads(tape, full, { key: keys, value: values }, g, how, { residual, leaving: LEAVING });
      },
    };
  },

  cacheBits(network, options, length) {
    const attention = attentionOf(network);
    if (!attention?.causal) return null;
    const { dim } = attention;
    const { residual, group, low } = settingsOf(options);
    const coded = residual === 0 ? length : residual * Math.floor(length / residual);
    if (coded === 0) return { key: FULL_BITS, value: FULL_BITS };
    const chosen = low(dim);
    // A mean of 16 bits a column and group.
    const mean = (FULL_BITS * Math.ceil(coded / group)) / coded;
    const two = dim === chosen ? 0 : bitsPerValue(formatOf(group), coded, dim - chosen, 'dynamic') * (dim - chosen);
    const one = chosen === 0 ? 0 : spectrumCols(chosen) * (1 + mean);
    // Which channels they are: a bit each.
    const key = (two + one) / dim + 1 / coded;
    const all = (bits: number) => (coded * bits + (length - coded) * FULL_BITS) / length;
    return { key: all(key), value: all(TERNARY_BITS + mean) };
  },
};

function settingsOf({ keyBits, groupSize, residual }: Options) {
  return {
    residual: Number(residual),
    group: Number(groupSize),
    /** Channels of a head that keep signs alone. */
    low: (dim: number) => dim - Math.round(dim * (Number(keyBits) - 1)),
  };
}

function formatOf(tokens: number): ActivationFormat {
  return { code: { kind: 'float offset', bits: 2 }, cells: { per: 'column', tokens } };
}

function keysOf(x: Tensor, { length }: Geometry, group: number, chosen: number): Tensor {
  const windows = { length, pitch: padded(length) };
  const two = fakeQuantize(x, formatOf(group), { windows });
  if (chosen === 0) return two;
  const ranges = cellRanges(x, { per: 'column' }, { windows });
  const heads = ranges.rows / 2;
  const [lows, highs] = [sliceRows(ranges, 0, heads), sliceRows(ranges, heads, heads)];
  const widths = subtract(highs, lows);
  const marks = leastMask(widths, { least: chosen });
  const spectrum = spectrumOf(x, { marks, chosen }, windows);
  const signs = fewLevels(spectrum, 2, windows, group);
  const y = channelsOf(signs, two, { marks, chosen }, windows);
  for (const used of [two, ranges, lows, highs, widths, marks, spectrum, signs]) used.release();
  return y;
}
