/**
 * The studio's own codebook file out of a run: every codebook layer as it is, bit for bit (docs/codebook-format.md). A layer that had to
 * be rounded instead is stored dequantized, in its source's place.
 */
import { bug, StudioError } from '../base/errors';
import { CODEBOOK_KEY, CODEBOOK_VERSION, type CodebookEntry, type CodebookFile } from '../checkpoint/codebook-format';
import { codebookLayersOf, readCodebookLayer } from '../checkpoint/codebook-read';
import { bookTensors, codebookTensors, type Books, type CodebookLayer } from '../checkpoint/codebook-write';
import { openSafetensors } from '../checkpoint/safetensors';
import type { TensorToWrite } from '../checkpoint/safetensors-write';
import type { Linear } from '../model/architecture';
import { codebookLayoutOf, indexBits, integerBook, type CodebookTensor } from '../quantizer/codebook';
import {
  copied,
  dequantized,
  exactly,
  rereadDense,
  largestDifference,
  metadata,
  packedLazily,
  tensorFile,
  tensorOfKind,
  type RowExport,
  type WeightFiles,
} from './export-file';

import { unfitTensor, wayOut } from './format-fit';

/** The tensor of a codebook that layers share. */
const SHARED = 'shared.codebook';

export async function codebookFiles(row: RowExport): Promise<WeightFiles> {
  const byWeight = new Map(row.linears.map((linear) => [linear.weight, linear]));
  const layers: Record<string, CodebookEntry> = {};
  const tensors: TensorToWrite[] = [];
  const notes: string[] = [];
  const unfit: string[] = [];
  let shared: Float32Array | null = null;
  for (const info of row.checkpoint.tensors.values()) {
    const linear = byWeight.get(info.name);
    const tensor = linear ? await row.codes(linear) : null;
    const reason = linear && tensor ? unfitTensor('codebook', tensor, linear) : null;
    if (reason !== null) unfit.push(reason);
    if (!linear || tensor === null) tensors.push(copied(info));
    else if (tensor.kind !== 'codebook' || reason !== null) tensors.push(await dequantized(row, linear, info, notes));
    else {
      const layer = layerOf(linear, tensor);
      layers[linear.name] = layer.entry;
      tensors.push(
        ...(await packedLazily(async () =>
          codebookTensors(layerOf(linear, await tensorOfKind(row, linear, 'codebook'))),
        )),
      );
      if (codebookLayoutOf(tensor).sharedBy === null) continue;
      if (shared === null) tensors.push(...bookTensors(layer));
      else if (!same(shared, tensor.codebooks))
        bug(`${linear.name} says that its codebook is shared, and it is another`);
      shared ??= tensor.codebooks;
    }
  }
  if (unfit.length > 0 && !row.keepUnfit) throw new StudioError('QS-NUM-02', wayOut(unfit[0], unfit.length));
  notes.push(...unfit.map((reason) => `Kept dense: ${reason}.`));
  const description: CodebookFile = { format: 'quantelier-codebook', version: CODEBOOK_VERSION, layers };
  const facts = { ...metadata(row), [CODEBOOK_KEY]: JSON.stringify(description) };
  return {
    files: [tensorFile('model.codebook.safetensors', tensors, facts)],
    notes,
    async verify(written) {
      const reread = await openSafetensors(written);
      const described = codebookLayersOf(reread).layers;
      return largestDifference(row, async (linear) => {
        if (Object.hasOwn(described, linear.name)) {
          const entry = described[linear.name];
          const values = await readCodebookLayer(reread, linear.name, entry);
          // 16-bit scales may have been rounded; all else is stored bit for bit.
          const bound = entry.scales?.bits === 16 ? { relative: 2 ** -10, absolute: 2 ** -24 } : exactly('F32');
          return { values, bound };
        }
        const plain = reread.tensors.get(linear.weight) ?? bug(`the exported file lacks ${linear.weight}`);
        return rereadDense(row, linear, plain);
      });
    },
  };
}

function layerOf({ name, weight, layout }: Linear, t: CodebookTensor): CodebookLayer {
  return {
    name,
    entry: {
      weight,
      transposed: layout === 'in-out',
      rows: t.rows,
      cols: t.cols,
      dim: t.dim,
      codewords: t.codewords,
      book_rows: t.bookRows,
      book_cols: t.bookCols,
      codebook: codebookLayoutOf(t).sharedBy !== null ? SHARED : `${name}.codebook`,
      codebook_bits: t.codebookBits,
      index_bits: indexBits(t.codewords),
      scales: t.scales === null ? null : { block: t.scales.block, bits: t.scales.bits },
      signs: t.signs !== null,
    },
    books: booksOf(name, t),
    assignments: t.assignments,
    scales: t.scales?.values ?? null,
    signs: t.signs,
  };
}

function booksOf(name: string, { codebooks, codebookBits, codewords, dim }: CodebookTensor): Books {
  if (codebookBits !== 8) return { values: codebooks, integers: null };
  const size = codewords * dim;
  const count = codebooks.length / size;
  const integers = new Int8Array(codebooks.length);
  const steps = new Float32Array(count);
  for (let book = 0; book < count; book++) {
    const found = integerBook(codebooks.slice(book * size, (book + 1) * size));
    if (found === null) return bug(`book ${book} of ${name} does not lie on a grid of 8 bits`);
    integers.set(found.integers, book * size);
    steps[book] = found.step;
  }
  return { integers, steps, values: null };
}

function same(a: Float32Array, b: Float32Array): boolean {
  return a.length === b.length && a.every((value, i) => value === b[i]);
}
