/**
 * Adapters (PEFT: LoRA and others): small weights that change a base model and are no model themselves. How their files and tensors are
 * named, and what is said of one that comes without its base. Merging is in adapter.ts.
 */
import { StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import { parseJsonObject } from './json-file';
import { baseName } from './paths';
import type { TensorInfo } from './tensors';
import { quoted } from './wording';

export const ADAPTER_CONFIG = 'adapter_config.json';

/** The first that is there counts. */
export const ADAPTER_WEIGHTS: readonly string[] = ['adapter_model.safetensors', 'adapter_model.bin'];

const LARGEST_CONFIG = 4 * 2 ** 20;

/** LoRA as PEFT, diffusers and kohya write it, and its relatives. */
const ADAPTER_TENSOR =
  /(?:^|[._])(?:lora_(?:[AB]|up|down|embedding_[AB]|magnitude_vector)|lora\.(?:up|down)|hada_w[12]_[ab]|lokr_w[12](?:_[ab])?|ia3_l|oft_[rRs]|boft_[Rs]|vera_lambda_[bd]|prompt_embeddings)(?:\.|$)/;

export function isAdapterFile(name: string): boolean {
  return name === ADAPTER_CONFIG || ADAPTER_WEIGHTS.includes(name);
}

/** True for names of an adapter's tensors. */
export function isAdapterTensor(name: string): boolean {
  return ADAPTER_TENSOR.test(name);
}

/** The error for adapter files without a base. */
export async function loneAdapterError(files: readonly ByteSource[]): Promise<StudioError> {
  const weights = files.find(({ name }) => baseName(name) !== ADAPTER_CONFIG) ?? files[0];
  const config = files.find(({ name }) => baseName(name) === ADAPTER_CONFIG);
  const { base_model_name_or_path: base, peft_type: kind } =
    config === undefined ? {} : await parseJsonObject(config, LARGEST_CONFIG, 'QS-FILE-04');
  const of = typeof base === 'string' && base !== '' ? ` of ${quoted(base)}` : '';
  const what = typeof kind === 'string' ? `an adapter (${quoted(kind)})` : 'an adapter';
  return new StudioError(
    'QS-FILE-04',
    `${quoted(weights.name)} is ${what}${of}, not a model: merge it into its base first (merge_and_unload in PEFT), or choose its files ` +
      'together with those of the base',
  );
}

/** The error for weights among which there are an adapter's; null where there are none. */
export function unmergedError(tensors: ReadonlyMap<string, TensorInfo>): StudioError | null {
  for (const { name, source } of tensors.values()) {
    if (!isAdapterTensor(name)) continue;
    return new StudioError(
      'QS-FILE-04',
      `${quoted(source.name)} holds an adapter, as tensor ${quoted(name)} says, and not a model's own weights: merge it into its base first ` +
        `(merge_and_unload in PEFT), or choose it as ${ADAPTER_WEIGHTS[0]} with its ${ADAPTER_CONFIG} beside the base`,
    );
  }
  return null;
}
