/**
 * A checkpoint: the files of one model as a person drops them, opened. Weights stay on disk until they are read by name.
 * The formats that are opened are in formats.ts; others are named and refused (foreign.ts).
 */
import { StudioError, type ErrorCode } from '../base/errors';
import { mergeAdapter } from './adapter';
import { loneAdapterError, unmergedError } from './adapter-files';
import type { ByteSource } from './bytes';
import { sortFiles, type SortedFiles } from './folder';
import { foreignError } from './foreign';
import { holdsWeights, type FormatName, type OpenedFile } from './formats';
import { parseJsonObject, parseJsonTable, type JsonObject } from './json-file';
import { baseName } from './paths';
import { chooseWeights } from './precedence';
import { shardError } from './sharded-training';
import { unheld as unheldError } from './shards';
import { readRange, readTensor, type TensorInfo } from './tensors';
import { listed, quoted } from './wording';

export interface Checkpoint {
  /** The folder's name, or the weight file's without its ending. */
  readonly name: string;
  readonly format: FormatName;
  /** Bytes of all tensors. */
  readonly totalBytes: number;
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /**
   * What the weight files say about themselves (`__metadata__`) and what their readers chose in them (keys that begin with
   * "pytorch."); the first to name a key wins.
   */
  readonly metadata: ReadonlyMap<string, string>;
  /** config.json, tokenizer.json and tokenizer_config.json, parsed and otherwise unchecked; null when absent. */
  readonly config: JsonObject | null;
  /** preprocessor_config.json: how the network's inputs are made; null when absent. */
  readonly preprocessor: JsonObject | null;
  readonly tokenizer: JsonObject | null;
  readonly tokenizerConfig: JsonObject | null;
  /** vocabulary.json, an object or a list: the words of a network that reads captions; null when absent. */
  readonly vocabulary: unknown;
  /** .txt and .jsonl files by path (calibration.jsonl, heldout.jsonl). */
  readonly texts: ReadonlyMap<string, ByteSource>;
  /** .npz files beside weights in another format, by path (calibration.npz, heldout.npz): sets of images. */
  readonly images: ReadonlyMap<string, ByteSource>;
  /** What a person should know about which files are the model, one sentence each. */
  readonly notes: readonly string[];
  /** The folder of the weights below the dropped one, '' where it is that. */
  readonly home: string;
  /**
   * Everything beside or below the weights that is neither weights nor says how they are stored (config, tokenizer, chat template, texts,
   * licence, …), read here or not: what an export takes along.
   */
  readonly sideFiles: readonly ByteSource[];
  /** Every file that belongs to the model, with its path below the dropped folder. */
  readonly sources: readonly ByteSource[];
  /** Of these, the ones that figures may depend on: weights, their index, an adapter, config and tokenizer, texts and images. */
  readonly decisive: readonly ByteSource[];
  /** Paths of the files that are not: unused copies of the weights, what trainings leave, hidden files, other folders. */
  readonly ignored: readonly string[];
  /** A file to calibrate or evaluate on: one of `texts`, or another one beside the weights that is asked for by its path; null for none. */
  text(name: string): ByteSource | null;
  /**
   * The values of a tensor, row-major.
   * @throws QS-FILE-07 when there is none of that name; and as `readTensor`
   */
  read(name: string): Promise<Float32Array<ArrayBuffer>>;
  /** Values first … last−1 of a tensor in row-major order, and no others. Throws as `read`. */
  readRange(name: string, first: number, last: number): Promise<Float32Array<ArrayBuffer>>;
}

/** Files whose first bytes are looked at when no weights are found. */
const MOST_SUSPECTS = 32;

const MIB = 2 ** 20;

/** Largest size of each side file, and what it means when one cannot be parsed. */
const SIDE_FILES = {
  'config.json': { limit: 4 * MIB, code: 'QS-FILE-04' },
  'preprocessor_config.json': { limit: 4 * MIB, code: 'QS-FILE-04' },
  'tokenizer.json': { limit: 64 * MIB, code: 'QS-FILE-08' },
  'tokenizer_config.json': { limit: 4 * MIB, code: 'QS-FILE-08' },
  'vocabulary.json': { limit: 4 * MIB, code: 'QS-FILE-04' },
} satisfies Record<string, { limit: number; code: ErrorCode }>;

/**
 * Opens dropped files as one checkpoint, reading headers and side files only.
 * @throws QS-FILE-04 when there are no weights, in another format, or a training's parts of them; QS-FILE-06 for missing shards;
 *   QS-FILE-08 for a tokenizer that cannot be parsed; QS-FILE-10 for a side file above its limit; as `openWeights` and `mergeAdapter`
 */
export async function openCheckpoint(sources: readonly ByteSource[]): Promise<Checkpoint> {
  const files = await withWeights(sortFiles(sources), sources);
  const chosen = await chooseWeights(files);
  const { shards, index, unheld } = chosen;
  const unmerged = unmergedError(chosen.tensors);
  if (unmerged !== null) throw unmerged;
  const adapted = files.adapter.length > 0 ? await mergeAdapter(chosen.tensors, files.adapter) : null;
  const tensors = adapted?.tensors ?? chosen.tensors;
  const side = (name: keyof typeof SIDE_FILES) => readSide(files, name);
  const used = [
    ...shards.map(({ source }) => source),
    ...(index === null ? [] : [index]),
    ...files.adapter,
    ...files.sides.values(),
    ...files.texts.values(),
  ];
  const others = [...files.weights, ...files.indexes, ...files.foreign, ...files.sharded, ...files.ignored].filter(
    (file) => !used.includes(file) && !files.beside.includes(file),
  );
  const images = [...files.images, ...others.filter(({ name }) => /\.npz$/i.test(name))];
  const sideFiles = [...files.sides.values(), ...files.texts.values(), ...images, ...files.beside].filter(
    (file) => !shards.some(({ source }) => source === file),
  );
  const readable = new Map(files.beside.map((file) => [file.name, file]));
  return {
    name: files.folder ?? baseName(shards[0].source.name).replace(/(?:-\d{5}-of-\d{5})?(?:\.[a-z]+)?$/i, ''),
    format: formatOf(shards),
    totalBytes: [...tensors.values()].reduce((sum, { begin, end }) => sum + end - begin, 0),
    tensors,
    metadata: new Map([...shards.toReversed().flatMap(({ metadata }) => [...metadata]), ...(adapted?.metadata ?? [])]),
    notes: [...chosen.notes, ...(adapted?.notes ?? [])],
    config: await side('config.json'),
    preprocessor: await side('preprocessor_config.json'),
    tokenizer: await side('tokenizer.json'),
    tokenizerConfig: await side('tokenizer_config.json'),
    vocabulary: await readVocabulary(files),
    texts: files.texts,
    images: new Map(images.map((file) => [file.name, file])),
    home: files.home,
    sideFiles,
    sources: [...new Set([...used, ...images, ...files.beside])],
    decisive: [...new Set([...used, ...images])],
    ignored: others
      .filter((file) => !images.includes(file))
      .map(({ name }) => name)
      .sort(),
    text: (name) => files.texts.get(name) ?? readable.get(name) ?? null,
    read: async (name) => readTensor(tensorNamed(tensors, unheld, name)),
    readRange: async (name, first, last) => readRange(tensorNamed(tensors, unheld, name), first, last),
  };
}

/** @param unheld names that an index promises and no file holds, with the file */
function tensorNamed(
  tensors: ReadonlyMap<string, TensorInfo>,
  unheld: ReadonlyMap<string, string>,
  name: string,
): TensorInfo {
  const info = tensors.get(name);
  if (info !== undefined) return info;
  const file = unheld.get(name);
  if (file !== undefined) throw unheldError(name, file);
  throw new StudioError(
    'QS-FILE-07',
    `the checkpoint has no tensor ${quoted(name)} among its ${tensors.size}; its config may belong to another model`,
  );
}

async function readSide(files: SortedFiles, name: keyof typeof SIDE_FILES): Promise<JsonObject | null> {
  const source = files.sides.get(name);
  const { limit, code } = SIDE_FILES[name];
  return source === undefined ? null : parseJsonObject(source, limit, code);
}

async function readVocabulary(files: SortedFiles): Promise<unknown> {
  const source = files.sides.get('vocabulary.json');
  const { limit, code } = SIDE_FILES['vocabulary.json'];
  return source === undefined ? null : parseJsonTable(source, limit, code);
}

/** The files, with what holds weights under another name among them. */
async function withWeights(files: SortedFiles, sources: readonly ByteSource[]): Promise<SortedFiles> {
  if (files.weights.length > 0 || files.indexes.length > 0) return files;
  const known = shardError(files.sharded) ?? (files.adapter.length > 0 ? await loneAdapterError(files.adapter) : null);
  if (known !== null) throw known;
  const weights: ByteSource[] = [];
  for (const source of suspectsOf(files)) if (await holdsWeights(source)) weights.push(source);
  if (weights.length === 0) throw await withoutWeights(files, sources);
  return { ...files, weights };
}

/** Files that may hold weights although their names do not say so. */
function suspectsOf({ foreign, beside, ignored }: SortedFiles): ByteSource[] {
  return [...foreign, ...[...beside, ...ignored].filter(({ name }) => !name.endsWith('.json'))].slice(0, MOST_SUSPECTS);
}

/** The one format of all weight files. */
function formatOf(shards: readonly OpenedFile[]): FormatName {
  const [first] = shards;
  const other = shards.find(({ format }) => format !== first.format);
  if (other === undefined) return first.format;
  throw new StudioError(
    'QS-FILE-03',
    `it is not clear which model is meant: ${quoted(first.source.name)} is in the format ${first.format} and ` +
      `${quoted(other.source.name)} in ${other.format}; choose the files of one model`,
  );
}

/** Says what was dropped instead of weights: another format if a file looks like one, else the names. */
async function withoutWeights(files: SortedFiles, sources: readonly ByteSource[]): Promise<StudioError> {
  for (const source of suspectsOf(files)) {
    const error = await foreignError(source);
    if (error !== null) return error;
  }
  const what =
    sources.length === 0 ? 'no files were chosen' : `none of ${listed(sources.map(({ name }) => name))} holds weights`;
  return new StudioError(
    'QS-FILE-04',
    `${what}; choose a .safetensors, PyTorch or NumPy file or the folder of a model`,
  );
}
