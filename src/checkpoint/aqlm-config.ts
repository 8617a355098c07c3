/**
 * The quantization_config of an AQLM checkpoint (config.json), and which layers that format can hold as this studio writes it: one
 * codebook a layer, sub-vectors of inputs, one scale an output. The format itself adds up several codebooks and can group outputs.
 */
import { StudioError } from '../base/errors';
import { quoted } from './wording';

export interface AqlmConfig {
  readonly quant_method: 'aqlm';
  /** B: a codebook has 2^B codewords. */
  readonly nbits_per_codebook: number;
  /** M: codewords that add up to a sub-vector. */
  readonly num_codebooks: number;
  readonly out_group_size: number;
  /** d. */
  readonly in_group_size: number;
  /** Every tensor that is stored as it is; loaders look up the linear ones. */
  readonly linear_weights_not_to_quantize: readonly string[];
}

export interface AqlmConfigChoices {
  readonly bits: number;
  readonly dim: number;
  readonly kept: readonly string[];
}

/** One book a layer over sub-vectors of `dim` inputs. */
export function aqlmConfig({ bits, dim, kept }: AqlmConfigChoices): AqlmConfig {
  return {
    quant_method: 'aqlm',
    nbits_per_codebook: bits,
    num_codebooks: 1,
    out_group_size: 1,
    in_group_size: dim,
    linear_weights_not_to_quantize: [...kept],
  };
}

/** What decides whether a layer fits. */
export interface AqlmShape {
  /** Module path without `.weight`. */
  readonly name: string;
  readonly cols: number;
  readonly dim: number;
  readonly codewords: number;
  /** Books of this layer. */
  readonly books: number;
  /** Scales of a row; 0 for none. */
  readonly scalesPerRow: number;
  readonly signs: boolean;
  /** Whether the source stores the weight outputs × inputs, as linear modules do. */
  readonly linear: boolean;
}

/** @throws QS-RECIPE-01 naming the layer and the first thing that the format has no place for */
export function checkAqlmShape(shape: AqlmShape): void {
  const { name, cols, dim, codewords, books, scalesPerRow } = shape;
  const refuse = (what: string, advice: string) => {
    throw new StudioError('QS-RECIPE-01', `layer ${quoted(name)} ${what}; ${advice}`);
  };
  if (!shape.linear) {
    refuse('is stored transposed, in a module that AQLM loaders do not replace', 'choose another export');
  }
  if (!Number.isInteger(Math.log2(codewords))) {
    refuse(`has ${codewords} codewords, and an AQLM codebook has a power of two`, `choose such a number ${OR}`);
  }
  if (cols % dim !== 0) {
    refuse(`has ${cols} inputs, which sub-vectors of ${dim} do not fill`, `choose a divisor of ${cols} ${OR}`);
  }
  if (books !== 1) {
    refuse(`has ${books} codebooks for its parts, and AQLM has one for all of it`, `choose one codebook a layer ${OR}`);
  }
  if (shape.signs) refuse('stores its signs apart, and AQLM has no place for them', 'choose another export');
  if (scalesPerRow > 1) {
    refuse(`has ${scalesPerRow} scales an output, and AQLM has one`, `leave block scales out ${OR}`);
  }
}

const OR = 'or another export';

/**
 * Reads a quantization_config that came from a file; `where` names it in the sentence.
 * @throws QS-FILE-04 naming the first member that is missing or out of range
 */
export function parseAqlmConfig(json: unknown, where: string): AqlmConfig {
  const raw = typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
  const refuse = (key: string, expected: string): never => {
    const found = raw[key] === undefined ? 'missing' : quoted(JSON.stringify(raw[key]));
    throw new StudioError(
      'QS-FILE-04',
      `${key} in the quantization config of ${quoted(where)} is ${found}, but must be ${expected}; it is not an AQLM checkpoint ` +
        'this reader knows',
    );
  };
  const count = (key: string, most: number): number => {
    const value = raw[key];
    if (typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= most) return value;
    return refuse(key, `a whole number in 1 … ${most}`);
  };
  if (raw.quant_method !== 'aqlm') refuse('quant_method', 'aqlm');
  const kept = raw.linear_weights_not_to_quantize ?? [];
  if (!Array.isArray(kept) || !kept.every((name) => typeof name === 'string')) {
    refuse('linear_weights_not_to_quantize', 'a list of names');
  }
  return {
    quant_method: 'aqlm',
    nbits_per_codebook: count('nbits_per_codebook', 16),
    num_codebooks: count('num_codebooks', 64),
    out_group_size: count('out_group_size', 1024),
    in_group_size: count('in_group_size', 1024),
    linear_weights_not_to_quantize: kept as readonly string[],
  };
}
