/**
 * The file formats that hold weights, one line each. A file is opened by what is in it: its name only decides which files are
 * looked at, and what is said of one that is in none of the formats.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { foreignError } from './foreign';
import { isNpz, openNpyWeights, openNpzWeights } from './numpy';
import { baseName } from './paths';
import { LEGACY_BEGIN, openTorchLegacy } from './pytorch-legacy';
import { isTorchZip, openTorchZip } from './pytorch-zip';
import { openSafetensors } from './safetensors';
import type { WeightFile } from './tensors';
import { quoted } from './wording';
import { openZip, type ZipArchive } from './zip';

export type FormatName = 'safetensors' | 'pytorch' | 'numpy';

/** Formats told by how a file begins, one character a byte. For safetensors: a header length below 2³², and a brace. */
const FILES: readonly { name: FormatName; begins: RegExp; open: (source: ByteSource) => Promise<WeightFile> }[] = [
  { name: 'safetensors', begins: /^[^]{4}\0{4}\{/, open: openSafetensors },
  { name: 'pytorch', begins: LEGACY_BEGIN, open: openTorchLegacy },
  { name: 'numpy', begins: /^\x93NUMPY/, open: openNpyWeights },
];

/** Formats that are ZIP archives, told by their members. */
const ARCHIVES: readonly {
  name: FormatName;
  holds: (zip: ZipArchive) => boolean;
  open: (zip: ZipArchive) => Promise<WeightFile>;
}[] = [
  { name: 'pytorch', holds: isTorchZip, open: openTorchZip },
  { name: 'numpy', holds: isNpz, open: openNpzWeights },
];

const ZIP = /^PK(?:\x03\x04|\x05\x06)/;

/** Bytes looked at. */
const HEAD_BYTES = 32;

/** How files of a format are usually named; of several formats side by side the first is taken. */
const NAMES: readonly {
  name: FormatName;
  title: string;
  weights: RegExp;
  index: RegExp | null;
  /** How the one file of a whole model is named by those who write it, the most usual first. */
  main: readonly string[];
}[] = [
  {
    name: 'safetensors',
    title: 'safetensors',
    weights: /\.safetensors$/,
    index: /\.safetensors\.index\.json$/,
    main: ['model.safetensors', 'diffusion_pytorch_model.safetensors', 'pytorch_model.safetensors'],
  },
  {
    name: 'pytorch',
    title: 'PyTorch',
    weights: /\.(?:bin|pt|pth|th|ckpt)$/i,
    index: /\.bin\.index\.json$/,
    main: ['pytorch_model.bin', 'diffusion_pytorch_model.bin'],
  },
  { name: 'numpy', title: 'NumPy', weights: /\.(?:npz|npy)$/i, index: null, main: [] },
];

/** What trainers leave beside the weights in the same format. */
const NOT_WEIGHTS = /^(?:training_args|optimizer|scheduler|scaler|rng_state|random_states|trainer_state)\b/i;

/** The format whose weights, or whose index of weights, usually have such a name. */
export function formatByName(path: string): { name: FormatName; role: 'weights' | 'index' } | null {
  const bare = baseName(path);
  for (const { name, weights, index } of NAMES) {
    if (index?.test(bare)) return { name, role: 'index' };
    if (weights.test(bare) && !NOT_WEIGHTS.test(bare)) return { name, role: 'weights' };
  }
  return null;
}

/** True for what trainers leave beside the weights under an ending of weights: optimizer.pt, training_args.bin. */
export function isTrainingLeftover(path: string): boolean {
  const bare = baseName(path);
  return NOT_WEIGHTS.test(bare) && NAMES.some(({ weights }) => weights.test(bare));
}

/** How the one file of a whole model is usually named in a format, the most usual first. */
export function mainNames(format: FormatName): readonly string[] {
  return NAMES[formatRank(format)].main;
}

/** Position in the order of preference. */
export function formatRank(format: FormatName): number {
  return NAMES.findIndex(({ name }) => name === format);
}

/** An opened file and the format it turned out to have. */
export type OpenedFile = WeightFile & { readonly format: FormatName };

/**
 * Opens a file of weights, whatever its name.
 * @throws QS-FILE-03, QS-FILE-04 or QS-FILE-10 as its format's reader does, QS-FILE-05 for a Git LFS pointer
 */
export async function openWeights(source: ByteSource): Promise<OpenedFile> {
  const found = await recognize(source);
  if (found !== null) return found();
  const named = formatByName(source.name)?.name ?? 'safetensors';
  // Its own errors are the more telling ones.
  if (named === 'safetensors') return { ...(await openSafetensors(source)), format: 'safetensors' };
  const title = NAMES[formatRank(named)].title;
  throw (
    (await foreignError(source)) ??
    new StudioError(
      'QS-FILE-04',
      `${quoted(source.name)} does not begin as a ${title} file; download it again, or convert it to safetensors`,
    )
  );
}

/** True when a file's content is in one of the formats. Never throws for what is in it. */
export async function holdsWeights(source: ByteSource): Promise<boolean> {
  try {
    return (await recognize(source)) !== null;
  } catch (error) {
    if (error instanceof StudioError) return false;
    throw error;
  }
}

/** How to open a file, by its content; null when it is in none of the formats. @throws as `openZip`, QS-FILE-04 for other archives */
async function recognize(source: ByteSource): Promise<(() => Promise<OpenedFile>) | null> {
  const head = String.fromCharCode(...(await readExactly(source, 0, Math.min(HEAD_BYTES, source.size))));
  const file = FILES.find(({ begins }) => begins.test(head));
  if (file !== undefined) return async () => ({ ...(await file.open(source)), format: file.name });
  if (!ZIP.test(head)) return null;
  const zip = await openZip(source);
  const archive = ARCHIVES.find(({ holds }) => holds(zip));
  if (archive !== undefined) return async () => ({ ...(await archive.open(zip)), format: archive.name });
  throw new StudioError(
    'QS-FILE-04',
    `${quoted(source.name)} is a ZIP archive with neither the data.pkl of a PyTorch file nor NumPy arrays; unpack it and choose the ` +
      'files inside, or download the model again',
  );
}
