/**
 * What linear layers read, rounded with a range for each call of the sampler (step-ranges.ts): the least and the greatest that the
 * calibration images of that call have in the row's own stream. A call that no calibration image is of takes the range of the nearest that
 * one is.
 */
import { cellRanges } from '../../tensor/fake-quant';
import { Tensor } from '../../tensor/tensor';
import type { ActivationCode } from '../../tensor/activation-format';
import type { Options } from '../../method/parameters';
import type { ActivationStep, SeenTaps } from '../step';
import { CallRows, fakeQuantByCall } from './step-ranges';

export const activationsByStep: ActivationStep = {
  async at(seen, options, known) {
    const clip = Number(options.clip);
    const table = known?.arrays.ranges ?? (await rangesByCall(seen)).map((end) => end * clip);
    const ranges = Tensor.from(seen.gpu, table.length, 1, table, 'ranges by step');
    const rows = new CallRows(seen.gpu, table.length / 2);
    const code = codeByStep(options);
    return {
      on: (tape, x, g) => fakeQuantByCall(tape, x, g, code, tape.constant(ranges), rows),
      bits: () => code.bits,
      state: { arrays: { ranges: table }, numbers: {} },
      release() {
        ranges.release();
        rows.release();
      },
    };
  },
};

export function codeByStep({ bits, symmetric }: Options): ActivationCode & { readonly bits: number } {
  return { kind: symmetric === true ? 'symmetric' : 'asymmetric', bits: Number(bits) };
}

/** Lows by call, then highs. */
async function rangesByCall({ each }: SeenTaps): Promise<Float32Array<ArrayBuffer>> {
  const seen: { readonly calls: readonly number[]; readonly ranges: Tensor }[] = [];
  each((x, { calls }) => {
    if (!calls) throw new Error('bug: calibration images of no step');
    seen.push({ calls, ranges: cellRanges(x, { per: 'tensor' }, { windows: { length: x.rows / calls.length } }) });
  });
  const low: (number | undefined)[] = [];
  const high: (number | undefined)[] = [];
  for (const { calls, ranges } of seen) {
    const values = await ranges.read();
    ranges.release();
    calls.forEach((call, i) => {
      low[call] = Math.min(low[call] ?? Infinity, values[i]);
      high[call] = Math.max(high[call] ?? -Infinity, values[i + calls.length]);
    });
  }
  return Float32Array.from([...filled(low), ...filled(high)]);
}

/** What was never seen takes the nearest that was, of two the later. */
export function filled(values: readonly (number | undefined)[]): number[] {
  return Array.from(values, (value, at) => {
    if (value !== undefined) return value;
    for (let far = 1; far < values.length; far++) {
      const near = values[at + far] ?? values[at - far];
      if (near !== undefined) return near;
    }
    throw new Error('bug: no step was seen');
  });
}
