/**
 * The studio's own format for codebook layers, version 1: a safetensors file whose metadata describes them. docs/codebook-format.md
 * says it for everyone, docs/codebook-format.schema.json in JSON Schema; this is the reader's and the writer's half.
 */
import { StudioError } from '../base/errors';
import { quoted } from './wording';

/** The key under `__metadata__`; its value is a JSON text. */
export const CODEBOOK_KEY = 'quantelier.codebook';
export const CODEBOOK_VERSION = 1;

export interface CodebookFile {
  readonly format: 'quantelier-codebook';
  readonly version: typeof CODEBOOK_VERSION;
  /** By module path. */
  readonly layers: Readonly<Record<string, CodebookEntry>>;
}

/** One layer. Names of tensors not given here are `<module path>.<part>`. */
export interface CodebookEntry {
  /** The tensor of the source that the layer stands for. */
  readonly weight: string;
  /** True where the source stores that tensor inputs × outputs. */
  readonly transposed: boolean;
  readonly rows: number;
  readonly cols: number;
  readonly dim: number;
  readonly codewords: number;
  /** The tile that a book covers. */
  readonly book_rows: number;
  readonly book_cols: number;
  /** Name of the tensor that holds the books; layers may share one. */
  readonly codebook: string;
  readonly codebook_bits: 8 | 16 | 32;
  readonly index_bits: number;
  readonly scales: { readonly block: number; readonly bits: 4 | 16 | 32 } | null;
  readonly signs: boolean;
}

/** Levels that a block scale of 4 bits chooses from. */
export const SCALE_LEVELS = 16;

/**
 * Reads the description of a file; `where` names it in the sentence.
 * @throws QS-FILE-04 when it is not this format, or a member is missing or out of range
 */
export function parseCodebookFile(text: string | undefined, where: string): CodebookFile {
  const refuse = (what: string): never => {
    throw new StudioError('QS-FILE-04', `${quoted(where)} is no codebook file this reader knows: ${what}`);
  };
  if (text === undefined) return refuse(`its metadata has no ${CODEBOOK_KEY}`);
  const file = record(parsed(text) ?? refuse(`${CODEBOOK_KEY} is not JSON`));
  if (file?.format !== 'quantelier-codebook') return refuse('its format is not quantelier-codebook');
  if (file.version !== CODEBOOK_VERSION) {
    return refuse(`its version is ${quoted(String(file.version))}, and ${CODEBOOK_VERSION} is read`);
  }
  const layers = record(file.layers) ?? refuse('layers is not an object');
  const entries = Object.entries(layers).map(([name, value]): [string, CodebookEntry] => {
    const entry = record(value) ?? refuse(`layer ${quoted(name)} is not an object`);
    const fault = entryFault(entry);
    return fault === null ? [name, entry as unknown as CodebookEntry] : refuse(`layer ${quoted(name)}: ${fault}`);
  });
  return { format: 'quantelier-codebook', version: CODEBOOK_VERSION, layers: Object.fromEntries(entries) };
}

const COUNTS = ['rows', 'cols', 'dim', 'codewords', 'book_rows', 'book_cols'];

function entryFault(entry: Record<string, unknown>): string | null {
  const { weight, codebook, transposed, signs, scales } = entry;
  if (typeof weight !== 'string' || typeof codebook !== 'string') return 'weight and codebook are not names';
  if (typeof transposed !== 'boolean' || typeof signs !== 'boolean')
    return 'transposed and signs are not true or false';
  const uncounted = COUNTS.find((name) => !isCount(entry[name]));
  if (uncounted !== undefined) return `${uncounted} is not a positive whole number`;
  const [codewords, dim, bookCols] = [entry.codewords, entry.dim, entry.book_cols].map(Number);
  if (dim > 64) return 'dim is not in 1 … 64';
  if (codewords < 2 || codewords > 65536) return 'codewords is not in 2 … 65536';
  if (bookCols % dim !== 0) return 'book_cols is not a multiple of dim';
  if (entry.index_bits !== Math.ceil(Math.log2(codewords))) return 'index_bits is not what codewords take';
  if (![8, 16, 32].includes(entry.codebook_bits as number)) return 'codebook_bits is not 8, 16 or 32';
  if (scales === null) return null;
  const block = record(scales);
  if (!isCount(block?.block)) return 'scales do not say their block';
  return [4, 16, 32].includes(block.bits as number) ? null : 'the bits of scales are not 4, 16 or 32';
}

function isCount(value: unknown): value is number {
  return typeof value === 'number' && Number.isInteger(value) && value >= 1 && value <= 2 ** 31;
}

function record(value: unknown): Record<string, unknown> | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : null;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
