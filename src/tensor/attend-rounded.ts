/**
 * Attention whose probabilities are quantized before they meet the values (attend.ts says what attention is): Y = fq(P)·V, a row of P a query.
 * Rows are not brought back to a sum of 1: the sums that kernels divide by are those of before. So SageAttention2's FP8 with the largest
 * weight of a query at 448, and the logarithmic and split codes of vision transformers. Twin: reference/attend-rounded.ts.
 * Zhang et al. 2024, arXiv 2411.10958; Li et al. 2023, RepQ-ViT, 2212.08254; Yuan et al. 2022, PTQ4ViT, 2111.12293.
 */
import type { ActivationFormat } from './activation-format';
import { Attention, type Panel } from './attend';
import type { AttendOptions, HeadInputs } from './attend-inputs';
import { axpy } from './elementwise';
import { fakeQuantize } from './fake-quant';
import type { Geometry } from './heads';
import { Tensor } from './tensor';

export interface Rounding {
  /** Of a row of P; cells a row or wider. Null: P as it is. */
  readonly format: ActivationFormat | null;
  /** Least and greatest that all rows share; by default each row's own. */
  readonly ranges?: readonly [number, number];
  /** Scores that are added: of queries shaped like q with keys shaped like k. */
  readonly beside?: { readonly q: Tensor; readonly k: Tensor } | null;
}

/** What attention reads, shaped like q. */
export function attendRounded(
  inputs: HeadInputs,
  geometry: Geometry,
  options: AttendOptions,
  { format, ranges, beside }: Rounding,
): Tensor {
  const { q, k, v } = inputs;
  const { gpu } = q;
  if (format && format.cells.per !== (ranges ? 'tensor' : 'token')) {
    throw new Error(`bug: probabilities with ${ranges ? 'given ranges' : 'ranges of a query'} per ${format.cells.per}`);
  }
  const attention = new Attention(inputs, geometry, options);
  // Tiles that the mask leaves out are never written, and ranges look at them.
  const scratch = (panel: Panel) => {
    const made = attention.scratch(panel);
    gpu.clear(made.buffer, 0, made.bytes);
    return made;
  };
  const shared = ranges ? Tensor.from(gpu, 2, 1, ranges, 'range of probabilities') : null;
  const y = Tensor.empty(gpu, q.rows, q.cols, 'attention');
  for (const panel of attention.panels()) {
    const own = scratch(panel);
    attention.scores(panel, q, k, own, null);
    if (beside) {
      const more = scratch(panel);
      attention.scores(panel, beside.q, beside.k, more, null);
      axpy(1, more, own);
      more.release();
    }
    attention.softmax(panel, own, null);
    const rounded = format ? fakeQuantize(own, format, { ranges: shared }) : own;
    attention.product('mix', panel, rounded, null, v, y);
    for (const used of new Set([own, rounded])) used.release();
  }
  shared?.release();
  return y;
}
