/** The models that come with the studio. A sample is added by a folder under public/samples and one entry here. */
export interface Sample {
  /** The name of its folder, and what importSample is asked for. */
  readonly id: string;
  readonly title: string;
  /** Where it comes from, what it is under, and what it shows: one sentence each. */
  readonly provenance: string;
  readonly licence: string;
  readonly shows: string;
}

export const SAMPLES: readonly Sample[] = [
  {
    id: 'stories-1m',
    title: 'Stories 1M',
    provenance: 'A small Llama-style language model, trained for this studio on short stories made by a grammar.',
    licence: 'Apache-2.0, like the studio',
    shows: 'How rounding error travels from layer to layer in a transformer, in seconds instead of hours.',
  },
];
