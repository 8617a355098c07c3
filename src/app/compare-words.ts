/** The words of the comparison and of the sentence that sums it up. Part of the catalogue in words.ts. */

export const summary = {
  /** Before what holds for that size. */
  at: (bits: string, passing: string | null) => `At ${bits} bits/weight${passing === null ? '' : ` and ${passing}`}: `,
  /** In the place of more names than a sentence holds. */
  others: (count: string) => `${count} others`,
  leads: (label: string, wins: string, places: string, metric: string) =>
    `${label} has the lowest ${metric} in ${wins} of ${places} layers`,
  leadsBlocks: (label: string, wins: string, places: string, metric: string) =>
    `${label} has the lowest ${metric} in ${wins} of ${places} blocks`,
  tie: (labels: string, wins: string, metric: string) => `${labels} share the lead in ${metric} with ${wins} each`,
  worst: (name: string, value: string) => `its worst is ${name} at ${value}`,
  lower: (label: string, percent: string, baseline: string) => `On average ${label} is ${percent} below ${baseline}.`,
  lowerUnclear: (label: string, percent: string, baseline: string) =>
    `On average ${label} is ${percent} below ${baseline}, no more than it varies from place to place.`,
  notLower: (baseline: string) => `On average none is below ${baseline}.`,
  perplexity: (label: string, value: string, full: string) =>
    `Lowest perplexity: ${label} with ${value}${full === '' ? '' : ` (full precision ${full})`}`,
  inseparable: (labels: string, tokens: string) => `not separable from ${labels} on ${tokens} tokens`,
  /** Of rows that nothing can be compared with. */
  alone: (what: string, rows: string) => `Alone at what they store, and so not ranked, with their ${what}: ${rows}.`,
  aloneOne: (what: string, row: string) => `Alone at what it stores, and so not ranked, with its ${what}: ${row}.`,
  allAlone: (what: string, rows: string) =>
    `No two rows store the same bits, so none is ranked. With their ${what}: ${rows}.`,
  aloneRow: (label: string, bits: string, figures: string) =>
    `${label} at ${bits} bits/weight${figures === '' ? '' : ` ${figures}`}`,
  meanOf: (metric: string) => `mean ${metric}`,
  perplexityOf: (value: string) => `perplexity ${value}`,
  accuracyOf: (value: string) => `accuracy ${value}`,
  nothing: 'Nothing to compare yet.',
  difference: (percent: string) => `Largest difference of a layer from the precomputed run: ${percent}.`,
  agrees: 'Every layer agrees with the precomputed run.',
};
