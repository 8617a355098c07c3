/**
 * Checks a checkpoint's tensors against what a config asks for, and keeps count: a model is only opened when every tensor it needs
 * is there in the right shape and no tensor inside its blocks is left over, because a weight the studio ignored would make every
 * figure wrong without a word.
 */
import { StudioError } from '../base/errors';
import { isDtype, isWeightDtype } from '../checkpoint/dtype';
import { listed, quoted } from '../checkpoint/wording';
import type { Config } from './config';
import type { WeightSource } from './model';

export class Inventory {
  readonly #used = new Set<string>();
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

  /**
   * Refuses leftover tensors whose name starts with `blocks` ('model.layers.'), unless `harmless` matches them; returns a note
   * about leftovers elsewhere.
   */
  finish(blocks: string, harmless: RegExp): string[] {
    const left = [...this.tensors.keys()].filter((name) => !this.#used.has(name) && !harmless.test(name));
    const inside = left.filter((name) => name.startsWith(blocks));
    if (inside.length > 0) {
      throw new StudioError(
        'QS-FILE-07',
        `The file has ${listed(inside)}, which a model with this config.json has no use for: ` +
          'choose the config.json that belongs to these weights.',
        { leftover: inside.length },
      );
    }
    return left.length === 0 ? [] : [`Not part of the model and left as it is: ${listed(left)}.`];
  }
}

/** The output head: its own tensor, or the embedding's. */
export function headOf(
  tensors: Inventory,
  config: Config,
  embedding: string,
  shape: readonly number[],
  tiedByDefault = false,
): string {
  const own = 'lm_head.weight';
  // A config that says nothing and a file without a head can only mean a tied one.
  if (config.flag('tie_word_embeddings', tiedByDefault || !tensors.has(own))) return embedding;
  if (tensors.has(own)) return tensors.expect(own, shape);
  throw new StudioError(
    'QS-FILE-07',
    `Tensor "${own}" is missing, and config.json says the output head is not tied to the embedding: choose all files of the model.`,
    { expected: sizes(shape) },
  );
}

function sizes(shape: readonly number[]): string {
  return shape.length === 0 ? 'a single number' : shape.join(' × ');
}
