/**
 * What a small change of a layer's outputs does to the network's, to second order: one backward pass a window, block by block from the last
 * one, with the loss of labels that the network itself draws (so that the square of a gradient is the Fisher information, and not the
 * data's error). Each layer then has γ, the gradient at its outputs, beside its inputs x, and a candidate is predicted to lose
 *
 *   c · Σ_t Σ_r (γ_tr (Δx_t)_r)² / count      c = ½ of a KL divergence, 1 of squares
 *
 * as TensorRT Model Optimizer's gradient search has it without the ½, and with labels of the data.
 */
import { Random } from '../base/random';
import { StudioError } from '../base/errors';
import { fixedLinear } from '../gradient/linear';
import { Parameter, Tape, type Variable } from '../gradient/tape';
import { loadStagedBlock, type Linear, type StagedBlock } from '../model/architecture';
import { mapContext, type Context } from '../model/context';
import { hookedTap, type Hooks } from '../model/hooks';
import { linearsIn } from '../model/linears';
import { ResidentBlocks } from '../model/resident-blocks';
import { backToEntry, backToExit, enterBlock, keptBefore } from '../model/skips';
import { onlineHooks } from '../model/view/online';
import { candidatesOf, type Allotted } from '../recipe/allotted';
import type { RunRow } from '../recipe/rows';
import type { Allots } from '../step/face';
import type { GradientEffect, Probe } from '../step/step';
import { multiply, subtract } from '../tensor/elementwise';
import { sliceRows } from '../tensor/embedding';
import { matmul } from '../tensor/matmul';
import { Scalars } from '../tensor/reduce';
import { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import { ActivationStore } from './activation-store';
import type { Chunk } from './chunks';
import { ACTIVATION_BYTES } from './plan-bytes';
import { calibrationChunks, soundWeight } from './reference-walk';
import { fullPass, releaseHeld, stateKey, type Held, type Swapping } from './swapped';

/** Of the labels that are drawn. */
const SEED = 0x5eed;

/** A layer's weight as a candidate leaves it; null: as it is. The caller's. */
type Round = (row: RunRow, linear: Linear, weight: Weight, candidate: Allotted) => Promise<Weight | null>;

export async function* backThrough(
  { run, host, row, allots, view, layers }: Swapping & { readonly row: RunRow; readonly allots: Allots },
  windows: number,
  round: Round,
): ReturnType<Probe['gradients']> {
  const { gpu, control } = host;
  const { current } = view;
  const { blocks } = current.network;
  const chunks = calibrationChunks(run, host, windows);
  const hooks = onlineHooks(gpu, current.online);
  const divergence = await run.subject.divergence(gpu, current, host.head);
  const budget = host.activationBytes ?? ACTIVATION_BYTES;
  const held: Held = { states: new ActivationStore(gpu, budget), last: [], contexts: [] };
  const seen = new ActivationStore(gpu, budget);
  const random = new Random(SEED);
  const seeds: Tensor[] = [];
  /** Gradients at skips on their way to the blocks that made them, by chunk. */
  const skipped: Tensor[][] = chunks.map(() => []);
  try {
    const resident = new ResidentBlocks(gpu, current.source, blocks, { hooks });
    try {
      await fullPass(run, host, view, resident, chunks, held);
    } finally {
      resident.release();
    }
    for (const [c, chunk] of chunks.entries()) seeds.push(await divergence.seed(chunk, held.last[c], random));
    const count = chunks.reduce((all, chunk) => all + divergence.count(chunk), 0);
    const wanted = new Set(layers.map(({ name }) => name));
    for (const place of [...blocks.keys()].reverse()) {
      const linears = blocks[place].stages.flatMap((stage) => stage.linears);
      const weights = new Map<string, Weight>();
      const staged = await loadStagedBlock(gpu, current.source, blocks[place]);
      try {
        for (const linear of linears)
          weights.set(linear.name, untiledWeight(await soundWeight(host, view, linear), linear));
        for (const [c, chunk] of chunks.entries()) {
          control.check();
          const kept = keptBefore(blocks, place)
            .slice(-1)
            .flatMap((maker) =>
              blocks[place].skip?.reads ? [held.states.peek(stateKey(maker + 1, c), (x) => x.clone('skip'))] : [],
            );
          const hidden = enterBlock(blocks[place], held.states.take(stateKey(place, c)), kept);
          const back = { staged, weights, hooks, context: held.contexts[c], chunk, wanted };
          const seed = backToExit(blocks[place], seeds[c], skipped[c]);
          const { gradient, harvest } = blockBack(back, hidden, seed);
          seed.release();
          seeds[c] = backToEntry(blocks[place], gradient, skipped[c]);
          for (const [key, tensor] of harvest) await seen.put(`${key}/${c}`, tensor);
        }
        for (const [stage, { linears: own }] of blocks[place].stages.entries()) {
          for (const linear of own.filter(({ name }) => wanted.has(name))) {
            const weight = weights.get(linear.name) as Tensor;
            const worth = divergence.curvature / count;
            const trace = worth * (await squaredGradients(seen, `${stage}`, linear, chunks));
            const effects: GradientEffect[] = [];
            for (const candidate of candidatesOf(allots)) {
              control.check();
              const q = await round(row, linear, weight, candidate);
              if (!q) effects.push({ outputs: 0, weights: 0 });
              else {
                const found = await squaredEffect(seen, `${stage}`, linear, subtract(q as Tensor, weight), chunks);
                effects.push({ ...found, outputs: worth * found.outputs });
                q.release();
              }
            }
            yield { linear, trace, effects };
          }
        }
      } finally {
        seen.releaseAll();
        staged.release();
        for (const weight of weights.values()) weight.release();
      }
    }
  } finally {
    for (const tensor of [...seeds, ...skipped.flat()]) tensor.release();
    releaseHeld(held);
    held.states.releaseAll();
    divergence.release();
    hooks?.release?.();
  }
}

/** Σ ‖γᵀx‖² over all windows: squares of the gradient at the weight, whose sum is the trace of the Fisher information. */
async function squaredGradients(
  seen: ActivationStore,
  stage: string,
  { name }: Linear,
  chunks: readonly Chunk[],
): Promise<number> {
  const places: number[] = [];
  let scalars: Scalars | null = null;
  try {
    for (const [c, { geometry }] of chunks.entries()) {
      seen.peek(`${stage}/${c}`, (x) =>
        seen.peek(`${name}/${c}`, (gamma) => {
          scalars ??= new Scalars(x.gpu);
          const rows = x.rows / geometry.windows;
          for (let first = 0; first < x.rows; first += rows) {
            const [own, into] = [gamma, x].map((whole) => sliceRows(whole, first, rows));
            const gradient = matmul('tn', own, into);
            places.push(scalars.sumOfSquares(gradient));
            for (const used of [own, into, gradient]) used.release();
          }
        }),
      );
    }
    const sums = (await (scalars as Scalars | null)?.read()) ?? [];
    return places.reduce((sum, place) => sum + sums[place], 0);
  } finally {
    (scalars as Scalars | null)?.release();
  }
}

/** Σ (γ ∘ Δx)² over all chunks, and ΣΔ²; takes Δ. */
async function squaredEffect(
  seen: ActivationStore,
  stage: string,
  { name }: Linear,
  delta: Tensor,
  chunks: readonly Chunk[],
): Promise<GradientEffect> {
  const scalars = new Scalars(delta.gpu);
  try {
    const square = scalars.sumOfSquares(delta);
    const places = chunks.map((_, c) =>
      seen.peek(`${stage}/${c}`, (x) =>
        seen.peek(`${name}/${c}`, (gamma) => {
          const moved = matmul('nt', x, delta);
          const product = multiply(gamma, moved);
          const place = scalars.sumOfSquares(product);
          for (const used of [moved, product]) used.release();
          return place;
        }),
      ),
    );
    const sums = await scalars.read();
    return { outputs: places.reduce((sum, place) => sum + sums[place], 0), weights: sums[square] };
  } finally {
    delta.release();
    scalars.release();
  }
}

interface Back {
  readonly staged: StagedBlock;
  readonly weights: ReadonlyMap<string, Weight>;
  readonly hooks: Hooks | null;
  readonly context: Context | null;
  readonly chunk: Chunk;
  /** Layers whose γ is asked for. */
  readonly wanted: ReadonlySet<string>;
}

/**
 * One block forward and back on a tape. Takes `hidden`; gives the gradient at it, and what was harvested, the caller's: inputs by stage, γ by
 * layer.
 */
function blockBack(
  { staged, weights, hooks, context, chunk: { geometry }, wanted }: Back,
  hidden: Tensor,
  seed: Tensor,
): { readonly gradient: Tensor; readonly harvest: ReadonlyMap<string, Tensor> } {
  const tape = new Tape(hidden.gpu);
  const harvest = new Map<string, Tensor>();
  const leaf = new Parameter(hidden);
  // What steers a block is read through layers of its own, whose γ flows though nothing is asked of what steers.
  const steer = context && mapContext(context, (part) => new Parameter(part));
  try {
    let state = staged.begin(tape, leaf, steer, geometry);
    staged.block.stages.forEach(({ linears }, stage) => {
      if (!state.tap) throw new Error(`bug: stage ${stage} of ${staged.block.name} has no input`);
      const { rounded: x } = hookedTap(hooks, tape, staged.block.index, stage, state.tap, geometry);
      if (linears.some(({ name }) => wanted.has(name))) harvest.set(`${stage}`, x.value.clone('inputs'));
      const outputs = linears.map((linear) => {
        const y = fixedLinear(tape, x, weights.get(linear.name) as Weight, staged.bias(linear));
        return wanted.has(linear.name) ? watched(tape, y, (gamma) => harvest.set(linear.name, gamma)) : y;
      });
      state = staged.advance(tape, stage, state, outputs, geometry, hooks);
    });
    tape.backward(state.residual, seed);
    const { grad } = leaf;
    if (!grad) throw new Error(`bug: no gradient came through ${staged.block.name}`);
    const lost = linearsIn({ blocks: [staged.block] }).find(({ name }) => wanted.has(name) && !harvest.has(name));
    if (lost) throw new Error(`bug: no gradient came to ${lost.name}`);
    return { gradient: grad.clone('gradient'), harvest };
  } catch (error) {
    for (const tensor of harvest.values()) tensor.release();
    throw error;
  } finally {
    leaf.clearGrad();
    if (steer) mapContext(steer, (part) => part.clearGrad());
    tape.release();
    hidden.release();
  }
}

/** The same value, whose gradient is shown, a copy that is the caller's, as it passes. */
function watched(tape: Tape, y: Variable, see: (gamma: Tensor) => void): Variable {
  return tape.record(y.value.clone('watched'), [y], (g) => {
    see(g.clone('gradient of outputs'));
    return [g.clone('gradient')];
  });
}

function untiledWeight(weight: Weight, { name }: Linear): Tensor {
  if (weight instanceof Tensor) return weight;
  weight.release();
  throw new StudioError(
    'QS-GPU-03',
    `Layer ${name} has no gradient on this GPU, whose buffers its weight of ${weight.rows} × ${weight.cols} does not fit: choose the measure hessian or kl.`,
  );
}
