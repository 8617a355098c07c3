/**
 * adapter_config.json of PEFT, as far as merging needs it. What a LoRA may state beyond W + scale · B · A is refused by name, so that no
 * stated value is passed over. Defaults are those of PEFT's LoraConfig (r = 8, lora_alpha = 8), and said when they are used.
 */
import { StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import { parseJsonObject } from './json-file';
import { quoted } from './wording';

export interface LoraConfig {
  /** Whether base weights are stored inputs × outputs. */
  readonly transposed: boolean;
  /** Modules of which the adapter brings whole tensors. */
  readonly modulesToSave: readonly string[];
  /** r where the config states one for this module. */
  statedRank(module: string): number | null;
  /** α/r, or α/√r where it is rank-stabilized. */
  scale(module: string, rank: number): number;
  readonly notes: readonly string[];
}

const LARGEST_CONFIG = 4 * 2 ** 20;
const MOST_PATTERNS = 10_000;
const PEFT_ALPHA = 8;

/** Ways to begin that leave the base as it is; others (PiSSA, OLoRA, LoftQ, …) change it and need their own conversion. */
const HARMLESS_BEGINNINGS: readonly unknown[] = [undefined, null, true, false, 'gaussian', 'eva', 'orthogonal'];

/** Options that make an adapter more than W + scale · B · A wherever they are set. */
const MORE_THAN_LORA: readonly string[] = [
  'lora_bias',
  'layer_replication',
  'alora_invocation_tokens',
  'trainable_token_indices',
  'target_parameters',
  'arrow_config',
];

/** The one option that begins so and is understood. */
const KNOWN_USE = 'use_rslora';

/** @throws QS-FILE-04 naming what cannot be merged or cannot be */
export async function readLoraConfig(source: ByteSource): Promise<LoraConfig> {
  const raw = await parseJsonObject(source, LARGEST_CONFIG, 'QS-FILE-04');
  const where = quoted(source.name);
  const refuse = (what: string): never => {
    throw new StudioError(
      'QS-FILE-04',
      `${where} ${what}; merge the adapter with PEFT (merge_and_unload), or take its files away to open the base alone`,
    );
  };
  const shown = (value: unknown) => quoted(typeof value === 'string' ? value : (JSON.stringify(value) ?? 'nothing'));
  const kind = raw.peft_type;
  if (typeof kind !== 'string' || kind.toUpperCase() !== 'LORA') {
    refuse(`says peft_type ${shown(kind)}, and only LoRA can be merged here`);
  }
  const used = Object.keys(raw).filter((key) => key.startsWith('use_') && key !== KNOWN_USE);
  for (const key of [...MORE_THAN_LORA, ...used]) {
    if (!isUnset(raw[key])) refuse(`sets ${quoted(key)} to ${shown(raw[key])}, which is more than W + (α/r)·B·A`);
  }
  const begun = raw.init_lora_weights;
  if (!HARMLESS_BEGINNINGS.includes(begun)) {
    refuse(`says init_lora_weights ${shown(begun)}, which changes the base weights too`);
  }
  const number = (key: string, value: unknown, accepts: (value: number) => boolean, expected: string): number =>
    typeof value === 'number' && accepts(value)
      ? value
      : refuse(`gives ${quoted(key)} as ${shown(value)}, not ${expected}`);
  const rank = (key: string, value: unknown) =>
    number(key, value, (r) => Number.isSafeInteger(r) && r > 0, 'a positive whole number');
  const alpha = (key: string, value: unknown) => number(key, value, Number.isFinite, 'a number');
  const flag = (key: string): boolean => {
    const value = raw[key] ?? false;
    return typeof value === 'boolean' ? value : refuse(`gives ${quoted(key)} as ${shown(value)}, not true or false`);
  };
  const pattern = (key: string, read: (key: string, value: unknown) => number): [module: string, value: number][] => {
    const value = raw[key] ?? {};
    if (typeof value !== 'object' || Array.isArray(value))
      return refuse(`gives ${quoted(key)} as ${shown(value)}, not an object`);
    const entries = Object.entries(value as Readonly<Record<string, unknown>>);
    if (entries.length > MOST_PATTERNS)
      refuse(`has ${entries.length} entries in ${quoted(key)}, more than ${MOST_PATTERNS}`);
    // PEFT reads keys as regular expressions; names with dots mean the same either way.
    const odd = entries.find(([name]) => !/^[\w.-]+$/.test(name));
    if (odd !== undefined)
      refuse(`uses ${quoted(odd[0])} in ${quoted(key)}, which is a pattern and not a module's name`);
    return entries.map(([name, entry]) => [name, read(`${key}.${name}`, entry)]);
  };
  const ranks = pattern('rank_pattern', rank);
  const alphas = pattern('alpha_pattern', alpha);
  const statedRank = raw.r === undefined || raw.r === null ? null : rank('r', raw.r);
  const statedAlpha =
    raw.lora_alpha === undefined || raw.lora_alpha === null ? null : alpha('lora_alpha', raw.lora_alpha);
  const stable = flag('use_rslora');
  const modules = raw.modules_to_save ?? [];
  if (!Array.isArray(modules) || !modules.every((name) => typeof name === 'string')) {
    return refuse(`gives "modules_to_save" as ${shown(modules)}, not a list of names`);
  }
  return {
    transposed: flag('fan_in_fan_out'),
    modulesToSave: modules,
    statedRank: (module) => matching(ranks, module) ?? statedRank,
    scale: (module, r) => (matching(alphas, module) ?? statedAlpha ?? PEFT_ALPHA) / (stable ? Math.sqrt(r) : r),
    notes: statedAlpha === null ? [`${where} states no lora_alpha; PEFT's default of ${PEFT_ALPHA} is used.`] : [],
  };
}

function isUnset(value: unknown): boolean {
  return value === undefined || value === null || value === false || (Array.isArray(value) && value.length === 0);
}

/** The value of the first key that is the module's name or its end after a dot. */
function matching(entries: readonly [module: string, value: number][], module: string): number | null {
  return entries.find(([key]) => module === key || module.endsWith(`.${key}`))?.[1] ?? null;
}
