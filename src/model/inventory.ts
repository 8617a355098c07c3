/**
 * Checks a checkpoint's tensors against what a config asks for, and keeps count: a model is only opened when every tensor it needs
 * is there in the right shape and no tensor is left over that a forward pass would meet, because a weight the studio ignored would
 * make every figure wrong without a word. Where tensors and config differ and the tensors can tell, they are believed, and a note
 * says so: weights are what was trained, a flag beside them is easily stale.
 */
import { StudioError } from '../base/errors';
import { isDtype, isWeightDtype } from '../checkpoint/dtype';
import { listed, quoted } from '../checkpoint/wording';
import { shown, type Config } from './config';
import type { WeightSource } from './model';

export class Inventory {
  readonly #used = new Set<string>();
  readonly #notes = new Set<string>();
  #parameters = 0;

  constructor(
    private readonly tensors: WeightSource['tensors'],
    /** Who says what shapes there must be. */
    private readonly authority = 'config.json asks',
  ) {}

  get parameters(): number {
    return this.#parameters;
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** Returns the name of a tensor after checking its shape and dtype. Throws QS-FILE-07 or QS-FILE-01. */
  expect(name: string, shape: readonly number[]): string {
    const found = this.tensors.get(name);
    if (!found) {
      throw new StudioError(
        'QS-FILE-07',
        `Tensor ${quoted(name)} is missing; ${this.authority} for one of ${sizes(shape)}: choose all files of the model.`,
        { expected: sizes(shape) },
      );
    }
    if (found.shape.length !== shape.length || found.shape.some((size, i) => size !== shape[i])) {
      throw new StudioError(
        'QS-FILE-07',
        `Tensor ${quoted(name)} is ${sizes(found.shape)}, and ${this.authority} for ${sizes(shape)}: ` +
          'choose the config.json that belongs to these weights.',
        { found: sizes(found.shape), expected: sizes(shape) },
      );
    }
    if (!isDtype(found.dtype) || !isWeightDtype(found.dtype)) {
      throw new StudioError(
        'QS-FILE-01',
        `Tensor ${quoted(name)} is stored as ${found.dtype}, and weights are read from F32, F16, BF16 and F64: ` +
          'it looks already quantized, so choose the full-precision checkpoint.',
        { dtype: found.dtype },
      );
    }
    if (!this.#used.has(name)) this.#parameters += shape.reduce((product, size) => product * size, 1);
    this.#used.add(name);
    return name;
  }

  /** One size of a tensor's shape. Throws QS-FILE-07 where the tensor is missing or has too few dimensions. */
  size(name: string, axis: number): number {
    const size = this.tensors.get(name)?.shape[axis];
    if (size !== undefined && size >= 1) return size;
    throw new StudioError(
      'QS-FILE-07',
      `Tensor ${quoted(name)} is missing or has too few dimensions: choose all files of the model.`,
    );
  }

  /** How many blocks there are: name(0), name(1), … as far as there is a tensor of that name. */
  depth(name: (index: number) => string): number {
    let depth = 0;
    while (this.tensors.has(name(depth))) depth++;
    return depth;
  }

  /** What a person should know, told once. */
  note(sentence: string): void {
    this.#notes.add(sentence);
  }

  /** A size that the tensors show. Where config.json states another, a note says which is used. */
  decides(config: Config, key: string, found: number): number {
    for (const { place, value } of config.stated(key, 'count')) {
      if (value !== found) {
        this.note(`In config.json, ${quoted(place)} is ${shown(value)}, and the tensors say ${found}, which is used.`);
      }
    }
    return found;
  }

  /** The number of blocks, which both must agree on: neither a missing block nor one too many can be decided away. */
  blocks(config: Config, key: string, name: (index: number) => string): number {
    const found = this.depth(name);
    if (found === 0) this.size(name(0), 0);
    const other = config.stated(key, 'count').find(({ value }) => value !== found);
    if (!other) return found;
    const expected = Number(other.value);
    throw new StudioError(
      'QS-FILE-07',
      `In config.json, ${quoted(other.place)} is ${expected}, and the file has ${found} blocks: ` +
        (found < expected ? 'choose all files of the model.' : 'choose the config.json that belongs to these weights.'),
      { found, expected },
    );
  }

  /**
   * A linear layer's bias: there where its tensor is. Config's word counts only where it promises one that is not there (QS-FILE-07);
   * `key` is where it stands, null where nowhere; `promised` what holds where it says nothing.
   */
  bias(linear: string, rows: number, config: Config, key: string | null, promised: boolean): string | null {
    const name = `${linear}.bias`;
    const stated = key === null ? [] : config.stated(key, 'flag');
    if (this.has(name)) {
      const denied = stated.find(({ value }) => value === false);
      if (denied)
        this.note(`In config.json, ${quoted(denied.place)} is false, and the file has such biases, which are used.`);
      return this.expect(name, [rows]);
    }
    const wanted = stated.length === 0 ? promised : stated.some(({ value }) => value === true);
    return wanted ? this.expect(name, [rows]) : null;
  }

  /**
   * Ends the account: refuses leftover tensors that a forward pass would meet, names those it does not meet, and gives all notes.
   * `harmless` are tensors of this architecture that nothing is computed from.
   */
  finish(harmless: RegExp): string[] {
    const left = [...this.tensors.keys()].filter((name) => !this.#used.has(name) && !harmless.test(name));
    const met = left.filter((name) => !ASIDE.test(name));
    if (met.length > 0) {
      throw new StudioError(
        'QS-FILE-07',
        `The file has ${listed(met)}, which would change what this network computes and which the studio does not run: ` +
          'choose the config.json that belongs to these weights, or another model.',
        { leftover: met.length },
      );
    }
    const aside = left.length === 0 ? [] : [`Not part of the model and left as it is: ${listed(left)}.`];
    return [...this.#notes, ...aside];
  }
}

/**
 * Tensors beside a network that its forward pass to logits or classes does not meet: towers of other senses, heads of other tasks, what
 * predicts further tokens, and buffers.
 */
const ASIDE =
  /^((model\.)?(visual|vision_\w+|audio_\w+|multi_modal_projector|mm_projector)\.|mtp\.|v_head\.|value_head\.|reward_head\.|score\.weight$|(\w+\.)?pooler\.|cls\.)|(^|\.)(position_ids|inv_freq|num_batches_tracked)$/;

/** What decides about an output head besides the tensors. */
export interface HeadFacts {
  readonly embedding: string;
  /** vocabulary × hidden. */
  readonly shape: readonly number[];
  /** The class name: one that ends in LMHeadModel or ForCausalLM promises a head. */
  readonly architecture: string;
  /** Whether an architecture's head is the embedding where its config does not say. */
  readonly tiedByDefault: boolean;
}

/**
 * The output head: its own tensor wherever there is one, else the embedding where they are tied, else none (an embedding model, or the
 * body of one). Throws QS-FILE-07 where a head is promised that is not there.
 */
export function headOf(
  tensors: Inventory,
  config: Config,
  { embedding, shape, architecture, tiedByDefault }: HeadFacts,
): string | null {
  const own = 'lm_head.weight';
  if (tensors.has(own)) {
    if (config.stated('tie_word_embeddings', 'flag').some(({ value }) => value === true)) {
      tensors.note(
        'The file has an output head of its own, which is used, although config.json claims that it is tied to the embedding.',
      );
    }
    return tensors.expect(own, shape);
  }
  const tied = config.flagIfStated('tie_word_embeddings');
  const promised = /(LMHeadModel|ForCausalLM)$/.test(architecture);
  // A config that says nothing and a file without a head can only mean a tied one, where there must be a head.
  if (tied ?? (tiedByDefault || promised)) return embedding;
  if (!promised) {
    tensors.note('The checkpoint has no output head: perplexity and KL are not available, and everything else is.');
    return null;
  }
  throw new StudioError(
    'QS-FILE-07',
    `Tensor "${own}" is missing, and config.json says the output head is not tied to the embedding: choose all files of the model.`,
    { expected: sizes(shape) },
  );
}

function sizes(shape: readonly number[]): string {
  return shape.length === 0 ? 'a single number' : shape.join(' × ');
}
