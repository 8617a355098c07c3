/**
 * The table of architectures the studio can run, and the way in: `openModel` finds the one a config names. Adding an architecture is
 * one file with an `Architecture` and one line here.
 */
import { StudioError } from '../base/errors';
import { assertNotQuantized } from '../checkpoint/quantized-tensors';
import { quoted } from '../checkpoint/wording';
import { LLAMA, MISTRAL, QWEN2, QWEN3 } from './decoder';
import { GPT2 } from './gpt2';
import type { Architecture, Model, WeightSource } from './model';
import type { ImageModel } from './vision/image-model';
import { IMAGE_ARCHITECTURES } from './vision/table';

export { loadEmbedder, loadHead, withoutHead, type Embedder, type Head, type HeadOptions } from './ends';
export { loadLinear, uploadLinear } from './linear';
export type * from './model';
export type { ImageModel } from './vision/image-model';
export { loadStagedBlock } from './load-block';
export { detached, runStaged, type StagedBlock, type StageState } from './staged-block';

export type AnyNetwork = Model | ImageModel;

export const ARCHITECTURES: readonly Architecture[] = [LLAMA, MISTRAL, QWEN2, QWEN3, GPT2];

/**
 * A checkpoint's network, whatever it works on: an image network is known by its tensors, a language model by its config.
 * Throws as `openModel`.
 */
export function openNetwork(source: WeightSource): AnyNetwork {
  assertNotQuantized(source.tensors);
  const { config } = source;
  const known = isObject(config) && languageModelOf(config) !== undefined;
  const architecture = known
    ? undefined
    : IMAGE_ARCHITECTURES.find(({ signs }) => signs.some((naming) => naming.every((name) => source.tensors.has(name))));
  return architecture ? architecture.open(source, isObject(config) ? config : null) : openModel(source);
}

/** Whether a network reads text. */
export function readsText(network: AnyNetwork): network is Model {
  return !('task' in network);
}

/**
 * A checkpoint's language model, checked tensor by tensor; reads no weights.
 * Throws QS-FILE-02 (unknown architecture), QS-FILE-01 (already quantized), QS-FILE-04 (a config that cannot be) or QS-FILE-07 (a
 * tensor is missing, left over or of another shape than the config asks for).
 */
export function openModel(source: WeightSource): Model {
  assertNotQuantized(source.tensors);
  const { config } = source;
  if (!isObject(config)) {
    throw new StudioError(
      'QS-FILE-02',
      'There is no config.json beside the weights, so their architecture is unknown: add it, or round layers without calibration (RTN).',
    );
  }
  const name = nameIn(config);
  const architecture = languageModelOf(config);
  if (!architecture) {
    const known = [...ARCHITECTURES, ...IMAGE_ARCHITECTURES].map(({ title }) => title).join(', ');
    throw new StudioError(
      'QS-FILE-02',
      `We do not know how to run ${quoted(name)} yet (we know ${known}): its layers can still be inspected and rounded without calibration (RTN).`,
      { architecture: name.slice(0, 80) },
    );
  }
  if (isObject(config.quantization_config)) {
    const method = config.quantization_config.quant_method;
    throw new StudioError(
      'QS-FILE-01',
      `These weights are already quantized${typeof method === 'string' ? ` (${quoted(method)})` : ''}: choose the full-precision checkpoint.`,
    );
  }
  return architecture.open(source, config, name);
}

function languageModelOf(config: Record<string, unknown>): Architecture | undefined {
  const name = nameIn(config);
  return ARCHITECTURES.find(({ classes, modelType }) => classes.includes(name) || modelType === name);
}

/** The first class name of `architectures`, else `model_type`. */
function nameIn(config: Record<string, unknown>): string {
  const { architectures, model_type: modelType } = config;
  const first: unknown = Array.isArray(architectures) ? architectures[0] : undefined;
  if (typeof first === 'string') return first;
  return typeof modelType === 'string' ? modelType : 'a model without a name';
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export type Task = 'text' | 'classification' | 'diffusion';

export function taskOf(network: AnyNetwork): Task {
  return readsText(network) ? 'text' : network.task;
}
