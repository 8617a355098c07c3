/**
 * The weight files of one model as a single table of tensors: one file, several, or the shards of an index
 * (model.safetensors.index.json or pytorch_model.bin.index.json: {weight_map: {tensor: file}}). Every shard must be here, hold what the index says, and no tensor
 * may be in two of them.
 */
import { StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import { parseJsonObject } from './json-file';
import { folderOf } from './paths';
import { openWeights, type OpenedFile } from './formats';
import type { TensorInfo } from './tensors';
import { listed, quoted } from './wording';

/** An index of half a million tensors takes about 60 MB. */
const LARGEST_INDEX = 64 * 2 ** 20;

/** Shard names of the Hub: model-00003-of-00005.safetensors, pytorch_model-00003-of-00005.bin. */
const SHARD_NAME = /^(.*-)(\d{5})-of-(\d{5})(\.[a-z]+)$/;

/**
 * Opens the weight files that belong to the model, in the order of their names.
 * @throws QS-FILE-06 when shards are missing, QS-FILE-07 when a shard lacks a tensor of the index, QS-FILE-03 when two hold the
 *   same, QS-FILE-04 for a malformed index; and as `openWeights`
 */
export async function openShards(weights: readonly ByteSource[], index: ByteSource | null): Promise<OpenedFile[]> {
  const weightMap = index === null ? null : await readWeightMap(index);
  const expected = weightMap === null ? shardNamesOf(weights) : [...new Set(weightMap.values())];
  const byName = new Map(weights.map((source) => [source.name, source]));
  const missing = expected.filter((name) => !byName.has(name)).toSorted();
  if (missing.length > 0) {
    throw new StudioError(
      'QS-FILE-06',
      `${expected.length - missing.length} of ${expected.length} parts of the model are here and ${listed(missing)} ` +
        `${missing.length === 1 ? 'is' : 'are'} missing; choose all parts together`,
      { parts: expected.length, missing: missing.length },
    );
  }
  const shards: OpenedFile[] = [];
  // One after the other: a header may take 100 MB.
  for (const name of expected.toSorted()) {
    const source = byName.get(name);
    if (source !== undefined) shards.push(await openWeights(source));
  }
  if (weightMap !== null) checkWeightMap(weightMap, shards);
  return shards;
}

/** The tensors of all shards by name. @throws QS-FILE-03 when two shards hold the same */
export function mergeTensors(shards: readonly OpenedFile[]): ReadonlyMap<string, TensorInfo> {
  const tensors = new Map<string, TensorInfo>();
  for (const shard of shards) {
    for (const [name, info] of shard.tensors) {
      const other = tensors.get(name);
      if (other !== undefined) {
        throw new StudioError(
          'QS-FILE-03',
          `tensor ${quoted(name)} is both in ${quoted(other.source.name)} and in ${quoted(info.source.name)}; choose the files ` +
            'of one model only',
        );
      }
      tensors.set(name, info);
    }
  }
  return tensors;
}

/** Tensor name → path of its shard, relative as the sources are. */
async function readWeightMap(index: ByteSource): Promise<ReadonlyMap<string, string>> {
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

/** Without an index: the files themselves, and, when their names count "x of y", the parts that are not among them. */
function shardNamesOf(weights: readonly ByteSource[]): string[] {
  const names = new Set(weights.map(({ name }) => name));
  for (const { name } of weights) {
    const [, stem, , total, ending] = SHARD_NAME.exec(name) ?? [];
    for (let part = 1; part <= Number(total); part++) {
      names.add(`${stem}${String(part).padStart(5, '0')}-of-${total}${ending}`);
    }
  }
  return [...names];
}

function checkWeightMap(weightMap: ReadonlyMap<string, string>, shards: readonly OpenedFile[]): void {
  const byName = new Map(shards.map((shard) => [shard.source.name, shard]));
  for (const [tensor, file] of weightMap) {
    if (byName.get(file)?.tensors.has(tensor) === true) continue;
    throw new StudioError(
      'QS-FILE-07',
      `the index says tensor ${quoted(tensor)} is in ${quoted(file)}, which does not hold it; the files come from different ` +
        'versions, so download all of them again',
    );
  }
}
