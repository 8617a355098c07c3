/**
 * What a row of a run does beside its weights: quantizers of stages' inputs, hooks within attention, corrected biases and branches of
 * layers that are quantized. Made as the run goes; what is known of a block stays until the end, where networks are run once more.
 */
import type { Gpu } from '../gpu/gpu';
import { inTurn, type Hooks } from '../model/hooks';
import type { AnyNetwork, Block } from '../model/architecture';
import type { RunRow } from '../recipe/rows';
import type { ActivationsId, AttentionId, Slot } from '../step/face';
import { STEP_FACES } from '../step/faces';
import type { SeenTaps, TapQuantizer } from '../step/step';
import { ACTIVATIONS, ATTENTION } from '../step/table';
import type { RecipeStep } from '../recipe/row';
import type { RunStore } from './run-store';
import { activationBits, cacheBits, type RowBits } from './row-bits';

export class RowWork {
  /** By block and stage; null where the input is left as it is. */
  readonly #quantizers = new Map<string, TapQuantizer | null>();
  readonly #attention: Hooks | null;
  readonly activations: RecipeStep | null;

  constructor(
    gpu: Gpu,
    private readonly network: AnyNetwork,
    readonly row: RunRow,
  ) {
    this.activations = stepOf(row, 'activations');
    const attention = stepOf(row, 'attention');
    this.#attention = attention && ATTENTION[attention.step as AttentionId].hooks(gpu, network, attention.options);
  }

  /** Whether a stage that has been come to has its input quantized. */
  quantizes(block: Block, stage: number): boolean {
    return (this.#quantizers.get(keyOf(block, stage)) ?? null) !== null;
  }

  /** What acts within a stage. */
  get attention(): Hooks | null {
    return this.#attention;
  }

  /** A stage's quantizer, found out where it is not known yet; what was found out is stored. */
  async quantizer(seen: SeenTaps, store: Pick<RunStore, 'loadState' | 'saveState'>): Promise<TapQuantizer | null> {
    const step = this.activations;
    if (!step) return null;
    const key = keyOf(seen.block, seen.stage);
    const known = this.#quantizers.get(key);
    if (known !== undefined) return known;
    const place = quantizerKey(this.row, seen.block.index, seen.stage);
    const stored = await store.loadState(place);
    const made = await ACTIVATIONS[step.step as ActivationsId].at(seen, step.options, stored);
    this.#quantizers.set(key, made);
    if (made?.state && !stored) await store.saveState(place, made.state);
    return made;
  }

  /** All that is known of the row's hooks, of stages that have been gone through. */
  hooks(): Hooks | null {
    const taps: Hooks | null = this.activations && {
      on: (tape, at, x, g) => {
        const own = at.place === 'rounded tap' ? this.#quantizers.get(`${at.block}/${at.stage}`) : null;
        return own ? own.on(tape, x, g) : x;
      },
    };
    return inTurn(taps, this.#attention);
  }

  /** What the row's activations and cache take, of windows of `length` rows, when all stages have been gone through. */
  bits(length: number): RowBits {
    const attention = stepOf(this.row, 'attention');
    const known = (block: Block, stage: number) => this.#quantizers.get(keyOf(block, stage));
    return {
      ...(this.activations && activationBits(this.network, length, known)),
      ...(attention && cacheBits(this.network, attention, length)),
    };
  }

  release(): void {
    for (const one of this.#quantizers.values()) one?.release();
    this.#quantizers.clear();
    this.#attention?.release?.();
  }
}

/** Under which a stage's quantizer is stored. */
export function quantizerKey({ row }: Pick<RunRow, 'row'>, block: number, stage: number): string {
  return `row ${row}, activations, block ${block}, stage ${stage}`;
}

function keyOf({ index }: Block, stage: number): string {
  return `${index}/${stage}`;
}

/** The row's step of a slot that has one; null without. */
export function stepOf({ steps }: Pick<RunRow, 'steps'>, slot: Slot): RecipeStep | null {
  return steps.find(({ step }) => STEP_FACES[step].slot === slot) ?? null;
}
