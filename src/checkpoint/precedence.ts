/**
 * Which weight files of a folder are the model: the one rule (ARCHITECTURE.md, "Which files make the model"). Formats are tried in
 * their order of preference, and in each
 *   1. the one file of a whole model (model.safetensors, pytorch_model.bin), unless an index names it as a part, or names tensors that
 *      it lacks while all parts of the index are here;
 *   2. the parts that an index names; where two hold a tensor, the index says which;
 *   3. the parts whose names count (model-00001-of-00002);
 *   4. what else there is, taken together; without a copy called "consolidated" where there is anything but it.
 * What is not here (a missing part, a Git LFS pointer, a placeholder) is passed over for what is, and said; what is damaged is refused.
 */
import { asSentence, isStudioError, type StudioError } from '../base/errors';
import type { ByteSource } from './bytes';
import { unclear, type SortedFiles } from './folder';
import { formatByName, formatRank, mainNames, openWeights, type FormatName, type OpenedFile } from './formats';
import { baseName } from './paths';
import { placeholderError } from './sharded-training';
import { countedParts, countedSet, mergeTensors, missingParts, readWeightMap, type WeightMap } from './shards';
import type { TensorInfo } from './tensors';
import { listed, quoted } from './wording';

export interface ChosenWeights {
  /** The opened files, in the order of their names; at least one. */
  readonly shards: readonly OpenedFile[];
  readonly tensors: ReadonlyMap<string, TensorInfo>;
  /** The index that names them. */
  readonly index: ByteSource | null;
  /** What that index says is where, and is not: only who needs it need know. */
  readonly unheld: WeightMap;
  /** What a person should know about the choice. */
  readonly notes: readonly string[];
}

interface Index {
  readonly source: ByteSource;
  readonly map: WeightMap;
}

interface Candidate {
  readonly files: readonly ByteSource[];
  readonly index: Index | null;
  /** Why it cannot be: it is not all here. */
  readonly fault: StudioError | null;
  readonly notes?: readonly string[];
}

/**
 * Opens the weight files that are the model.
 * @throws QS-FILE-06 when parts are missing, QS-FILE-03 when two hold the same tensor or which are meant is not clear, QS-FILE-04 for a
 *   malformed index or for placeholders of a sharded training; and as `openWeights`
 */
export async function chooseWeights({ weights, indexes }: SortedFiles): Promise<ChosenWeights> {
  const formats = [...new Set([...weights, ...indexes].map(formatOf))].sort((a, b) => formatRank(a) - formatRank(b));
  const faults: StudioError[] = [];
  for (const format of formats) {
    const inFormat = (file: ByteSource) => formatOf(file) === format;
    for (const candidate of await candidatesOf(format, weights.filter(inFormat), indexes.filter(inFormat))) {
      // What is only lying around does not stand in for what somebody says is missing.
      if (faults.length > 0 && isLoose(candidate, format)) continue;
      const chosen = await opened(candidate);
      if ('tensors' in chosen) return faults.length === 0 ? chosen : { ...chosen, notes: replaced(faults, chosen) };
      faults.push(chosen.fault);
    }
  }
  throw faults[0];
}

/** Where none of the names says that a file holds weights, those found by their content are in no format by name. */
function formatOf({ name }: ByteSource): FormatName {
  return formatByName(name)?.name ?? 'safetensors';
}

async function candidatesOf(
  format: FormatName,
  weights: readonly ByteSource[],
  indexes: readonly ByteSource[],
): Promise<Candidate[]> {
  const main = mainNames(format).flatMap((name) => weights.find((file) => baseName(file.name) === name) ?? [])[0];
  const listedBy = mainIndex(format, indexes);
  if (main !== undefined) return withMain(main, listedBy, weights);
  if (listedBy !== undefined) return [await indexed(listedBy, weights)];
  const sets = new Map<string, ByteSource[]>();
  for (const file of weights) {
    const set = countedSet(file.name);
    if (set !== null) sets.set(set, [...(sets.get(set) ?? []), file]);
  }
  if (sets.size > 0) return [countedCandidate([...sets.values()])];
  const others = weights.filter(({ name }) => !isConsolidated(name));
  return [{ files: others.length > 0 ? others : weights, index: null, fault: null }];
}

/** The index beside `main`, and whether it or the file is believed. */
async function withMain(
  main: ByteSource,
  listedBy: ByteSource | undefined,
  weights: readonly ByteSource[],
): Promise<Candidate[]> {
  const single: Candidate = { files: [main], index: null, fault: null };
  if (listedBy === undefined) return [single];
  let parts: Candidate & { readonly index: Index };
  try {
    parts = await indexed(listedBy, weights);
  } catch (error) {
    // Nobody needs it.
    if (!isStudioError(error)) throw error;
    return [{ ...single, notes: [`${asSentence(error.message)} ${quoted(main.name)} is used without it.`] }];
  }
  const named = new Set(parts.index.map.values());
  if (named.has(main.name)) return [parts];
  if (parts.fault !== null) {
    const note = `${quoted(listedBy.name)} names ${named.size} files that are not all here; ${quoted(main.name)} is a file of its own and is used.`;
    return [{ ...single, notes: [note] }];
  }
  const alone = await opened(single);
  const whole = 'tensors' in alone && [...parts.index.map.keys()].every((name) => alone.tensors.has(name));
  return whole ? [single, parts] : [parts, single];
}

async function indexed(source: ByteSource, weights: readonly ByteSource[]): Promise<Candidate & { index: Index }> {
  const map = await readWeightMap(source);
  const names = new Set(map.values());
  const files = weights.filter(({ name }) => names.has(name));
  return { files, index: { source, map }, fault: missingParts([...names], files) };
}

/** The set that counts to its end; of several the one with a usual name. */
function countedCandidate(sets: readonly (readonly ByteSource[])[]): Candidate {
  const candidates = sets.map((files): Candidate & { files: readonly ByteSource[] } => {
    return { files, index: null, fault: missingParts(countedParts(files), files) };
  });
  const whole = candidates.filter(({ fault }) => fault === null);
  const usual = whole.filter(
    ({ files }) => !isConsolidated(files[0].name) && /^(?:\w+_)?model-/.test(baseName(files[0].name)),
  );
  if (whole.length > 1 && usual.length !== 1) {
    throw unclear(`there are ${whole.length} whole sets of parts (${listed(whole.map(({ files }) => files[0].name))})`);
  }
  return usual[0] ?? whole[0] ?? candidates[0];
}

/** The index with the usual name, or the only one. @throws QS-FILE-03 */
function mainIndex(format: FormatName, indexes: readonly ByteSource[]): ByteSource | undefined {
  const usual = mainNames(format).map((name) => `${name}.index.json`);
  const chosen = usual.flatMap((name) => indexes.find((file) => baseName(file.name) === name) ?? [])[0];
  if (chosen !== undefined || indexes.length < 2) return chosen ?? indexes[0];
  throw unclear(`there are ${indexes.length} weight indexes (${listed(indexes.map(({ name }) => name))})`);
}

/** Mistral and Llama put a second copy of the weights, under other names, beside those of Hugging Face. */
function isConsolidated(path: string): boolean {
  return /^consolidated\b/.test(baseName(path));
}

function isLoose({ files, index }: Candidate, format: FormatName): boolean {
  return (
    index === null &&
    files.every(({ name }) => countedSet(name) === null && !mainNames(format).includes(baseName(name)))
  );
}

async function opened({ files, index, fault, notes = [] }: Candidate): Promise<ChosenWeights | { fault: StudioError }> {
  if (fault !== null) return { fault };
  const shards: OpenedFile[] = [];
  // One after the other: a header may take 100 MB.
  for (const source of files.toSorted((a, b) => (a.name < b.name ? -1 : 1))) {
    try {
      shards.push(await openWeights(source));
    } catch (error) {
      if (isStudioError(error) && error.code === 'QS-FILE-05') return { fault: error };
      throw error;
    }
  }
  const tensors = mergeTensors(shards, index?.map);
  const placeholder = placeholderError(tensors);
  if (placeholder !== null) return { fault: placeholder };
  const unheld = new Map([...(index?.map ?? [])].filter(([name]) => !tensors.has(name)));
  return {
    ...{ shards, tensors, unheld },
    index: index?.source ?? null,
    notes: [...notes, ...unheldNote(index, unheld), ...joinedNote(files, index)],
  };
}

function unheldNote(index: Index | null, unheld: WeightMap): string[] {
  if (index === null || unheld.size === 0) return [];
  return [`${quoted(index.source.name)} lists ${listed([...unheld.keys()])}, which the files it names do not hold.`];
}

function joinedNote(files: readonly ByteSource[], index: Index | null): string[] {
  if (index !== null || files.length === 1 || files.every(({ name }) => countedSet(name) !== null)) return [];
  return [
    `${files.length} files without an index are taken together as one model: ${listed(files.map(({ name }) => name))}.`,
  ];
}

function replaced(faults: readonly StudioError[], { shards, notes }: ChosenWeights): string[] {
  const used = listed(shards.map(({ source }) => source.name));
  return [...faults.map(({ message }) => asSentence(message)), `Used instead: ${used}.`, ...notes];
}
