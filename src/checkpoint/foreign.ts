/**
 * Files that are no weights but often arrive in their place, or that hold weights in a way we do not read: told by their first bytes,
 * else by their extension. None of them is opened; each gets a sentence saying what it is and what to do.
 * A format with a reader of its own leaves this table for the one in formats.ts.
 */
import { StudioError } from '../base/errors';
import { readExactly, type ByteSource } from './bytes';
import { grouped, quoted } from './wording';

/** Bytes looked at; every signature below lies within them. */
const HEAD_BYTES = 512;

interface ForeignFormat {
  /** Completes "… looks like". */
  readonly title: string;
  /** What to do, completing the sentence. */
  readonly advice: string;
  readonly code: 'QS-FILE-04' | 'QS-FILE-05';
  readonly extensions: readonly string[];
  /** How the file begins; null when the format has no signature. */
  readonly begins: RegExp | null;
}

/** Signatures are matched against the head with one character a byte. Of two formats that share one, the first is meant. */
const FOREIGN_FORMATS: readonly ForeignFormat[] = [
  {
    title: 'a Git LFS pointer, not the weights',
    advice: 'download the real file with "git lfs pull" or the download button of the site',
    code: 'QS-FILE-05',
    extensions: [],
    begins: /^version https:\/\/git-lfs/,
  },
  {
    title: 'a web page saved under this name, probably an error page of the download',
    advice: 'download the file again',
    code: 'QS-FILE-04',
    extensions: [],
    begins: /^\s*<(?:!doctype|html|head|body|\?xml)/i,
  },
  {
    title: 'a ZIP archive (a PyTorch or NumPy file, or a packed folder)',
    advice: 'give it its own ending, or unpack it and choose the files inside',
    code: 'QS-FILE-04',
    extensions: ['zip'],
    begins: /^PK(?:\x03\x04|\x05\x06)/,
  },
  {
    title: 'a Python pickle that torch.save did not write, which can run code, so it is not opened',
    advice: 'save its weights with torch.save(model.state_dict()) or as safetensors, where running it is safe',
    code: 'QS-FILE-04',
    extensions: ['pkl', 'pickle'],
    begins: /^\x80[\x02-\x05]/,
  },
  {
    title: 'a GGUF file, which cannot be read yet',
    advice: 'use the original checkpoint in safetensors, from which the GGUF file was made',
    code: 'QS-FILE-04',
    extensions: ['gguf'],
    begins: /^GGUF/,
  },
  {
    title: 'an HDF5 file (Keras), which cannot be read yet',
    advice: 'save its weights with safetensors.numpy.save_file',
    code: 'QS-FILE-04',
    extensions: ['h5', 'hdf5', 'keras'],
    begins: /^\x89HDF\r\n/,
  },
  {
    title: 'an ONNX model, which cannot be read yet',
    advice: 'use the checkpoint in safetensors from which it was exported',
    code: 'QS-FILE-04',
    extensions: ['onnx'],
    begins: null,
  },
  {
    title: 'a compressed archive',
    advice: 'unpack it and choose the files inside',
    code: 'QS-FILE-04',
    extensions: ['gz', 'tgz', 'xz', '7z', 'tar', 'rar', 'zst'],
    begins: /^(?:\x1f\x8b|\xfd7zXZ|7z\xbc\xaf|Rar!|\x28\xb5\x2f\xfd)/,
  },
  {
    title: 'JSON text without the 8-byte length in front, perhaps an error message of the download',
    advice: 'download the file again',
    code: 'QS-FILE-04',
    extensions: [],
    begins: /^\s*\{\s*"/,
  },
];

/** True when the extension belongs to a weight format the studio names but does not open. */
export function hasForeignExtension(path: string): boolean {
  return byExtension(path) !== undefined;
}

/**
 * The error for a file in another format, by its content first and its name second; null when it looks like none of them.
 * Reads at most 512 bytes.
 */
export async function foreignError(source: ByteSource): Promise<StudioError | null> {
  const head = await readExactly(source, 0, Math.min(HEAD_BYTES, source.size));
  const text = String.fromCharCode(...head);
  const alike = FOREIGN_FORMATS.filter(({ begins }) => begins?.test(text));
  const named = byExtension(source.name);
  const format = alike.find((candidate) => candidate === named) ?? alike[0] ?? named;
  if (format === undefined) return null;
  return new StudioError(
    format.code,
    `${quoted(source.name)} (${grouped(source.size)} bytes) looks like ${format.title}; ${format.advice}`,
    { bytes: source.size },
  );
}

function byExtension(path: string): ForeignFormat | undefined {
  const extension = path.slice(path.lastIndexOf('.') + 1).toLowerCase();
  return FOREIGN_FORMATS.find(({ extensions }) => extensions.includes(extension));
}
