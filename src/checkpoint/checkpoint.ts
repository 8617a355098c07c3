/**
 * A checkpoint: the files of one model as a person drops them, opened. Weights stay on disk until they are read by name.
 * Only safetensors is opened; other formats are named and refused (foreign.ts).
 */
import { StudioError, type ErrorCode } from '../base/errors';
import type { ByteSource } from './bytes';
import { baseName, sortFiles, type SortedFiles } from './folder';
import { foreignError } from './foreign';
import { parseJsonObject, type JsonObject } from './json-file';
import { readTensor, type TensorInfo } from './safetensors';
import { mergeTensors, openShards } from './shards';
import { listed, quoted } from './wording';

export interface Checkpoint {
  /** The folder's name, or the weight file's without its ending. */
  readonly name: string;
  readonly format: 'safetensors';
  /** Bytes of all tensors. */
  readonly totalBytes: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** `__metadata__` of the weight files; the first to name a key wins. */
  readonly metadata: ReadonlyMap<string, string>;
  /** config.json, tokenizer.json and tokenizer_config.json, parsed and otherwise unchecked; null when absent. */
  readonly config: JsonObject | null;
  readonly tokenizer: JsonObject | null;
  readonly tokenizerConfig: JsonObject | null;
  /** .txt and .jsonl files by path (calibration.jsonl, heldout.jsonl). */
  readonly texts: ReadonlyMap<string, ByteSource>;
  /** Every file in use, with its path below the dropped folder. */
  readonly sources: readonly ByteSource[];
  /** Paths of the files that are not used. */
  readonly ignored: readonly string[];
  /**
   * The values of a tensor, row-major.
   * @throws QS-FILE-07 when there is none of that name; and as `readTensor`
   */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
}

/** Files whose first bytes are looked at when no weights are found. */
const MOST_SUSPECTS = 32;

const MIB = 2 ** 20;

/** Largest size of each side file, and what it means when one cannot be parsed. */
const SIDE_FILES = {
  'config.json': { limit: 4 * MIB, code: 'QS-FILE-04' },
  'tokenizer.json': { limit: 64 * MIB, code: 'QS-FILE-08' },
  'tokenizer_config.json': { limit: 4 * MIB, code: 'QS-FILE-08' },
} satisfies Record<string, { limit: number; code: ErrorCode }>;

/**
 * Opens dropped files as one checkpoint, reading headers and side files only.
 * @throws QS-FILE-04 when there are no weights, or in another format; QS-FILE-06 for missing shards; QS-FILE-08 for a tokenizer that
 *   cannot be parsed; QS-FILE-10 for a side file above its limit; and as `openSafetensors`
 */
export async function openCheckpoint(sources: readonly ByteSource[]): Promise<Checkpoint> {
  const files = sortFiles(sources);
  if (files.weights.length === 0 && files.index === null) throw await withoutWeights(files, sources);
  const shards = await openShards(files.weights, files.index);
  const tensors = mergeTensors(shards);
  const side = (name: keyof typeof SIDE_FILES) => readSide(files, name);
  const used = [
    ...shards.map(({ source }) => source),
    ...(files.index === null ? [] : [files.index]),
    ...files.sides.values(),
    ...files.texts.values(),
  ];
  const unused = [...files.weights, ...files.foreign, ...files.ignored].filter((file) => !used.includes(file));
  return {
    name: files.folder ?? baseName(shards[0].source.name).replace(/(?:-\d{5}-of-\d{5})?\.safetensors$/, ''),
    format: 'safetensors',
    totalBytes: [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    tensors,
    metadata: new Map(shards.toReversed().flatMap(({ metadata }) => [...metadata])),
    config: await side('config.json'),
    tokenizer: await side('tokenizer.json'),
    tokenizerConfig: await side('tokenizer_config.json'),
    texts: files.texts,
    sources: used,
    ignored: unused.map(({ name }) => name).sort(),
    async read(name) {
      const info = tensors.get(name);
      if (info !== undefined) return readTensor(info);
      throw new StudioError(
        'QS-FILE-07',
        `the checkpoint has no tensor ${quoted(name)} among its ${tensors.size}; its config may belong to another model`,
      );
    },
  };
}

async function readSide(files: SortedFiles, name: keyof typeof SIDE_FILES): Promise<JsonObject | null> {
  const source = files.sides.get(name);
  const { limit, code } = SIDE_FILES[name];
  return source === undefined ? null : parseJsonObject(source, limit, code);
}

/** Says what was dropped instead of weights: another format if a file looks like one, else the names. */
async function withoutWeights({ foreign, ignored }: SortedFiles, sources: readonly ByteSource[]): Promise<StudioError> {
  const suspects = [...foreign, ...ignored.filter(({ name }) => !name.endsWith('.json'))];
  for (const source of suspects.slice(0, MOST_SUSPECTS)) {
    const error = await foreignError(source);
    if (error !== null) return error;
  }
  const what =
    sources.length === 0 ? 'no files were chosen' : `none of ${listed(sources.map(({ name }) => name))} holds weights`;
  return new StudioError('QS-FILE-04', `${what}; choose a .safetensors file or the folder of a model`);
}
