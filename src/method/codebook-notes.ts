/** What codebook methods say about a layer that does not fit the options as they are. */

/** Options that must hold whole sub-vectors. */
interface Shape {
  readonly dim: number;
  readonly scaleBlock: number | null;
}

/** A run of columns made a whole number of sub-vectors long, as the ledger's bookShape does. */
export function wholeSubVectors(columns: number | null, dim: number): number | null {
  return columns === null ? null : Math.ceil(columns / dim) * dim;
}

/** Says what d does not divide; null where it divides all. */
export function paddingNote(cols: number, { dim, scaleBlock }: Shape): string | null {
  const rest = cols % dim;
  return joinNotes(
    rest === 0
      ? null
      : `The ${cols} inputs are not a multiple of ${dim}: the last sub-vector of each row holds ${rest}.`,
    scaleBlock !== null && scaleBlock % dim !== 0
      ? `Scale blocks of ${scaleBlock} inputs became ${wholeSubVectors(scaleBlock, dim)}, a multiple of ${dim}.`
      : null,
  );
}

/** Sentences one after another; null where there are none. */
export function joinNotes(...notes: readonly (string | null)[]): string | null {
  return notes.filter((note) => note !== null).join(' ') || null;
}
