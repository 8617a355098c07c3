/**
 * Scales of channels that are learned beside rotations (OSTQuant, arXiv:2501.13987), in the bases that those turn to: x ⊘ s before a layer,
 * W·diag(s) in it, and 1/s in what stands before (model/view/pairs.ts). s = eᵗ, t = 0 is the start, and t is stepped by AdamW. The divided
 * side is not on the tape: rows of a weight, each divided by a number, are rounded to the same codes.
 */
import { exp } from '../../gradient/activation';
import { negative } from '../../gradient/elementwise';
import { gateRows } from '../../gradient/modulation';
import { adamW } from '../../gradient/optimizer/adamw';
import { Optimizer } from '../../gradient/optimizer/optimizer';
import { concatColumns, sliceColumns } from '../../gradient/slice';
import { Parameter, type Tape, type Variable } from '../../gradient/tape';
import type { Gpu } from '../../gpu/gpu';
import { diagonalPairs, divided, type DiagonalPair } from '../../model/view/pairs';
import { changed, type NetworkView } from '../../model/view/view';
import { Tensor } from '../../tensor/tensor';
import type { StepState } from '../state';

type Arrays = StepState['arrays'];

const scaleOf = (id: string) => `logarithms of ${id}`;
const momentOf = (id: string, slot: number) => `moment ${slot} of ${id}`;
const STEPS = 'steps of scales';

/** Pairs whose scales can be learned: those between whose sides nothing acts while the network runs. */
export function scaledPairs({ network, online }: NetworkView): DiagonalPair[] {
  return diagonalPairs(network).filter(({ block, stage }) => {
    return !online.some((op) => op.place === 'tap' && op.block === block && op.stage === stage);
  });
}

/** The view with the scales of a state; itself where there are none. */
export function withScales(view: NetworkView, { arrays, numbers }: StepState): NetworkView {
  const scales = new Map<string, Float64Array>();
  const pairs = diagonalPairs(view.network);
  for (const { id } of pairs) {
    if (Object.hasOwn(arrays, scaleOf(id))) scales.set(id, Float64Array.from(arrays[scaleOf(id)], Math.exp));
  }
  if (scales.size === 0) return view;
  return changed(view, divided(pairs, scales, `learned scales: ${JSON.stringify(numbers)}`));
}

export class LearnedScales {
  readonly #logs: ReadonlyMap<string, Parameter>;
  readonly #optimizer: Optimizer;

  constructor(
    gpu: Gpu,
    private readonly pairs: readonly DiagonalPair[],
  ) {
    this.#logs = new Map(
      pairs.map(({ id, width }) => [id, new Parameter(Tensor.zeros(gpu, 1, width, 'logarithms of scales'))]),
    );
    this.#optimizer = new Optimizer(gpu, adamW({ decay: 0 }), [...this.#logs.values()]);
  }

  get parameters(): Parameter[] {
    return [...this.#logs.values()];
  }

  /** x ⊘ s of a stage's inputs; x itself where the stage has no scales. */
  inputs(tape: Tape, block: number, stage: number, x: Variable): Variable {
    const logs = this.#logsAt(tape, block, stage);
    return logs ? gateRows(tape, x, exp(tape, negative(tape, logs)), x.value.rows) : x;
  }

  /** W·diag(s) of a weight of the stage. */
  weight(tape: Tape, block: number, stage: number, w: Variable): Variable {
    const logs = this.#logsAt(tape, block, stage);
    return logs ? gateRows(tape, w, exp(tape, logs), w.value.rows) : w;
  }

  step(rate: number): void {
    this.#optimizer.step(rate);
    this.#optimizer.clearGradients();
  }

  async arrays(): Promise<Arrays> {
    const all: Record<string, Float32Array<ArrayBuffer>> = {};
    for (const [id, { value }] of this.#logs) all[scaleOf(id)] = await value.read();
    return all;
  }

  /** What the next steps depend on besides the scales themselves. */
  async moments(): Promise<Arrays> {
    const { slots, steps } = await this.#optimizer.state();
    const all: Record<string, Float32Array<ArrayBuffer>> = { [STEPS]: Float32Array.from(steps) };
    [...this.#logs.keys()].forEach((id, i) => slots[i].forEach((values, slot) => (all[momentOf(id, slot)] = values)));
    return all;
  }

  restore(arrays: Arrays): void {
    const ids = [...this.#logs.keys()];
    for (const [id, { value }] of this.#logs) value.writeRows(0, arrays[scaleOf(id)]);
    const { rule } = this.#optimizer;
    const slots = ids.map((id) => Array.from({ length: rule.slots }, (_, slot) => arrays[momentOf(id, slot)]));
    this.#optimizer.restore({ rule: rule.name, steps: [...arrays[STEPS]], slots });
  }

  release(): void {
    this.#optimizer.clearGradients();
    this.#optimizer.release();
    for (const { value } of this.#logs.values()) value.release();
  }

  /** t by input of the stage: heads that share values share scales. */
  #logsAt(tape: Tape, block: number, stage: number): Variable | null {
    const pair = this.pairs.find((one) => one.block === block && one.stage === stage);
    const logs = pair && this.#logs.get(pair.id);
    if (!pair || !logs) return null;
    const [{ places }] = pair.consumers;
    const parts: Variable[] = [];
    for (let at = 0; at < places.length;) {
      let end = at + 1;
      while (end < places.length && places[end] === places[end - 1] + 1) end++;
      parts.push(sliceColumns(tape, logs, places[at], end - at));
      at = end;
    }
    const straight = parts.length === 1 && places.length === pair.width;
    return straight ? logs : concatColumns(tape, parts);
  }
}
