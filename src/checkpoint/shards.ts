/**
 * The weight files of one model as a single table of tensors: one file, several, or the shards of an index
 * (model.safetensors.index.json or pytorch_model.bin.index.json: {weight_map: {tensor: file}}). Which files these are is decided in
 * precedence.ts.
 */
import { StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import { parseJsonObject } from './json-file';
import { folderOf } from './paths';
import type { OpenedFile } from './formats';
import type { TensorInfo } from './tensors';
import { listed, quoted } from './wording';

/** An index of half a million tensors takes about 60 MB. */
const LARGEST_INDEX = 64 * 2 ** 20;

/** Shard names of the Hub: model-00003-of-00005.safetensors, pytorch_model-00003-of-00005.bin. */
const SHARD_NAME = /^(.*-)(\d{5})-of-(\d{5})(\.[a-z]+)$/;

/** Tensor name → path of the file that holds it, relative as the sources are. */
export type WeightMap = ReadonlyMap<string, string>;

/** The error for parts that are not here; null when all of them are. */
export function missingParts(expected: readonly string[], present: readonly ByteSource[]): StudioError | null {
  const here = new Set(present.map(({ name }) => name));
  const missing = expected.filter((name) => !here.has(name)).toSorted();
  if (missing.length === 0) return null;
  return new StudioError(
    'QS-FILE-06',
    `${expected.length - missing.length} of ${expected.length} parts of the model are here and ${listed(missing)} ` +
      `${missing.length === 1 ? 'is' : 'are'} missing; choose all parts together`,
    { parts: expected.length, missing: missing.length },
  );
}

/**
 * The tensors of all shards by name. An index says which of two that hold the same name is meant, and is asked for nothing else.
 * @throws QS-FILE-03 when two shards hold the same and no index decides
 */
export function mergeTensors(
  shards: readonly OpenedFile[],
  assigned: WeightMap | null = null,
): ReadonlyMap<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  const from = new Map<string, string>();
  for (const shard of shards) {
    for (const [name, info] of shard.tensors) {
      const other = from.get(name);
      if (other !== undefined) {
        const chosen = assigned?.get(name);
        if (chosen === other) continue;
        if (chosen !== shard.source.name) {
          throw new StudioError(
            'QS-FILE-03',
            `tensor ${quoted(name)} is both in ${quoted(other)} and in ${quoted(shard.source.name)}; choose the files of one ` +
              'model only',
          );
        }
      }
      tensors.set(name, info);
      from.set(name, shard.source.name);
    }
  }
  return tensors;
}

/** What an index says of a tensor that its file does not hold; asked only when somebody needs it. */
export function unheld(name: string, file: string): StudioError {
  return new StudioError(
    'QS-FILE-07',
    `the index says tensor ${quoted(name)} is in ${quoted(file)}, which does not hold it; the files come from different ` +
      'versions, so download all of them again',
  );
}

/** @throws QS-FILE-04 for a malformed index, as `parseJsonObject` */
export async function readWeightMap(index: ByteSource): Promise<WeightMap> {
  const { weight_map: weightMap } = await parseJsonObject(index, LARGEST_INDEX, 'QS-FILE-04');
  const entries = typeof weightMap === 'object' && weightMap !== null ? Object.entries(weightMap) : [];
  const folder = folderOf(index.name);
  const shards = new Map<string, string>();
  for (const [tensor, file] of entries) {
    if (typeof file !== 'string') {
      throw new StudioError(
        'QS-FILE-04',
        `weight_map in ${quoted(index.name)} gives no file name for tensor ${quoted(tensor)}; download the index again`,
      );
    }
    shards.set(tensor, folder === '' ? file : `${folder}/${file}`);
  }
  if (shards.size > 0) return shards;
  throw new StudioError(
    'QS-FILE-04',
    `${quoted(index.name)} has no weight_map that says which file holds which tensor; download it again`,
  );
}

/** What the names of a file say of the set that it is a part of; null where they do not count "x of y". */
export function countedSet(path: string): string | null {
  const [, stem, , total, ending] = SHARD_NAME.exec(path) ?? [];
  return stem === undefined ? null : `${stem}of-${total}${ending}`;
}

/** Without an index: the files themselves, and, when their names count "x of y", the parts that are not among them. */
export function countedParts(weights: readonly ByteSource[]): string[] {
  const names = new Set(weights.map(({ name }) => name));
  for (const { name } of weights) {
    const [, stem, , total, ending] = SHARD_NAME.exec(name) ?? [];
    for (let part = 1; part <= Number(total); part++) {
      names.add(`${stem}${String(part).padStart(5, '0')}-of-${total}${ending}`);
    }
  }
  return [...names];
}
