/**
 * What an opened checkpoint is, out of its headers alone: every tensor with what a run would do with it and why, files and what they say of
 * themselves, sizes by type and by kind, and what is worth a warning before a byte of weights is read. A checkpoint that no run can take
 * (already quantized, a config that contradicts its tensors) is told as well, with the sentence that refuses it.
 */
import { isStudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { elementCount, isWeightDtype, type Dtype } from '../checkpoint/dtype';
import type { TensorInfo } from '../checkpoint/tensors';
import { readsText, type AnyNetwork } from '../model/architecture';
import { linearsByRule, linearsIn, networkOrLimitation } from '../model/linears';
import type { Linear } from '../model/model';
import { hasExperts, kindOf, type TensorKind } from '../model/tensor-kinds';
import { matrixForm } from './matrix-form';
import { whyUnreadable } from './values';

/** Why a tensor is left as it is: what it is, or that there is nothing to quantize in it. */
export type LeftBecause = TensorKind | 'no floats' | 'refused' | 'empty';

export interface ListedTensor {
  readonly name: string;
  readonly shape: readonly number[];
  /** Of the matrix that it is shown as (matrix-form.ts). */
  readonly rows: number;
  readonly cols: number;
  readonly dtype: Dtype;
  readonly values: number;
  readonly bytes: number;
  readonly file: string;
  /** Null for the weight of a linear layer, which a run quantizes. */
  readonly left: LeftBecause | null;
  /** Whether its values can be shown. */
  readonly readable: boolean;
}

/** How many tensors of a type or a kind there are, and what they take. */
export interface Share {
  readonly name: string;
  readonly tensors: number;
  readonly values: number;
  readonly bytes: number;
}

export type HeaderWarning =
  /** The output head is the embedding: stored once, used twice. */
  | { readonly kind: 'tied'; readonly tensor: string }
  /** Tensors that are the same bytes of the file. */
  | { readonly kind: 'same bytes'; readonly tensors: readonly string[] }
  | { readonly kind: 'empty'; readonly tensors: readonly string[] }
  | { readonly kind: 'unreadable'; readonly dtype: Dtype; readonly tensors: readonly string[] };

export interface Listing {
  readonly name: string;
  readonly format: string;
  readonly architecture: string | null;
  /** Why no run, or none with data, can take it; null where all is well. */
  readonly limitation: string | null;
  readonly tensors: readonly ListedTensor[];
  readonly files: readonly { readonly name: string; readonly bytes: number }[];
  /** What the weight files say of themselves, cut where it is long. */
  readonly metadata: readonly (readonly [key: string, value: string])[];
  readonly dtypes: readonly Share[];
  /** 'linear layers' and the reasons of the rest. */
  readonly kinds: readonly Share[];
  readonly warnings: readonly HeaderWarning[];
  readonly notes: readonly string[];
  readonly ignored: readonly string[];
}

export const LINEAR = 'linear layers';

/** What is taken of a file's own words: a header may be 100 MB. */
const MOST_METADATA = 100;
const LONGEST_WORDS = 500;

export function listingOf(checkpoint: Checkpoint): Listing {
  const { network, limitation, linears } = readAs(checkpoint);
  const quantized = new Set(linears.map(({ weight }) => weight));
  const experts = hasExperts(checkpoint.tensors);
  const refused = network === null && linears.length === 0;
  const infos = [...checkpoint.tensors.values()];
  const tensors = infos.map((info): ListedTensor => {
    const values = elementCount(info.shape) ?? 0;
    return {
      ...{ name: info.name, shape: info.shape, ...matrixForm(info.shape), dtype: info.dtype, values },
      ...{ bytes: info.end - info.begin, file: info.source.name },
      left: quantized.has(info.name) ? null : reasonOf(info, values, experts, refused),
      readable: whyUnreadable(info.dtype) === null,
    };
  });
  return {
    ...{ name: checkpoint.name, format: checkpoint.format },
    ...{ architecture: network?.architecture ?? null, limitation, tensors },
    files: checkpoint.sources.map(({ name, size }) => ({ name, bytes: size })),
    metadata: [...checkpoint.metadata].slice(0, MOST_METADATA).map(([key, value]) => [cut(key), cut(value)] as const),
    dtypes: sharesOf(tensors, ({ dtype }) => dtype),
    kinds: sharesOf(tensors, ({ left }) => left ?? LINEAR),
    warnings: warningsOf(infos, tensors, network),
    notes: [...checkpoint.notes, ...(network?.notes ?? [])],
    ignored: checkpoint.ignored,
  };
}

/** The network and its layers as far as they are known; what a run would be refused for is a sentence here. */
function readAs(checkpoint: Checkpoint): {
  network: AnyNetwork | null;
  limitation: string | null;
  linears: readonly Linear[];
} {
  try {
    const { network, limitation } = networkOrLimitation(checkpoint);
    return { network, limitation, linears: network ? linearsIn(network) : linearsByRule(checkpoint) };
  } catch (error) {
    if (!isStudioError(error) || error.code === 'QS-APP-01') throw error;
    return { network: null, limitation: error.message, linears: [] };
  }
}

function reasonOf({ name, shape, dtype }: TensorInfo, values: number, experts: boolean, refused: boolean): LeftBecause {
  if (values === 0) return 'empty';
  if (!isWeightDtype(dtype)) return 'no floats';
  return kindOf(name, shape, experts) ?? (refused ? 'refused' : 'other matrices');
}

function sharesOf(tensors: readonly ListedTensor[], nameOf: (tensor: ListedTensor) => string): Share[] {
  const shares = new Map<string, Share>();
  for (const tensor of tensors) {
    const name = nameOf(tensor);
    const share = shares.get(name) ?? { name, tensors: 0, values: 0, bytes: 0 };
    shares.set(name, {
      name,
      tensors: share.tensors + 1,
      values: share.values + tensor.values,
      bytes: share.bytes + tensor.bytes,
    });
  }
  return [...shares.values()].sort((a, b) => b.bytes - a.bytes);
}

function warningsOf(
  infos: readonly TensorInfo[],
  tensors: readonly ListedTensor[],
  network: AnyNetwork | null,
): HeaderWarning[] {
  const warnings: HeaderWarning[] = [];
  if (network && readsText(network) && network.ends.head === network.ends.embedding) {
    warnings.push({ kind: 'tied', tensor: network.ends.embedding });
  }
  const places = new Map<string, string[]>();
  for (const { name, begin, end, source } of infos) {
    if (end === begin) continue;
    const place = JSON.stringify([source.name, begin, end]);
    places.set(place, [...(places.get(place) ?? []), name]);
  }
  for (const names of places.values()) if (names.length > 1) warnings.push({ kind: 'same bytes', tensors: names });
  const empty = tensors.filter(({ values }) => values === 0).map(({ name }) => name);
  if (empty.length > 0) warnings.push({ kind: 'empty', tensors: empty });
  const unreadable = new Map<Dtype, string[]>();
  for (const { name, dtype, readable } of tensors) {
    if (!readable) unreadable.set(dtype, [...(unreadable.get(dtype) ?? []), name]);
  }
  for (const [dtype, names] of unreadable) warnings.push({ kind: 'unreadable', dtype, tensors: names });
  return warnings;
}

function cut(words: string): string {
  return words.length > LONGEST_WORDS ? `${words.slice(0, LONGEST_WORDS)}…` : words;
}
