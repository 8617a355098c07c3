/**
 * What a step of a row shows of itself: plain data, which the menu, the chips, a recipe's validation, the command line and the plan read.
 * A row is a pipeline of such steps in the order of their slots; the driver knows the slots and no step.
 */
import type { Fidelity, MethodId } from '../method/face';
import type { Options, Parameters } from '../method/parameters';

/** In the order in which a row goes through them. */
export const SLOTS = ['weights'] as const;
export type Slot = (typeof SLOTS)[number];

/** What must have passed before a step can act. */
export type Scope = 'stage' | 'block';

export type StepId = MethodId;

export interface StepFace {
  readonly id: StepId;
  readonly slot: Slot;
  /** As papers write it. */
  readonly title: string;
  /** The idea in one sentence. */
  readonly idea: string;
  /** In plain text with the symbols of ARCHITECTURE.md; empty where there is nothing to write. */
  readonly formula: string;
  readonly citation: { readonly text: string; readonly url: string | null; readonly bibtex: string };
  /** How far the implementation is from the published one, in one sentence. */
  readonly fidelity: { readonly label: Fidelity; readonly why: string };
  readonly parameters: Parameters;
  scope(options: Options): Scope;
  /** 'GPTQ', '3-bit', 'g64': what a chip and a label say of it. */
  words(options: Options): string[];
}
