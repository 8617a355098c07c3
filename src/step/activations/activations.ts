/**
 * What linear layers read, rounded (tensor/fake-quant.ts): with ranges of the values themselves, or with static ones of the calibration
 * windows in the row's own stream, when the stage comes.
 */
import { fakeQuant } from '../../gradient/fake-quant';
import type { Options } from '../../method/parameters';
import { bitsPerValue, type ActivationFormat, type Cells } from '../../tensor/activation-format';
import { keepOutlierColumns } from '../../tensor/dressings';
import { percentileRanges, RangeObserver } from '../../tensor/observers';
import { RangeSearch } from '../../tensor/range-search';
import { Tensor } from '../../tensor/tensor';
import type { ActivationStep, SeenTaps, TapQuantizer } from '../step';

export const activations: ActivationStep = {
  async at(seen, options) {
    const format = formatOf(options);
    if (options.ranges !== 'static') return quantizer(seen.cols, format, null, Number(options.keepAbove));
    // A token to come has no range yet: what is known beforehand is the tensor's.
    const fixed: ActivationFormat = format.cells.per === 'token' ? { ...format, cells: { per: 'tensor' } } : format;
    return quantizer(seen.cols, fixed, await staticRanges(seen, fixed, options), Number(options.keepAbove));
  },
  unseen(options) {
    if (options.ranges !== 'static') return options;
    return { ...options, ranges: 'dynamic', per: options.per === 'token' ? 'tensor' : options.per };
  },
};

/** A tap's quantizer with given ranges (2 × across; taken over), or each value's own. */
export function quantizer(cols: number, format: ActivationFormat, ranges: Tensor | null, keepAbove = 0): TapQuantizer {
  return {
    on(tape, x, g) {
      const length = x.value.rows === g.windows * g.length ? g.length : x.value.rows / g.windows;
      const dressing = keepAbove > 0 ? keepOutlierColumns(x.value, keepAbove) : null;
      const y = fakeQuant(tape, x, format, {
        windows: { length },
        dressing,
        ranges: ranges && tape.constant(ranges),
      });
      dressing?.release();
      return y;
    },
    bits: (length) => bitsPerValue(format, length, cols, ranges ? 'static' : 'dynamic'),
    release: () => ranges?.release(),
  };
}

export function formatOf({ bits, per, groupSize, symmetric, clip }: Options): ActivationFormat {
  const kind = symmetric === true ? 'symmetric' : 'asymmetric';
  return { code: { kind, bits: Number(bits) }, cells: cellsOf(String(per), Number(groupSize)), clip: Number(clip) };
}

function cellsOf(per: string, columns: number): Cells {
  if (per === 'group') return { per: 'group', columns };
  return { per: per === 'channel' ? 'column' : per === 'tensor' ? 'tensor' : 'token' };
}

/** 2 × across. */
async function staticRanges(seen: SeenTaps, format: ActivationFormat, options: Options): Promise<Tensor> {
  const { cells } = format;
  if (options.observer === 'percentile') return percentiles(seen, cells, Number(options.percentile));
  const observer = new RangeObserver(
    cells,
    options.observer === 'ema' ? { kind: 'mean', keep: 0.9 } : { kind: 'widest' },
  );
  try {
    seen.each((x) => observer.add(x));
    if (options.observer !== 'mse') return observer.ranges.clone('static ranges');
    const search = new RangeSearch(seen.gpu, format, observer.ranges);
    seen.each((x) => search.add(x));
    return (await search.best()).ranges;
  } finally {
    observer.release();
  }
}

/** Means of the chunks' percentiles: 1 − p at either end. */
async function percentiles(seen: SeenTaps, cells: Cells, share: number): Promise<Tensor> {
  const copies: Tensor[] = [];
  seen.each((x) => copies.push(x.clone('inputs to be sorted')));
  const total: number[] = [];
  for (const x of copies) {
    (await percentileRanges(x, cells, [1 - share, share])).forEach((value, i) => {
      total[i] = (total[i] ?? 0) + value / copies.length;
    });
    x.release();
  }
  return Tensor.from(seen.gpu, 2, total.length / 2, Float32Array.from(total), 'static ranges');
}
