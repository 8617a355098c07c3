/**
 * A layer whose sub-vectors are mixtures of candidate codewords while it trains (VQ4DiT, arXiv:2408.17131;
 * ViM-VQ, 2503.09509; VQ4ALL, 2412.06875): codebook, candidates, logits, and what is frozen. W rows × cols; logits rows × (subs · n); codebook 1 × (codewords · dim).
 */
import { nearestCandidates, type Candidates } from '../../codebook/candidates';
import { decode } from '../../codebook/decode';
import { kmeans, releaseKMeans } from '../../codebook/kmeans';
import {
  freeze,
  hardCodes,
  mixtureOf,
  mixtureRatios,
  nothingFrozen,
  startLogits,
  type Mixture,
} from '../../codebook/mixture';
import { subVectors } from '../../codebook/tiles';
import { mixture, scaleRows } from '../../gradient/codebook';
import type { RatioPart } from '../../gradient/ratio-loss';
import { Parameter, type Tape, type Variable } from '../../gradient/tape';
import { scaleRows as multiplyRows } from '../../tensor/elementwise';
import { Indices } from '../../tensor/indices';
import { Tensor } from '../../tensor/tensor';
import type { Memory, Owner } from './memory';
import type { Tallied } from './tally';

export interface MixtureSettings {
  readonly dim: number;
  /** n, cut to the number of codewords. */
  readonly candidates: number;
  /** Ratios that go as 1 / distance, or all alike. */
  readonly start: 'distances' | 'equal';
  /** Where codewords come from: k-means on the layer, trained; or given, 1 × (codewords · dim), not trained. */
  readonly codebook: { readonly codewords: number; readonly iterations: number; readonly seed: number } | Tensor;
}

export interface MixtureUse {
  readonly logits: boolean;
  readonly codebook: boolean;
  readonly onGradient?: (gradient: Tensor) => void;
}

/** Where a layer's things go. */
export interface MixturePlace {
  readonly owner: Owner;
  readonly memory: Memory;
  /** What names in the memory begin with. */
  readonly name: string;
}

export class MixtureLayer {
  /** Of the step that was last put on a tape. */
  part: RatioPart | null = null;

  private constructor(
    readonly of: Mixture,
    readonly codebook: Parameter,
    readonly logits: Parameter,
    readonly frozen: Indices,
    /** 1 × rows, which decoded rows are multiplied by; null for ones. */
    readonly scales: Tensor | null,
    readonly note: string | null,
  ) {}

  get codewords(): number {
    return this.codebook.value.cols / this.of.tiles.dim;
  }

  /**
   * From the weight alone, or to where an earlier training stood. `scales`: what the rows of `weight` have been divided by.
   */
  static async start(
    weight: Tensor,
    settings: MixtureSettings,
    { owner, memory, name }: MixturePlace,
    scales: Tensor | null = null,
  ): Promise<MixtureLayer> {
    const { gpu } = weight;
    const points = subVectors(weight, settings.dim);
    const given = settings.codebook instanceof Tensor ? settings.codebook : null;
    const count = points.rows * points.subs;
    let codebook: Tensor;
    let found: Candidates;
    if (memory.resumes) {
      const [codewords, n] = [memory.numbers[`${name}.codewords`], memory.numbers[`${name}.n`]];
      codebook = given ?? owner.own(Tensor.empty(gpu, 1, codewords * points.dim, 'codebook'));
      const codes = Indices.empty(gpu, count * n, 'candidates');
      found = { codes, n, distances: Tensor.zeros(gpu, points.rows, points.subs * n) };
    } else {
      if (settings.codebook instanceof Tensor) {
        codebook = settings.codebook;
      } else {
        const { codewords, iterations, seed } = settings.codebook;
        const result = await kmeans(points, { codewords, iterations, seed, init: 'kmeans++', empty: 'reseed' });
        codebook = owner.own(result.codebooks.clone('codebook'));
        if (result.note) memory.notes[name] = result.note;
        releaseKMeans(result);
      }
      found = nearestCandidates(points, codebook, settings.candidates);
      memory.numbers[`${name}.codewords`] = codebook.cols / points.dim;
      memory.numbers[`${name}.n`] = found.n;
    }
    owner.own(found.codes);
    const of = mixtureOf(points, found);
    const { rows, cols } = found.distances;
    const logits = owner.own(settings.start === 'equal' ? Tensor.zeros(gpu, rows, cols, 'logits') : startLogits(found));
    found.distances.release();
    const frozen = owner.own(nothingFrozen(of));
    if (!given) memory.hold(`${name}.codebook`, codebook);
    memory.hold(`${name}.candidates`, found.codes);
    memory.hold(`${name}.logits`, logits);
    memory.hold(`${name}.frozen`, frozen);
    return new MixtureLayer(
      of,
      new Parameter(codebook),
      new Parameter(logits),
      frozen,
      scales,
      memory.notes[name] ?? null,
    );
  }

  /** The effective weight on a tape, with what is to be trained. */
  weights(tape: Tape, { logits, codebook, onGradient }: MixtureUse): Variable {
    const use = (parameter: Parameter, trained: boolean) => (trained ? parameter : tape.constant(parameter.value));
    const z = use(this.logits, logits);
    const { of, frozen, scales } = this;
    const mixed = mixture(tape, z, use(this.codebook, codebook), of, { frozen, onGradient });
    this.part = { logits: z, of, frozen, ratios: mixed.ratios };
    return scales ? scaleRows(tape, mixed.weights, scales) : mixed.weights;
  }

  /** Freezes every free sub-vector whose largest ratio is above `threshold`; all of them below 0. */
  freezeAbove(threshold: number): void {
    const ratios = this.ratios();
    freeze(this.of, ratios, threshold, this.frozen);
    ratios.release();
  }

  /** As the logits and what is frozen have them; the caller's. */
  ratios(): Tensor {
    return mixtureRatios(this.of, this.logits.value, this.frozen);
  }

  tallied(ratios: Tensor): Tallied {
    const { of, codewords, frozen } = this;
    return { of, codewords, frozen, ratios };
  }

  /** One code a sub-vector: frozen, or of the largest ratio; the caller's. */
  codes(): Indices {
    const ratios = this.ratios();
    const codes = hardCodes(this.of, ratios);
    ratios.release();
    return codes;
  }

  /** The hard weight, rows × cols; the caller's. */
  hard(): Tensor {
    const codes = this.codes();
    const q = decode(this.of.tiles, this.codebook.value, codes);
    codes.release();
    if (this.scales) multiplyRows(q, this.scales);
    return q;
  }
}
