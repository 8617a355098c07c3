/**
 * A system of a paper as a list of steps: plain data, which the page's menu, the command line and one test over all of them read. Adding
 * a paper is one object in a file of its family; table.ts lists the families.
 */
import type { Fidelity } from '../../method/face';
import type { Options } from '../../method/parameters';
import type { Citation, StepId } from '../../step/face';
import { STEP_FACES } from '../../step/faces';
import type { NetworkFacts } from '../../step/network-facts';
import { parseRow, type RecipeRow } from '../row';

export interface Paper {
  /** What recipes and the command line call it. */
  readonly id: string;
  /** As the paper writes it. */
  readonly title: string;
  readonly citation: Citation;
  /** Of the whole: faithful steps in another order, or without one, are simplified. */
  readonly fidelity: { readonly label: Fidelity; readonly why: string };
  /** What a person would choose it for, in one sentence. */
  readonly why: string;
  /** Why it is not for such a network, in one sentence, where that is not a step's own refusal; null where it is. */
  suits(facts: NetworkFacts): string | null;
  /** In the order of their slots; options that are not said are the steps' defaults. */
  steps(facts: NetworkFacts): readonly PaperStep[];
}

export interface PaperStep {
  readonly step: StepId;
  readonly options?: Options;
}

/** A decoder whose widths are powers of two: what papers are shown for where no model is open. */
export const SOME_NETWORK: NetworkFacts = {
  task: 'text',
  blocks: ['transformer'],
  hidden: 4096,
  attention: { heads: 32, keyHeads: 8, dim: 128, rope: true },
  inner: 16384,
  head: true,
  causal: true,
  activations: ['silu_gate'],
  shifts: [],
  noRotation: null,
  means: false,
  pairs: ['norm', 'v', 'up'],
};

/** The row that a paper makes for a network; null: for any. */
export function rowOfPaper(paper: Paper, facts: NetworkFacts | null): RecipeRow {
  return parseRow({ paper: paper.id, steps: paper.steps(facts ?? SOME_NETWORK) }, paper.title);
}

/** Why a network cannot have a paper's row, in one sentence; null where it can. */
export function refusalOf(paper: Paper, facts: NetworkFacts): string | null {
  const own = paper.suits(facts);
  if (own !== null) return own;
  const sentences = rowOfPaper(paper, facts).steps.map(
    ({ step, options }) => STEP_FACES[step].refuses?.(facts, options) ?? null,
  );
  return sentences.find((sentence) => sentence !== null) ?? null;
}

/** Whether a row is still what its paper makes of the network. */
export function asInPaper(row: RecipeRow, paper: Paper, facts: NetworkFacts | null): boolean {
  const written = ({ steps }: RecipeRow) =>
    JSON.stringify(steps.map(({ step, options, layers }) => [step, Object.entries(options).sort(), layers ?? null]));
  return written(row) === written(rowOfPaper(paper, facts));
}

/** The first options of several that a network takes of a step; the first of all where it takes none, whose refusal then says why. */
export function firstTaken(step: StepId, facts: NetworkFacts, several: readonly Options[]): PaperStep {
  const face = STEP_FACES[step];
  const row = (options: Options) => parseRow({ steps: [{ step, options }] }, face.title).steps[0];
  const taken = several.find((options) => (face.refuses?.(facts, row(options).options) ?? null) === null);
  return { step, options: taken ?? several[0] };
}
