/**
 * A network's blocks on the GPU, run in order with the checkpoint's weights or with others put in their place. They stay loaded while a
 * budget lasts, since generation and sampling run them again and again; beyond it they are read anew each time.
 */
import type { Gpu } from '../gpu/gpu';
import type { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import type { Context } from './context';
import { loadStagedBlock } from './load-block';
import { uploadLinear } from './linear';
import type { Block, Geometry, Linear, WeightSource } from './model';
import { enterBlock, leaveBlock } from './skips';
import { passThrough, type Bindings, type StagedBlock } from './staged-block';

export interface ResidentOptions extends Pick<Bindings<Weight>, 'hooks' | 'bias' | 'beside'> {
  /** W of a linear, rows × cols, to use instead of the checkpoint's; null for the checkpoint's; always the same answer. It stays the caller's. */
  readonly weights?: (linear: Linear) => Weight | null;
  /** Bytes of the checkpoint's weights that may stay on the GPU between calls; default 1 GiB. */
  readonly residentBytes?: number;
}

/** Some windows on their way through the blocks. */
export interface Batch {
  readonly geometry: Geometry;
  /** What steers the blocks; null where nothing does. */
  readonly context: Context | null;
  /** Outputs of earlier blocks that wait for later ones (skips.ts); empty before the first and after the last. */
  readonly kept: Tensor[];
  hidden: Tensor;
}

interface LoadedBlock {
  readonly staged: StagedBlock;
  readonly weights: ReadonlyMap<string, Weight>;
}

export class ResidentBlocks {
  readonly #resident = new Map<number, LoadedBlock>();
  #residentBytes = 0;

  constructor(
    readonly gpu: Gpu,
    private readonly source: WeightSource,
    private readonly blocks: readonly Block[],
    private readonly options: ResidentOptions,
  ) {}

  /**
   * Takes every batch's hidden states through all blocks, or those from `first` on, each block over all batches before the next is
   * loaded. `entering` is asked before each block, by its place.
   */
  async run(batches: readonly Batch[], first = 0, entering?: (place: number) => Promise<void>): Promise<void> {
    for (const [place, block] of this.blocks.entries()) {
      if (place < first) continue;
      await entering?.(place);
      const loaded = await this.#load(block);
      const { hooks, bias, beside } = this.options;
      const bindings = { hooks, bias, beside, weight: (linear: Linear) => this.#weight(loaded, linear) };
      for (const batch of batches) {
        const { context, geometry, kept } = batch;
        const input = enterBlock(block, batch.hidden, kept);
        batch.hidden = passThrough(this.gpu, loaded.staged, input, context, geometry, bindings);
        leaveBlock(block, batch.hidden, kept);
      }
      if (!this.#resident.has(block.index)) release(loaded);
    }
  }

  release(): void {
    for (const loaded of this.#resident.values()) release(loaded);
    this.#resident.clear();
    this.#residentBytes = 0;
  }

  #weight(loaded: LoadedBlock, linear: Linear): Weight {
    const weight = this.options.weights?.(linear) ?? loaded.weights.get(linear.name);
    if (!weight) throw new Error(`bug: ${linear.name} was not loaded`);
    return weight;
  }

  /** A block with the weights that are not substituted; kept while the budget lasts. */
  async #load(block: Block): Promise<LoadedBlock> {
    const known = this.#resident.get(block.index);
    if (known) return known;
    const weights = new Map<string, Weight>();
    const loaded = { staged: await loadStagedBlock(this.gpu, this.source, block), weights };
    try {
      for (const linear of block.stages.flatMap(({ linears }) => linears)) {
        if (this.options.weights?.(linear)) continue;
        weights.set(linear.name, await uploadLinear(this.gpu, this.source, linear));
      }
    } catch (error) {
      release(loaded);
      throw error;
    }
    const bytes = [...weights.values()].reduce((sum, weight) => sum + weight.bytes, 0);
    if (this.#residentBytes + bytes <= (this.options.residentBytes ?? 2 ** 30)) {
      this.#residentBytes += bytes;
      this.#resident.set(block.index, loaded);
    }
    return loaded;
  }
}

function release({ staged, weights }: LoadedBlock): void {
  staged.release();
  for (const weight of weights.values()) weight.release();
}
