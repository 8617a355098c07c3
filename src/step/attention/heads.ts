/**
 * Heads as fake quantization takes them: rows of heads.ts, where every (window, head) is a window of its own, so that no range is shared by two
 * heads or two texts.
 */
import type { AnyNetwork } from '../../model/architecture';
import { attends } from '../../model/model';
import { codeBits, bitsPerValue, type ActivationFormat, type Windows } from '../../tensor/activation-format';
import { Dressing } from '../../tensor/fake-quant';
import type { Geometry } from '../../tensor/heads';
import { padded, Tensor } from '../../tensor/tensor';

export function headWindows({ length }: Geometry): Windows {
  return { length, pitch: padded(length) };
}

/** Whether the network reads as a decoder does, which keeps keys and values, and how wide its heads are; null without attention. */
export function attentionOf({ blocks, hidden }: AnyNetwork): { readonly dim: number; readonly causal: boolean } | null {
  const [{ plan }] = blocks;
  if (!attends(plan)) return null;
  if (plan.kind === 'dit') return { dim: hidden / plan.heads, causal: false };
  return plan.attention;
}

/** The first tokens of every window, which pass as they are. Vectors for the sizes that come, until `release`. */
export class Sinks {
  readonly #made = new Map<string, Dressing>();

  constructor(private readonly count: number) {}

  /** Null where there are none. */
  of({ value }: { readonly value: Tensor }, { length }: Geometry): Dressing | null {
    if (this.count === 0) return null;
    const { gpu, rows, cols } = value;
    const key = `${rows} × ${cols}, ${length}`;
    const known = this.#made.get(key);
    if (known) return known;
    const kept = Float32Array.from({ length: rows }, (_, row) => (row % padded(length) < this.count ? 1 : 0));
    const keptRows = Tensor.from(gpu, 1, rows, kept, 'sinks');
    const made = Dressing.of(gpu, rows, cols, { keptRows });
    keptRows.release();
    this.#made.set(key, made);
    return made;
  }

  release(): void {
    for (const one of this.#made.values()) one.release();
    this.#made.clear();
  }
}

/** What is kept in full precision counts as this. */
export const FULL_BITS = 16;

/** Bits of a head's number in a window of which `coded` tokens are quantized, `kept` of them are not, and the others wait. */
export function headBits(format: ActivationFormat, dim: number, length: number, coded: number, kept: number): number {
  const bits = codeBits(format.code);
  const few = Math.min(kept, coded);
  // Kept tokens have no range of their own, but channels' groups have theirs all the same.
  const ranged = format.cells.per === 'column' ? coded : coded - few;
  const scales = ranged === 0 ? 0 : (bitsPerValue(format, ranged, dim, 'dynamic') - bits) * ranged;
  return ((coded - few) * bits + (length - coded + few) * FULL_BITS + scales) / length;
}
