/**
 * Sorts dropped files into their roles by path and name alone: weights, index, side files, texts, and what is not used.
 * One model at a time: of several folders with weights the topmost counts, and two on one level are refused.
 */
import { StudioError } from '../base/errors';
import { renamed, type ByteSource } from './bytes';
import { hasForeignExtension } from './foreign';
import { formatByName, formatRank, type FormatName } from './formats';
import { baseName, folderOf } from './paths';
import { listed, quoted } from './wording';

export interface SortedFiles {
  /** The dropped folder's name, or null for loose files. */
  readonly folder: string | null;
  /** Files of weights beside each other, in one format by their names. */
  readonly weights: readonly ByteSource[];
  /** The one model.safetensors.index.json or pytorch_model.bin.index.json beside them. */
  readonly index: ByteSource | null;
  /** config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json beside the weights, by bare name. */
  readonly sides: ReadonlyMap<string, ByteSource>;
  /** .txt and .jsonl anywhere, by path. */
  readonly texts: ReadonlyMap<string, ByteSource>;
  /** Weights in formats that are not opened. */
  readonly foreign: readonly ByteSource[];
  /** Everything else. */
  readonly ignored: readonly ByteSource[];
}

const SIDE_NAMES = new Set(['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json']);

/** .txt files that are no texts to calibrate on. */
const NOT_PROSE = /^(?:merges|vocab|requirements|licen[cs]e|notice|readme|use_policy)\b/i;

type Role = 'weights' | 'index' | 'side' | 'text' | 'foreign' | 'other';

/** The first rule that accepts a bare name decides. */
const ROLES: readonly { readonly role: Role; readonly accepts: (name: string) => boolean }[] = [
  { role: 'index', accepts: (name) => formatByName(name)?.role === 'index' },
  { role: 'weights', accepts: (name) => formatByName(name)?.role === 'weights' },
  { role: 'side', accepts: (name) => SIDE_NAMES.has(name) },
  { role: 'text', accepts: (name) => /\.(?:txt|jsonl)$/i.test(name) && !NOT_PROSE.test(name) },
  { role: 'foreign', accepts: hasForeignExtension },
  { role: 'other', accepts: () => true },
];

/**
 * @throws QS-FILE-03 when two files share a path, or when which model is meant is not clear
 */
export function sortFiles(sources: readonly ByteSource[]): SortedFiles {
  const { folder, files } = stripCommonFolder(sources);
  const byRole = new Map<Role, ByteSource[]>(ROLES.map(({ role }) => [role, []]));
  for (const file of files) byRole.get(roleOf(file.name))?.push(file);
  const of = (role: Role) => byRole.get(role) ?? [];

  const format = bestFormat([...of('weights'), ...of('index')]);
  const inFormat = (file: ByteSource) => formatByName(file.name)?.name === format;
  const home = homeOf([...of('weights'), ...of('index')].filter(inFormat));
  const atHome = (file: ByteSource) => folderOf(file.name) === home;
  const weights = mainWeights(of('weights').filter((file) => inFormat(file) && atHome(file)));
  const indexes = of('index').filter((file) => inFormat(file) && atHome(file));
  if (indexes.length > 1) throw unclear(`there are ${indexes.length} weight indexes (${listed(namesOf(indexes))})`);
  const sides = of('side').filter(atHome);
  const used = new Set([...weights, ...indexes, ...sides, ...of('text'), ...of('foreign')]);
  return {
    folder,
    weights,
    index: indexes[0] ?? null,
    sides: new Map(sides.map((file) => [baseName(file.name), file])),
    texts: new Map(of('text').map((file) => [file.name, file])),
    foreign: of('foreign'),
    ignored: files.filter((file) => !used.has(file)),
  };
}

/** Hidden files (.DS_Store, ._model.safetensors, .cache/…) say nothing about a model, whatever their ending. */
function roleOf(path: string): Role {
  if (path.split('/').some((part) => part.startsWith('.'))) return 'other';
  const name = baseName(path);
  return ROLES.find(({ accepts }) => accepts(name))?.role ?? 'other';
}

/** Renames each file to its path below the folders that all of them share. */
function stripCommonFolder(sources: readonly ByteSource[]): { folder: string | null; files: ByteSource[] } {
  const paths = sources.map(({ name }) => name.split('/').filter((part) => part !== '' && part !== '.'));
  const [first = []] = paths;
  let shared = 0;
  while (paths.every((path) => path.length > shared + 1 && path[shared] === first[shared]) && shared < first.length) {
    shared++;
  }
  const files = sources.map((source, i) => renamed(source, paths[i].slice(shared).join('/')));
  const names = new Set<string>();
  for (const { name } of files) {
    if (names.has(name)) throw unclear(`two of the files are named ${quoted(name)}`);
    names.add(name);
  }
  return { folder: shared > 0 ? first[shared - 1] : null, files };
}

/** The first of the formats present: where a model is there in several, they hold the same. */
function bestFormat(files: readonly ByteSource[]): FormatName | undefined {
  const formats = files.flatMap(({ name }) => formatByName(name)?.name ?? []);
  return formats.sort((a, b) => formatRank(a) - formatRank(b))[0];
}

/** Beside pytorch_model.bin or its shards, other .bin, .pt and .pth files are no part of the model. */
function mainWeights(files: readonly ByteSource[]): readonly ByteSource[] {
  const main = files.filter(({ name }) => /^pytorch_model\b.*\.bin$/.test(baseName(name)));
  return main.length > 0 ? main : files;
}

/** The topmost folder that holds weights; '' when none does. */
function homeOf(weights: readonly ByteSource[]): string {
  const folders = [...new Set(weights.map(({ name }) => folderOf(name)))].sort((a, b) => depthOf(a) - depthOf(b));
  const [home = '', second] = folders;
  if (second !== undefined && depthOf(second) === depthOf(home)) {
    throw unclear(`weights lie in several folders (${listed(folders)})`);
  }
  return home;
}

function depthOf(folder: string): number {
  return folder === '' ? 0 : folder.split('/').length;
}

function namesOf(files: readonly ByteSource[]): string[] {
  return files.map(({ name }) => name);
}

function unclear(what: string): StudioError {
  return new StudioError('QS-FILE-03', `it is not clear which model is meant: ${what}; choose the files of one model`);
}
