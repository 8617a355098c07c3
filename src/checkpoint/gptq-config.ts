/**
 * The quantization_config object of a GPTQ checkpoint: the same JSON goes to quantize_config.json and under
 * `quantization_config` in config.json, because loaders look in either.
 */
import { StudioError } from '../base/errors';
import { quoted } from './wording';

/** Bit widths whose packing all readers agree on: 5, 6 and 7 exist only in the planar layout, which is another format. */
export const GPTQ_BITS: readonly number[] = [2, 3, 4, 8];

/** 'gptq' (v1) stores each zero point minus 1; 'gptq_v2' stores it as it is. */
export type GptqCheckpointFormat = 'gptq' | 'gptq_v2';

export interface GptqConfig {
  readonly bits: number;
  /** Input columns that share a scale; −1 for one scale a row. */
  readonly group_size: number;
  readonly desc_act: boolean;
  readonly sym: boolean;
  readonly lm_head: boolean;
  readonly quant_method: 'gptq';
  readonly checkpoint_format: GptqCheckpointFormat;
  readonly pack_dtype: 'int32';
  /** Patterns of module names with settings of their own; one that begins with "-:" is not quantized (GPTQModel, vLLM). */
  readonly dynamic?: Readonly<Record<string, Readonly<Record<string, never>>>>;
  /** How the weights were made; readers show it and do not need it. */
  readonly meta: Readonly<Record<string, unknown>>;
}

export interface GptqConfigChoices {
  readonly bits: number;
  /** −1 for one scale a row. */
  readonly groupSize: number;
  readonly descAct: boolean;
  readonly symmetric: boolean;
  /** Modules that are left dense. */
  readonly kept?: readonly string[];
  /** At least the quantizer's name and version and the damping; anything else JSON can hold. */
  readonly meta: { readonly quantizer: readonly string[]; readonly damp_percent: number } & Readonly<
    Record<string, unknown>
  >;
}

/**
 * v1 for symmetric grids, which every loader reads; v2 for asymmetric ones, because a zero point of 0 minus 1 does not fit its
 * field and the v1 writers disagree about what to store then.
 */
export function checkpointFormatFor(symmetric: boolean): GptqCheckpointFormat {
  return symmetric ? 'gptq' : 'gptq_v2';
}

/** @throws QS-RECIPE-01 for bits other than 2, 3, 4 and 8 */
export function gptqConfig({ bits, groupSize, descAct, symmetric, kept = [], meta }: GptqConfigChoices): GptqConfig {
  checkGptqBits(bits, 'this recipe');
  return {
    bits,
    group_size: groupSize,
    desc_act: descAct,
    sym: symmetric,
    lm_head: false,
    quant_method: 'gptq',
    checkpoint_format: checkpointFormatFor(symmetric),
    pack_dtype: 'int32',
    ...(kept.length === 0 ? {} : { dynamic: Object.fromEntries(kept.map((name) => [`-:^${escaped(name)}$`, {}])) }),
    meta,
  };
}

/** A name as a regular expression that matches nothing else. */
function escaped(name: string): string {
  return name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/**
 * Reads a quantization_config that came from a file; `where` names it in the sentence.
 * @throws QS-FILE-04 naming the first member that is missing or not one of the values this reader knows
 */
export function parseGptqConfig(json: unknown, where: string): GptqConfig {
  const raw = typeof json === 'object' && json !== null ? (json as Readonly<Record<string, unknown>>) : {};
  const member = <T>(key: string, accepts: (value: unknown) => value is T, expected: string, missing?: T): T => {
    const value = raw[key] ?? missing;
    if (accepts(value)) return value;
    const found = value === undefined ? 'missing' : quoted(typeof value === 'string' ? value : JSON.stringify(value));
    throw new StudioError(
      'QS-FILE-04',
      `${key} in the quantization config of ${quoted(where)} is ${found}, but must be ${expected}; it is not a GPTQ checkpoint ` +
        'this reader knows',
    );
  };
  return {
    bits: member('bits', isOneOf(GPTQ_BITS), GPTQ_BITS.join(', ')),
    group_size: member('group_size', isGroupSize, 'a positive whole number or -1'),
    desc_act: member('desc_act', isBoolean, 'true or false', false),
    sym: member('sym', isBoolean, 'true or false', true),
    lm_head: member('lm_head', isBoolean, 'true or false', false),
    quant_method: member('quant_method', isOneOf(['gptq'] as const), 'gptq'),
    // AutoGPTQ's first files do not say; they are v1.
    checkpoint_format: member('checkpoint_format', isOneOf(['gptq', 'gptq_v2'] as const), 'gptq or gptq_v2', 'gptq'),
    pack_dtype: member('pack_dtype', isOneOf(['int32'] as const), 'int32', 'int32'),
    meta: member('meta', isRecord, 'an object', {}),
  };
}

/** @throws QS-RECIPE-01 */
export function checkGptqBits(bits: number, what: string): void {
  if (GPTQ_BITS.includes(bits)) return;
  throw new StudioError(
    'QS-RECIPE-01',
    `${what} uses ${bits} bits, but a GPTQ checkpoint holds 2, 3, 4 or 8 (5, 6 and 7 exist only in the planar layout, which is ` +
      'not written); choose one of these or another export',
    { bits },
  );
}

function isOneOf<T>(allowed: readonly T[]): (value: unknown) => value is T {
  return (value): value is T => (allowed as readonly unknown[]).includes(value);
}

function isBoolean(value: unknown): value is boolean {
  return typeof value === 'boolean';
}

function isGroupSize(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value === -1 || Number(value) > 0);
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
