/**
 * What linear layers read, rounded (tensor/fake-quant.ts): with ranges of the values themselves, or with static ones of the calibration
 * windows in the row's own stream, when the stage comes.
 */
import { fakeQuant, fakeQuantBeside } from '../../gradient/fake-quant';
import type { Options } from '../../method/parameters';
import { activationOf } from '../../model/mlp';
import type { Geometry } from '../../model/model';
import {
  bitsPerValue,
  type ActivationCode,
  type ActivationFormat,
  type Cells,
  type Windows,
} from '../../tensor/activation-format';
import { fakeQuantizeBeside, outliersApart } from '../../tensor/dressings';
import { fakeQuantize } from '../../tensor/fake-quant';
import { percentileRanges, RangeObserver } from '../../tensor/observers';
import { RangeSearch } from '../../tensor/range-search';
import { Tensor } from '../../tensor/tensor';
import type { ActivationStep, SeenTaps, TapQuantizer } from '../step';

export const activations: ActivationStep = {
  async at(seen, options, known) {
    const format = formatOf(options, codeAt(seen, options));
    if (options.ranges !== 'static') return quantizer(seen.cols, format, null, Number(options.keepAbove));
    const fixed = fixedFormat(format);
    const stored = known?.arrays.ranges;
    const ranges = stored
      ? Tensor.from(seen.gpu, 2, stored.length / 2, stored, 'static ranges')
      : await staticRanges(seen, fixed, options);
    const both = { tensor: ranges, values: Float32Array.from(await ranges.read()) };
    return quantizer(seen.cols, fixed, both, Number(options.keepAbove));
  },
  // Searches look at inputs that norms and attention make, which are uniform.
  alone(x, length, options) {
    const still = options.ranges === 'static';
    const format = still ? fixedFormat(formatOf(options)) : formatOf(options);
    const above = Number(options.keepAbove);
    // Of static ranges, what is there is one window.
    const windows = { length: still ? x.rows : length };
    return above > 0 ? fakeQuantizeBeside(x, format, above, { windows }) : fakeQuantize(x, format, { windows });
  },
  unseen(options) {
    if (options.ranges !== 'static') return options;
    return { ...options, ranges: 'dynamic', per: options.per === 'token' ? 'tensor' : options.per };
  },
};

/** A token to come has no range yet: what is known beforehand is the tensor's. */
function fixedFormat(format: ActivationFormat): ActivationFormat {
  return format.cells.per === 'token' ? { ...format, cells: { per: 'tensor' } } : format;
}

/** Static ranges, 2 × across, on either side. */
export interface StaticRanges {
  readonly tensor: Tensor;
  readonly values: Float32Array<ArrayBuffer>;
}

/** A tap's quantizer with given ranges, which are taken over, or each value's own. */
export function quantizer(
  cols: number,
  format: ActivationFormat,
  ranges: StaticRanges | null,
  keepAbove = 0,
): TapQuantizer {
  return {
    on(tape, x, g) {
      const windows = windowsOf(x.value, g);
      if (keepAbove > 0) return fakeQuantBeside(tape, x, format, keepAbove, { windows, ranges: ranges?.tensor });
      return fakeQuant(tape, x, format, { windows, ranges: ranges && tape.constant(ranges.tensor) });
    },
    bits: (length) => bitsPerValue(format, length, cols, ranges ? 'static' : 'dynamic'),
    state: ranges && { arrays: { ranges: ranges.values }, numbers: {} },
    release: () => ranges?.tensor.release(),
  };
}

/** What steers a block has one row a window. */
function windowsOf({ rows }: Tensor, g: Geometry): Windows {
  return { length: rows === g.windows * g.length ? g.length : rows / g.windows };
}

export function formatOf(options: Options, code = 'uniform'): ActivationFormat {
  return { code: codeOf(options, code), cells: cellsOf(options), clip: Number(options.clip) };
}

function codeOf({ bits: given, symmetric }: Options, code: string): ActivationCode {
  const bits = Number(given);
  switch (code) {
    case 'signs':
      return { kind: 'signs', bits };
    case 'log2':
    case 'log√2':
      return { kind: 'logarithmic', bits, perOctave: code === 'log2' ? 1 : 2 };
    default:
      return { kind: symmetric === true ? 'symmetric' : 'asymmetric', bits };
  }
}

/** The code of a stage's inputs: another than uniform only behind an MLP's function that no gate multiplies. */
function codeAt({ block, stage }: SeenTaps, { code }: Options): string {
  const inner = activationOf(block);
  const behind = stage === block.stages.length - 1 && inner !== null && inner !== 'silu_gate';
  return behind ? String(code) : 'uniform';
}

function cellsOf({ per, groupSize, blockTokens }: Options): Cells {
  const columns = Number(groupSize);
  if (per === 'group') return { per: 'group', columns };
  if (per === 'block') return { per: 'block', tokens: Number(blockTokens), columns };
  return { per: per === 'channel' ? 'column' : per === 'tensor' ? 'tensor' : 'token' };
}

/** 2 × across: of what is not kept as it is. */
async function staticRanges(given: SeenTaps, format: ActivationFormat, options: Options): Promise<Tensor> {
  const { cells } = format;
  const above = Number(options.keepAbove);
  const seen: SeenTaps = above > 0 ? { ...given, each: withoutOutliers(given, above) } : given;
  if (options.observer === 'percentile') return percentiles(seen, cells, Number(options.percentile));
  const observer = new RangeObserver(
    cells,
    options.observer === 'ema' ? { kind: 'mean', keep: 0.9 } : { kind: 'widest' },
  );
  try {
    seen.each((x, g) => observer.add(x, windowsOf(x, g)));
    if (options.observer !== 'mse') return observer.ranges.clone('static ranges');
    const search = new RangeSearch(seen.gpu, format, observer.ranges);
    seen.each((x) => search.add(x));
    return (await search.best()).ranges;
  } finally {
    observer.release();
  }
}

/** The same inputs with zeros in the place of what is kept. */
function withoutOutliers({ each }: SeenTaps, above: number): SeenTaps['each'] {
  return (see) => {
    each((x, g) => {
      const { rest, outliers } = outliersApart(x, above, windowsOf(x, g));
      see(rest, g);
      for (const used of [rest, outliers]) used.release();
    });
  };
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
