/**
 * Fake quantization on the tape (tensor/fake-quant.ts), straight through. What is quantized with ranges of its own, or with given ones that
 * are not trained, passes its gradient as it is, outside the range too (as QuaRot's and SpinQuant's code does). Where the ranges or a clip of
 * them are trained, the gradient to x is 0 outside, and the ranges get theirs (tensor/fake-quant-back.ts); x's part in its own least and
 * greatest counts as a constant.
 */
import type { ActivationFormat, Windows } from '../tensor/activation-format';
import { fakeQuantizeBeside } from '../tensor/dressings';
import { cellRanges, fakeQuantize, type SeenOptions } from '../tensor/fake-quant';
import { fakeQuantizeInside } from '../tensor/outliers';
import { fakeQuantizeBack } from '../tensor/fake-quant-back';
import type { Tensor } from '../tensor/tensor';
import { gateRows } from './modulation';
import type { Tape, Variable } from './tape';

export interface FakeQuantSettings extends SeenOptions {
  /** (2·R) × across, R = 1 where all rows share them; by default x's own. Trained where it needs a gradient. */
  readonly ranges?: Variable | null;
  /** 2 × across: what the lows and the highs of x's own ranges are multiplied by; FlatQuant's σ(p). Not beside `ranges`. */
  readonly clip?: Variable | null;
}

/** x̂. */
export function fakeQuant(
  tape: Tape,
  x: Variable,
  format: ActivationFormat,
  settings: FakeQuantSettings = {},
): Variable {
  const { clip, ranges: given, ...seen } = settings;
  if (clip && given) throw new Error('bug: given ranges and a clip of own ones');
  const ranges = clip ? clippedRanges(tape, x, format, clip, seen) : given;
  const y = fakeQuantize(x.value, format, { ...seen, ranges: ranges?.value });
  if (!ranges) return tape.record(y, [x], (g) => [g.clone('gradient')]);
  return tape.record(y, [x, ranges], (g) => {
    if (!ranges.needsGrad) return [x.needsGrad ? g.clone('gradient') : null, null];
    const wanted = { x: x.needsGrad, ranges: true };
    const made = fakeQuantizeBack(x.value, ranges.value, g, format, seen, wanted);
    return [made.x, made.ranges];
  });
}

/** x̂ beside a share of outliers (tensor/outliers.ts), straight through. */
export function fakeQuantInside(
  tape: Tape,
  x: Variable,
  format: ActivationFormat,
  share: number,
  seen: SeenOptions = {},
): Variable {
  return tape.record(fakeQuantizeInside(x.value, format, share, seen), [x], (g) => [g.clone('gradient')]);
}

/** x̂ beside each window's outlier columns (tensor/dressings.ts), straight through. */
export function fakeQuantBeside(
  tape: Tape,
  x: Variable,
  format: ActivationFormat,
  threshold: number,
  seen: { readonly windows: Windows; readonly ranges?: Tensor | null },
): Variable {
  return tape.record(fakeQuantizeBeside(x.value, format, threshold, seen), [x], (g) => [g.clone('gradient')]);
}

function clippedRanges(tape: Tape, x: Variable, format: ActivationFormat, clip: Variable, seen: SeenOptions): Variable {
  const own = tape.keep(cellRanges(x.value, format.cells, seen));
  return gateRows(tape, tape.constant(own), clip, own.rows / 2);
}
