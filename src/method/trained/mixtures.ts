/** All layers of a problem as mixtures: what VQ4DiT, ViM-VQ and VQ4ALL have in common around their steps. */
import type { BlockScales, CodebookBits } from '../../quantizer/codebook';
import { cosineRate } from '../../gradient/optimizer/schedule';
import { Scalars } from '../../tensor/reduce';
import type { Tensor } from '../../tensor/tensor';
import { joinNotes, paddingNote } from '../codebook-notes';
import type { QuantizedLayer } from '../quantized-layer';
import type { TrainedLayer, TrainingProblem } from '../training';
import { finishLayer } from './finish';
import type { Look, Pictured } from './loop';
import type { Memory, Owner } from './memory';
import { MixtureLayer, type MixtureSettings } from './mixture-layer';
import { tally, type LayerTally } from './tally';

/** The options that all methods with mixtures of a codebook of their own have. */
export interface MixtureOptions extends Pick<MixtureSettings, 'dim' | 'candidates' | 'start'> {
  readonly codewords: number;
  readonly emIterations: number;
  readonly seed: number;
}

/** How layers are stored beyond codes and codewords. */
export interface Stored {
  readonly codebookBits: CodebookBits;
  readonly sharedBy?: number | null;
  /** Of each layer. */
  readonly scales?: readonly (BlockScales | null)[];
  readonly note?: string | null;
}

export class Mixtures {
  /** Of the last look, one a layer. */
  tallies: readonly LayerTally[] = [];

  private constructor(
    readonly problem: TrainingProblem,
    readonly memory: Memory,
    readonly layers: readonly MixtureLayer[],
  ) {}

  /** Every layer with a codebook of its own, from k-means or where an earlier training stood. */
  static start(
    problem: TrainingProblem,
    owner: Owner,
    memory: Memory,
    { dim, candidates, start, codewords, emIterations, seed }: MixtureOptions,
  ): Promise<Mixtures> {
    const codebook = { codewords, iterations: emIterations, seed };
    return Mixtures.from(problem, memory, ({ weight }, i) =>
      MixtureLayer.start(weight, { dim, candidates, start, codebook }, { owner, memory, name: String(i) }),
    );
  }

  /** Layers as `make` makes them, one after another. */
  static async from(
    problem: TrainingProblem,
    memory: Memory,
    make: (layer: TrainedLayer, i: number) => Promise<MixtureLayer>,
  ): Promise<Mixtures> {
    const layers: MixtureLayer[] = [];
    for (const [i, layer] of problem.layers.entries()) layers.push(await make(layer, i));
    return new Mixtures(problem, memory, layers);
  }

  /**
   * What losses are multiplied by before they are differentiated: the problem's, and a mean over sub-vectors that is to weigh `ratio` times
   * as much as hard codes added to the problem's loss before the first step. Both times the number of sub-vectors, which keeps a
   * logit's gradient far above the optimizers' ε whatever the size of the problem.
   */
  unit(ratio = 1): { readonly data: number; readonly ratio: number } {
    const points = this.layers.reduce((sum, { of: { tiles } }) => sum + tiles.rows * tiles.subs, 0);
    return { data: points / startUnit(this.memory), ratio: ratio * points };
  }

  /** The first layer's codebook. */
  get pictured(): Pictured {
    const { codebook, of } = this.layers[0];
    return { layer: this.problem.layers[0].name, codebook: codebook.value, dim: of.tiles.dim };
  }

  /** What the steps change. */
  get values(): Tensor[] {
    return this.layers.flatMap(({ codebook, logits }) => [codebook.value, logits.value]);
  }

  /** Counts all layers; `fine` for a choice of threshold. What is read is kept as `tallies`. */
  look(fine = false): Look {
    const ratios = this.layers.map((layer) => layer.ratios());
    const counted = tally(
      this.problem.gpu,
      this.layers.map((layer, i) => layer.tallied(ratios[i])),
      fine,
    );
    for (const used of ratios) used.release();
    return {
      ranges: counted.ranges,
      read: (sums, bytes) => {
        const seen = counted.read(sums, bytes);
        this.tallies = counted.layers;
        return seen;
      },
    };
  }

  hard(): Tensor[] {
    return this.layers.map((layer) => layer.hard());
  }

  async finish({ codebookBits, sharedBy, scales, note = null }: Stored): Promise<QuantizedLayer[]> {
    const results: QuantizedLayer[] = [];
    for (const [i, layer] of this.layers.entries()) {
      const { tiles } = layer.of;
      const codes = layer.codes();
      const [codebooks, assignments] = await Promise.all([layer.codebook.value.read(), codes.read()]);
      codes.release();
      results.push(
        finishLayer(this.problem.gpu, {
          ...{ tiles, codebooks, codebookBits, codes: assignments, sharedBy },
          scales: scales?.[i] ?? null,
          note: joinNotes(paddingNote(tiles.cols, { dim: tiles.dim, scaleBlock: null }), layer.note, note),
        }),
      );
    }
    return results;
  }
}

/** The least share of a loss that counts as the layers' own. */
const LEAST_OWN = 0.01;

/**
 * What hard weights add to the problem's loss before the first step, as a unit for losses; 1 where that is no unit. What exact weights
 * would lose as well, because earlier blocks are quantized, is no measure of these layers.
 */
export function startUnit({ numbers: { startLoss, inherited } }: Memory): number {
  const own = Math.max(startLoss - inherited, LEAST_OWN * startLoss);
  return own > 0 && Number.isFinite(own) ? own : 1;
}

/** Rates while mixtures are trained, then of codebooks alone: as they are, then falling to nothing by a cosine. */
export function lastPhaseRate({ steps, calibrationSteps }: { steps: number; calibrationSteps: number }) {
  const last = cosineRate({ peak: 1, steps: calibrationSteps });
  return (step: number) => (step < steps ? 1 : last(step - steps));
}

/** Of each layer's weights; 1 for a layer of zeros. One readback. */
export async function rootMeanSquares({ gpu, layers }: TrainingProblem): Promise<number[]> {
  const scalars = new Scalars(gpu);
  for (const { weight } of layers) scalars.sumOfSquares(weight);
  const sums = await scalars.read();
  return layers.map(({ weight: { rows, cols } }, i) => Math.sqrt(sums[i] / (rows * cols)) || 1);
}
