/**
 * Reads a layer of the studio's own codebook format back to floats, to re-verify exports. Shares no packing code with the writer: it
 * takes every number out of the bytes by its bit address.
 */
import { StudioError } from '../base/errors';
import {
  parseCodebookFile,
  CODEBOOK_KEY,
  SCALE_LEVELS,
  type CodebookEntry,
  type CodebookFile,
} from './codebook-format';
import { expectShape, tensorNamed, type HasTensors } from './expect';
import { readTensor, readTensorRaw, type SafetensorsFile } from './safetensors';
import { grouped, quoted } from './wording';

/** What a file says of its codebook layers. @throws QS-FILE-04 */
export function codebookLayersOf(file: Pick<SafetensorsFile, 'metadata' | 'source'>): CodebookFile {
  return parseCodebookFile(file.metadata.get(CODEBOOK_KEY), file.source.name);
}

/**
 * The weight of one layer, dequantized: rows × cols row-major.
 * @throws QS-FILE-07 when a tensor is missing or has another shape than the entry asks for; QS-FILE-03 when an index leaves its book
 */
export async function readCodebookLayer(
  file: HasTensors,
  name: string,
  entry: CodebookEntry,
): Promise<Float32Array<ArrayBuffer>> {
  const { rows, cols, dim, codewords, book_rows: bookRows, book_cols: bookCols, index_bits: width } = entry;
  const vectors = Math.ceil(cols / dim);
  const books = await readBooks(file, entry);
  const indices = await bytesNamed(file, `${name}.assignments`, rows * vectors * width);
  const signs = entry.signs ? await bytesNamed(file, `${name}.signs`, rows * cols) : null;
  const scaleAt = await readScales(file, name, entry);
  const values = new Float32Array(rows * cols);
  for (let r = 0; r < rows; r++) {
    for (let v = 0; v < vectors; v++) {
      const index = numberAt(indices, (r * vectors + v) * width, width);
      if (index >= codewords) throw stray(name, index, codewords);
      for (let c = v * dim; c < Math.min((v + 1) * dim, cols); c++) {
        const book = Math.floor(r / bookRows) * Math.ceil(cols / bookCols) + Math.floor(c / bookCols);
        const codeword = books[(book * codewords + index) * dim + c - v * dim];
        const minus = signs !== null && numberAt(signs, r * cols + c, 1) === 1;
        values[r * cols + c] = scaleAt(r, c) * (minus ? -codeword : codeword);
      }
    }
  }
  return values;
}

async function readBooks(file: HasTensors, entry: CodebookEntry): Promise<Float32Array> {
  const { rows, cols, codewords, dim, codebook, codebook_bits: bits } = entry;
  const count = Math.ceil(rows / entry.book_rows) * Math.ceil(cols / entry.book_cols);
  const info = tensorNamed(file, codebook, METHOD);
  expectShape(info, bits === 8 ? 'I8' : bits === 16 ? 'F16' : 'F32', [count, codewords, dim]);
  if (bits !== 8) return readTensor(info);
  const stepInfo = tensorNamed(file, `${codebook}_step`, METHOD);
  expectShape(stepInfo, 'F32', [count]);
  const steps = await readTensor(stepInfo);
  const integers = new Int8Array((await readTensorRaw(info)).buffer);
  return Float32Array.from(integers, (integer, i) => steps[Math.floor(i / (codewords * dim))] * integer);
}

/** Scale of row and column. */
async function readScales(
  file: HasTensors,
  name: string,
  { rows, cols, scales }: CodebookEntry,
): Promise<(r: number, c: number) => number> {
  if (scales === null) return () => 1;
  const { block, bits } = scales;
  const blocks = Math.ceil(cols / block);
  if (bits === 4) {
    const codes = await bytesNamed(file, `${name}.scales`, rows * blocks * 4);
    const info = tensorNamed(file, `${name}.scale_levels`, METHOD);
    expectShape(info, 'F32', [blocks, SCALE_LEVELS]);
    const levels = await readTensor(info);
    return (r, c) => {
      const b = Math.floor(c / block);
      return levels[b * SCALE_LEVELS + numberAt(codes, (r * blocks + b) * 4, 4)];
    };
  }
  const info = tensorNamed(file, `${name}.scales`, METHOD);
  expectShape(info, bits === 16 ? 'F16' : 'F32', [rows, blocks]);
  const values = await readTensor(info);
  return (r, c) => values[r * blocks + Math.floor(c / block)];
}

const METHOD = 'codebooks';

/** The bytes of a stream of so many bits. */
async function bytesNamed(file: HasTensors, name: string, bits: number): Promise<Uint8Array> {
  const info = tensorNamed(file, name, METHOD);
  expectShape(info, 'U8', [Math.ceil(bits / 8)]);
  return readTensorRaw(info);
}

/** The number of `width` bits, at most 16, that begins at a bit. */
function numberAt(bytes: Uint8Array, bit: number, width: number): number {
  const at = Math.floor(bit / 8);
  const three = bytes[at] | ((bytes[at + 1] ?? 0) << 8) | ((bytes[at + 2] ?? 0) << 16);
  return (three >>> (bit % 8)) & (2 ** width - 1);
}

function stray(name: string, index: number, codewords: number): StudioError {
  return new StudioError(
    'QS-FILE-03',
    `layer ${quoted(name)} names codeword ${grouped(index)} of a book of ${grouped(codewords)}; the file is damaged, so download ` +
      'or export it again',
    { index, codewords },
  );
}
