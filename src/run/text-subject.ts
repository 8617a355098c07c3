/** A run on a language model: windows are token ids, and the end is perplexity and KL on the held-out ones (evaluate.ts). */
import type { Gpu } from '../gpu/gpu';
import { loadEmbedder, type HeadOptions, type Model } from '../model/architecture';
import type { NetworkView } from '../model/view/view';
import type { TokenSets } from './calibration';
import { textDivergence } from './divergence';
import { evaluateText } from './evaluate';
import { textLoss, type OutputLoss } from './output-loss';
import { textOutput, type OutputOnTape } from './output-on-tape';
import type { Divergence, Embedded, Evaluation, EvaluationInput, OpenSubject, Subject } from './subject';
import type { WindowSet, Chunk } from './chunks';

export class TextSubject implements Subject {
  readonly task = 'text';
  readonly sampledRows = 0;
  readonly classNames = null;
  readonly calibration: WindowSet;
  readonly heldOut: WindowSet;
  readonly notes: readonly string[];
  readonly inputs: readonly Uint8Array[];
  readonly outputWidth: number;

  constructor(
    readonly network: Model,
    private readonly tokens: TokenSets,
  ) {
    const { calibration, heldOut, notes } = tokens;
    this.calibration = calibration;
    this.heldOut = heldOut;
    this.notes = notes;
    this.inputs = [calibration.ids, heldOut.ids].map(
      ({ buffer, byteOffset, byteLength }) => new Uint8Array(buffer, byteOffset, byteLength),
    );
    this.outputWidth = network.ends.head === null ? 0 : network.vocabulary;
  }

  async open(gpu: Gpu, { source, network }: NetworkView): Promise<OpenSubject> {
    const embedder = await loadEmbedder(gpu, source, network as Model);
    return {
      embed: async (chunk: Chunk): Promise<Embedded> => {
        return { hidden: await embedder.embed(this.#ids(chunk), chunk.geometry), context: null };
      },
      release: () => undefined,
    };
  }

  divergence(gpu: Gpu, view: NetworkView, head?: HeadOptions): Promise<Divergence> {
    return textDivergence(gpu, view, head);
  }

  outputLoss(gpu: Gpu, view: NetworkView, head?: HeadOptions): Promise<OutputLoss> {
    return textLoss(gpu, view, (chunk) => this.#ids(chunk), head);
  }

  outputOnTape(gpu: Gpu, view: NetworkView, head?: HeadOptions): Promise<OutputOnTape> {
    return textOutput(gpu, view, head);
  }

  evaluate(input: EvaluationInput): Promise<Evaluation> {
    return evaluateText({ ...input, heldOut: this.heldOut, ids: (chunk) => this.#ids(chunk) });
  }

  #ids({ heldOut, first, geometry: { windows, length } }: Chunk): Uint32Array<ArrayBuffer> {
    const { ids } = heldOut ? this.tokens.heldOut : this.tokens.calibration;
    return ids.slice(first * length, (first + windows) * length);
  }
}
