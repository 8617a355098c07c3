/**
 * A LoRA adapter beside its base, merged as a view of the checkpoint: W + scale · B · A with A [r, inputs], B [outputs, r] and W
 * [outputs, inputs] (or its transpose), computed in float64 as it is read and rounded once to the type of W; scale is α/r, or α/√r.
 * Hu et al. 2021, section 4.1; Kalajdzievski 2023 for √r; names as PEFT saves them. Tensors that the adapter brings whole (trained
 * biases, modules_to_save) stand in for the base's. What else an adapter may hold is refused by name.
 */
import { StudioError } from '../base/errors';
import { ADAPTER_CONFIG, ADAPTER_WEIGHTS, isAdapterTensor } from './adapter-files';
import { readLoraConfig, type LoraConfig } from './adapter-config';
import type { ByteSource } from './bytes';
import { isWeightDtype } from './dtype';
import { openWeights } from './formats';
import { lowRankSum } from './low-rank';
import { baseName } from './paths';
import type { TensorInfo } from './tensors';
import { listed, quoted, shapeText } from './wording';

export interface MergedTensors {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  readonly metadata: ReadonlyMap<string, string>;
  readonly notes: readonly string[];
}

/** In front of the base's names. */
const PREFIX = /^base_model\.model\./;

/** A's and B's names: the module's, and in files of several adapters the adapter's. */
const FACTOR = /^(.+)\.lora_([AB])(?:\.[^.]+)?\.weight$/;

interface Factors {
  a?: TensorInfo;
  b?: TensorInfo;
}

/**
 * The base's tensors with the adapter in them.
 * @param files adapter files beside the base
 * @throws QS-FILE-04 for an adapter that cannot be merged, QS-FILE-07 where it does not fit the base, QS-FILE-01 where the base is not
 *   in full precision; and as `openWeights`
 */
export async function mergeAdapter(
  base: ReadonlyMap<string, TensorInfo>,
  files: readonly ByteSource[],
): Promise<MergedTensors> {
  const weights = ADAPTER_WEIGHTS.flatMap((name) => files.find((file) => baseName(file.name) === name) ?? [])[0];
  const config = files.find((file) => baseName(file.name) === ADAPTER_CONFIG);
  if (weights === undefined) {
    const notes =
      config === undefined
        ? []
        : [`${quoted(config.name)} stands beside the model without an adapter and is not used.`];
    return { tensors: base, metadata: new Map(), notes };
  }
  if (config === undefined) {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(weights.name)} is an adapter without its ${ADAPTER_CONFIG}, which says how much of it to add; add that file, or take the ` +
        'adapter away to open the base alone',
    );
  }
  const lora = await readLoraConfig(config);
  const { tensors: own } = await openWeights(weights);
  const tensors = new Map(base);
  const changed: string[] = [];
  const put = (info: TensorInfo) => {
    tensors.set(info.name, info);
    changed.push(info.name);
  };
  const { factors, whole } = sorted(own);
  for (const [module, pair] of factors) put(merged(base, lora, weights, module, pair));
  for (const [name, info] of whole) put(standIn(base, name, info));
  if (changed.length === 0) {
    throw new StudioError(
      'QS-FILE-04',
      `${quoted(weights.name)} holds nothing that changes the model; take it away to open the base`,
    );
  }
  const note =
    `The adapter ${quoted(weights.name)} is merged into ${changed.length} tensors (${listed(changed)}); take its files away to open the ` +
    'base alone.';
  const metadata = new Map([
    ['adapter.merged', weights.name],
    ['adapter.tensors', String(changed.length)],
  ]);
  return { tensors, metadata, notes: [note, ...lora.notes] };
}

/** Pairs of factors by module, and whole tensors by the base's name. @throws QS-FILE-04 for anything else */
function sorted(own: ReadonlyMap<string, TensorInfo>) {
  const factors = new Map<string, Factors>();
  const whole = new Map<string, TensorInfo>();
  for (const [full, info] of own) {
    const name = full.replace(PREFIX, '');
    const [, module, factor] = FACTOR.exec(name) ?? [];
    if (module !== undefined) {
      const pair = factors.get(module) ?? {};
      const key = factor === 'A' ? 'a' : 'b';
      if (pair[key] !== undefined) {
        throw cannot(info, `is one of several adapters for ${quoted(module)}, and it is not clear which is meant`);
      }
      factors.set(module, { ...pair, [key]: info });
    } else if (isAdapterTensor(name)) {
      throw cannot(info, 'is more than W + (α/r)·B·A (DoRA, embeddings and biases of LoRA are merged only by PEFT)');
    } else {
      whole.set(name.replace(/\.(?:modules_to_save(?:\.[^.]+)?|base_layer)\.(?=[^.]+$)/, '.'), info);
    }
  }
  return { factors, whole };
}

function merged(
  base: ReadonlyMap<string, TensorInfo>,
  lora: LoraConfig,
  file: ByteSource,
  module: string,
  { a, b }: Factors,
): TensorInfo {
  if (a === undefined || b === undefined) {
    throw new StudioError(
      'QS-FILE-07',
      `the adapter ${quoted(file.name)} has only one of lora_A and lora_B for ${quoted(module)}; download it again`,
    );
  }
  const w = inBase(base, `${module}.weight`, a);
  const [rank, inputs] = a.shape;
  const [outputs] = b.shape;
  const isMatrices = [a, b, w].every(({ shape }) => shape.length === 2 && shape.every((size) => size > 0));
  const expected = lora.transposed ? [inputs, outputs] : [outputs, inputs];
  if (!isMatrices || b.shape[1] !== rank || expected.some((size, axis) => size !== w.shape[axis])) {
    throw new StudioError(
      'QS-FILE-07',
      `the adapter's lora_A ${shapeText(a.shape)} and lora_B ${shapeText(b.shape)} do not fit tensor ${quoted(w.name)} ${shapeText(w.shape)}` +
        `${lora.transposed ? ' as its transpose' : ''}; choose the adapter of this base`,
    );
  }
  const stated = lora.statedRank(module);
  if (stated !== null && stated !== rank) {
    throw new StudioError(
      'QS-FILE-07',
      `${ADAPTER_CONFIG} gives r = ${stated} for ${quoted(module)}, and tensor ${quoted(a.name)} has r = ${rank}; choose the files of one ` +
        'adapter',
      { stated, rank },
    );
  }
  for (const info of [a, b, w]) assertFloats(info);
  const [left, right] = lora.transposed ? [a, b] : [b, a];
  return lowRankSum(w, { left, right, transposed: lora.transposed, scale: lora.scale(module, rank) });
}

/** A tensor that the adapter brings whole. */
function standIn(base: ReadonlyMap<string, TensorInfo>, name: string, info: TensorInfo): TensorInfo {
  const other = inBase(base, name, info);
  if (/(?:^|\.)(?:embed_tokens|wte|word_embeddings)\.weight$/.test(other.name) && !base.has('lm_head.weight')) {
    throw cannot(info, 'replaces an embedding that the output head shares in the base, which PEFT keeps apart');
  }
  if (other.shape.length !== info.shape.length || other.shape.some((size, axis) => size !== info.shape[axis])) {
    throw new StudioError(
      'QS-FILE-07',
      `the adapter's tensor ${quoted(info.name)} is ${shapeText(info.shape)} and the base's ${shapeText(other.shape)}; merge it with PEFT, or ` +
        'choose the adapter of this base',
    );
  }
  assertFloats(info);
  return { ...info, name: other.name };
}

/** The base's tensor of that name; PEFT names modules as the class that was adapted does, with or without the inner model's prefix. */
function inBase(base: ReadonlyMap<string, TensorInfo>, name: string, of: TensorInfo): TensorInfo {
  for (const known of [name, name.replace(/^(?:model|transformer)\./, ''), `model.${name}`, `transformer.${name}`]) {
    const found = base.get(known);
    if (found !== undefined) return found;
  }
  throw new StudioError(
    'QS-FILE-07',
    `the adapter's tensor ${quoted(of.name)} belongs to ${quoted(name)}, which the base does not have; choose the adapter of this base, or ` +
      'merge it with PEFT',
  );
}

function assertFloats({ name, dtype, source }: TensorInfo): void {
  if (isWeightDtype(dtype)) return;
  throw new StudioError(
    'QS-FILE-01',
    `tensor ${quoted(name)} of ${quoted(source.name)} is stored as ${dtype}, and an adapter is merged into F32, F16, BF16 and F64 only; ` +
      'choose the full-precision base',
    { dtype },
  );
}

function cannot({ name, source }: TensorInfo, what: string): StudioError {
  return new StudioError(
    'QS-FILE-04',
    `tensor ${quoted(name)} of the adapter ${quoted(source.name)} ${what}; merge it with PEFT (merge_and_unload), or take its files away ` +
      'to open the base alone',
  );
}
