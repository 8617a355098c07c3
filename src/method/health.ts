/**
 * What must be known of a layer beside its codes before they are believed: whether anything that was rounded was not a number, and how
 * many of its inputs say anything. WGSL may assume that there is no NaN, so a kernel that clamps, compares or rounds may turn one into a
 * plausible code; therefore the working copy, which keeps every weight as it stood when it was rounded, is counted by its bits. Both
 * ride on the readback of the codes.
 */
import { StudioError } from '../base/errors';
import { joined, known, type Readable } from '../gpu/readback';
import { RELEASED_FLOOR } from '../tensor/affine-grid';
import { Scalars } from '../tensor/reduce';
import type { Tensor } from '../tensor/tensor';

export interface Health {
  /** Weights that were NaN or infinite when they were rounded. */
  readonly notFinite: number;
  /** Inputs that are not always zero, and all inputs; null where no data was looked at. */
  readonly inputs: { readonly live: number; readonly all: number } | null;
}

/** Asks for it. `weights`: the working copy after the last column; `diagonal`: the Hessian's, 1 × cols. */
export function healthOf(weights: Tensor, diagonal: Tensor | null): Readable<Health> {
  const scalars = new Scalars(weights.gpu);
  const place = scalars.nonFiniteCount(weights);
  const asked = joined(scalars, diagonal?.readable ?? known(null));
  return {
    ranges: asked.ranges,
    decode(bytes) {
      const [counts, energies] = asked.decode(bytes);
      return { notFinite: counts[place], inputs: energies && liveOf(energies) };
    },
  };
}

/** Of a weight in tiles, whose inputs are the same. */
export function joinHealth(parts: readonly Health[]): Health {
  return { notFinite: parts.reduce((sum, { notFinite }) => sum + notFinite, 0), inputs: parts[0].inputs };
}

export function liveOf(diagonal: Float32Array): { live: number; all: number } {
  return { live: diagonal.reduce((count, energy) => count + (energy === 0 ? 0 : 1), 0), all: diagonal.length };
}

/** Throws QS-NUM-02 where a weight was not a number, or where the inputs say too little to choose codes by. */
export function requireHealth({ notFinite, inputs }: Health): void {
  if (notFinite > 0) {
    throw new StudioError('QS-NUM-02', `${notFinite} weights became NaN or infinite before they were rounded.`, {
      notFinite,
    });
  }
  if (inputs) requireInputs(inputs);
}

/**
 * Second-order methods give up what a dead input's weights were, for nothing is lost there on the calibration data. Where that is more
 * than half of a layer, the data says too little of it to be asked. Throws QS-NUM-02.
 */
export function requireInputs({ live, all }: { readonly live: number; readonly all: number }): void {
  if (2 * live >= all) return;
  const dead = live === 0 ? `all ${all} of its inputs` : `${all - live} of its ${all} inputs`;
  throw new StudioError(
    'QS-NUM-02',
    `${dead} are zero for every calibration token, so the data cannot choose its codes (at least half must say something).`,
    { live, all },
  );
}

/** A sentence where some inputs say nothing; null otherwise. */
export function deadNote({ inputs }: Pick<Health, 'inputs'>): string | null {
  if (!inputs || inputs.live === inputs.all) return null;
  const dead = inputs.all - inputs.live;
  return `${dead} of ${inputs.all} inputs ${dead === 1 ? 'is' : 'are'} zero for every calibration token: the weights of ${dead === 1 ? 'that one' : 'those'} were set to zero, as the published code does.`;
}

/** A sentence where the published floor, and not the weights, decided a scale; null otherwise. */
export function floorNote(scales: Float32Array, bits: number, symmetric: boolean): string | null {
  const least = Math.fround(RELEASED_FLOOR / (symmetric ? 2 ** (bits - 1) - 1 : 2 ** bits - 1)) * (1 + 2 ** -20);
  const swallowed = scales.reduce((count, scale) => count + (scale <= least ? 1 : 0), 0);
  if (swallowed === 0) return null;
  return `${swallowed} of ${scales.length} scales ${swallowed === 1 ? 'lies' : 'lie'} at the published code's least range, 1e-5, which is wider than the weights: the variant "exact" and RTN have no such floor.`;
}
