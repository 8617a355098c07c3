/**
 * A decoder's cache: keys and values rounded head by head (tensor/fake-quant.ts), and attention that reads them. With a residual, attention
 * reads the quantized copy of what has left the last tokens by then (tensor/attend-cache.ts): what shares a range of tokens leaves in blocks,
 * the rest one by one. Outliers stay as they are beside the codes (tensor/outliers.ts). Keys that are quantized before rotary positions are turned afterwards, as a cache would at every use.
 */
import { attendCachedHeads, attendHeads } from '../../gradient/attention';
import { fakeQuant, fakeQuantInside } from '../../gradient/fake-quant';
import type { Tape, Variable } from '../../gradient/tape';
import type { Options } from '../../method/parameters';
import type { ActivationCode, ActivationFormat } from '../../tensor/activation-format';
import type { Leaving } from '../../tensor/attend-cache';
import type { Geometry } from '../../tensor/heads';
import type { AttentionStep } from '../step';
import { attentionOf, headBits, headWindows, Sinks } from './heads';

/** Of an outlier: its value, and where it stands. */
const OUTLIER_BITS = 32;

export const cache: AttentionStep = {
  hooks(_gpu, _network, options) {
    const { key: keyFormat, value: valueFormat, residual, leaving } = settingsOf(options);
    const outliers = Number(options.outliers);
    const sinks = new Sinks(Number(options.sinks));
    const rounded = (tape: Tape, x: Variable, format: ActivationFormat, g: Geometry) => {
      const seen = { windows: headWindows(g), dressing: sinks.of(x, g) };
      return outliers > 0 ? fakeQuantInside(tape, x, format, outliers, seen) : fakeQuant(tape, x, format, seen);
    };
    return {
      on: (_tape, _at, x) => x,
      attend(tape, _block, { query, key, value, plain, turned }, g, how) {
        // Nothing has left the residual yet.
        if (residual >= g.length) return null;
        const early = options.beforeRope === true;
        const keys = early ? turned(rounded(tape, plain, keyFormat, g)) : rounded(tape, key, keyFormat, g);
        const values = rounded(tape, value, valueFormat, g);
        if (residual === 0) return attendHeads(tape, query, keys, values, g, how);
        const full = { query, key, value };
        return attendCachedHeads(tape, full, { key: keys, value: values }, g, how, { residual, leaving });
      },
      release: () => sinks.release(),
    };
  },

  cacheBits(network, options, length) {
    const attention = attentionOf(network);
    if (!attention?.causal) return null;
    const { key, value, residual, leaving } = settingsOf(options);
    const bits = (format: ActivationFormat, how: Leaving['keys']) => {
      const inBlocks = how === 'blocks' ? residual * Math.floor(length / residual) : Math.max(0, length - residual);
      const gone = residual === 0 ? length : inBlocks;
      const coded = headBits(format, attention.dim, length, gone, Number(options.sinks));
      // A value of 16 bits and its place in 16, beside the codes.
      return coded + (OUTLIER_BITS * Number(options.outliers) * Math.max(0, gone - Number(options.sinks))) / length;
    };
    return { key: bits(key, leaving.keys), value: bits(value, leaving.values) };
  },
};

function settingsOf({ keyBits, valueBits, keyPer, valuePer, groupSize, code, clip, residual }: Options) {
  const format = (bits: unknown, per: unknown): ActivationFormat => ({
    code: { kind: code, bits: Number(bits) } as ActivationCode,
    cells: cellsOf(per === 'channel', groupSize === null ? null : Number(groupSize)),
    clip: Number(clip),
  });
  const how = (per: unknown) => (per === 'channel' ? 'blocks' : 'singly');
  return {
    key: format(keyBits, keyPer),
    value: format(valueBits, valuePer),
    residual: Number(residual),
    leaving: { keys: how(keyPer), values: how(valuePer) } satisfies Leaving,
  };
}

/** Ranges of channels over `group` tokens of a head, or of a token's `group` channels; null: all. */
export function cellsOf(channel: boolean, group: number | null): ActivationFormat['cells'] {
  if (channel) return group === null ? { per: 'column' } : { per: 'column', tokens: group };
  return group === null ? { per: 'token' } : { per: 'group', columns: group };
}
