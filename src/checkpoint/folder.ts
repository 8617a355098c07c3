/**
 * Sorts dropped files into their roles by path and name alone: weights and indexes, adapter, side files, texts, and what is not used.
 * One model at a time: of several folders with weights the topmost counts, and two on one level are refused. Which of the weight files
 * are the model is decided in precedence.ts.
 */
import { StudioError } from '../base/errors';
import { isAdapterFile } from './adapter-files';
import { renamed, type ByteSource } from './bytes';
import { hasForeignExtension } from './foreign';
import { formatByName, formatRank, isTrainingLeftover } from './formats';
import { baseName, folderOf } from './paths';
import { trainingShards } from './sharded-training';
import { listed, quoted } from './wording';

export interface SortedFiles {
  /** The dropped folder's name, or null for loose files. */
  readonly folder: string | null;
  /** The folder of the weights below it, '' at the top. */
  readonly home: string;
  /** Files of weights beside each other, in any format by their names. */
  readonly weights: readonly ByteSource[];
  /** The indexes of weights (model.safetensors.index.json, pytorch_model.bin.index.json, …) beside them. */
  readonly indexes: readonly ByteSource[];
  /** adapter_model.* and adapter_config.json beside the weights. */
  readonly adapter: readonly ByteSource[];
  /** config.json, preprocessor_config.json, tokenizer.json, tokenizer_config.json, vocabulary.json beside the weights, by bare name. */
  readonly sides: ReadonlyMap<string, ByteSource>;
  /** Texts anywhere, by path. */
  readonly texts: ReadonlyMap<string, ByteSource>;
  /** calibration.npz, heldout.npz anywhere, beside weights in another file: sets of images. */
  readonly images: readonly ByteSource[];
  /** Whatever else lies in the folder of the weights or below it and is no copy of them: it belongs to the model, unread. */
  readonly beside: readonly ByteSource[];
  /** Parts of a training's own sharded checkpoint. */
  readonly sharded: readonly ByteSource[];
  /** Weights in formats that are not opened. */
  readonly foreign: readonly ByteSource[];
  /** Everything else: other copies of the weights, what trainings leave, hidden files, other folders. */
  readonly ignored: readonly ByteSource[];
}

const SIDE_NAMES = new Set([
  ...['config.json', 'preprocessor_config.json', 'tokenizer.json', 'tokenizer_config.json'],
  'vocabulary.json',
]);

/** .txt files that are no texts to calibrate on. */
const NOT_PROSE = /^(?:merges|vocab|requirements|licen[cs]e|notice|readme|use_policy)\b/i;

/** Endings that hold all sorts of things; so named, they are texts to calibrate on. */
const NAMED_TEXT = /^(?:calibration|held-?out)\b.*\.(?:json|md)$/i;

/** So named, an array file is a set of images. */
const IMAGE_SET = /^(?:calibration|held-?out)\b.*\.npz$/i;

/** Descriptions of how weights are packed; beside other weights they would mislead. */
const PACKING = /^(?:quantize_config|quant_config)\.json$|\.index\.json$/i;

/** More than any side file has: what is larger is data that happens to lie there. */
export const LARGEST_SIDE_FILE = 512 * 2 ** 20;

type Role = 'weights' | 'index' | 'adapter' | 'side' | 'text' | 'images' | 'foreign' | 'leftover' | 'other';

/** The first rule that accepts a bare name decides. */
const ROLES: readonly { readonly role: Role; readonly accepts: (name: string) => boolean }[] = [
  { role: 'adapter', accepts: isAdapterFile },
  { role: 'index', accepts: (name) => formatByName(name)?.role === 'index' },
  { role: 'images', accepts: (name) => IMAGE_SET.test(name) },
  { role: 'weights', accepts: (name) => formatByName(name)?.role === 'weights' },
  { role: 'side', accepts: (name) => SIDE_NAMES.has(name) },
  {
    role: 'text',
    accepts: (name) => (/\.(?:txt|jsonl)$/i.test(name) && !NOT_PROSE.test(name)) || NAMED_TEXT.test(name),
  },
  { role: 'foreign', accepts: hasForeignExtension },
  { role: 'leftover', accepts: (name) => isTrainingLeftover(name) || PACKING.test(name) },
  { role: 'other', accepts: () => true },
];

/**
 * @throws QS-FILE-03 when two files share a path, or when which model is meant is not clear
 */
export function sortFiles(sources: readonly ByteSource[]): SortedFiles {
  const { folder, files } = stripCommonFolder(sources);
  const sharded = trainingShards(files);
  const byRole = new Map<Role, ByteSource[]>(ROLES.map(({ role }) => [role, []]));
  for (const file of files) if (!sharded.has(file)) byRole.get(roleOf(file.name))?.push(file);
  const all = (role: Role) => byRole.get(role) ?? [];
  // An array file alone is weights, whatever its name.
  const alone = sharded.size + all('weights').length + all('index').length + all('adapter').length === 0;
  const of = (role: Role) => {
    if (role === 'weights' && alone) return all('images');
    return role === 'images' && alone ? [] : all(role);
  };

  const home = homeOf([...of('weights'), ...of('index')]);
  const atHome = (file: ByteSource) => folderOf(file.name) === home;
  const atOrBelow = (file: ByteSource) => home === '' || file.name.startsWith(`${home}/`);
  const weights = of('weights').filter(atHome);
  const indexes = of('index').filter(atHome);
  const adapter = of('adapter').filter((file) => atHome(file) || weights.length + indexes.length === 0);
  const sides = of('side').filter(atHome);
  const images = of('images');
  const beside = [...of('other'), ...of('side').filter((file) => !atHome(file))].filter(
    (file) => atOrBelow(file) && !isHidden(file.name) && file.size <= LARGEST_SIDE_FILE,
  );
  const used = new Set([...weights, ...indexes, ...adapter, ...sides, ...of('text'), ...images, ...beside]);
  const foreign = of('foreign');
  return {
    ...{ folder, home, weights, indexes, adapter, images, beside, foreign },
    sides: new Map(sides.map((file) => [baseName(file.name), file])),
    texts: new Map(of('text').map((file) => [file.name, file])),
    sharded: [...sharded],
    ignored: files.filter((file) => !used.has(file) && !foreign.includes(file) && !sharded.has(file)),
  };
}

/** Hidden files (.DS_Store, ._model.safetensors, .cache/…) say nothing about a model, whatever their ending. */
function roleOf(path: string): Role {
  if (isHidden(path)) return 'other';
  const name = baseName(path);
  return ROLES.find(({ accepts }) => accepts(name))?.role ?? 'other';
}

function isHidden(path: string): boolean {
  return path.split('/').some((part) => part.startsWith('.'));
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

/** The topmost folder that holds weights in the best of the formats present; '' when none does. */
function homeOf(weights: readonly ByteSource[]): string {
  const rank = ({ name }: ByteSource) => formatRank(formatByName(name)?.name ?? 'numpy');
  const best = Math.min(...weights.map(rank));
  const inBest = weights.filter((file) => rank(file) === best);
  const folders = [...new Set(inBest.map(({ name }) => folderOf(name)))].sort((a, b) => depthOf(a) - depthOf(b));
  const [home = '', second] = folders;
  if (second !== undefined && depthOf(second) === depthOf(home)) {
    throw unclear(`weights lie in several folders (${listed(folders)})`);
  }
  return home;
}

function depthOf(folder: string): number {
  return folder === '' ? 0 : folder.split('/').length;
}

/** Says that the files may be several models. */
export function unclear(what: string): StudioError {
  return new StudioError('QS-FILE-03', `it is not clear which model is meant: ${what}; choose the files of one model`);
}
