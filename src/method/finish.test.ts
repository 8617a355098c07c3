/** A stored tensor decoded on the GPU: the very bits of the host's decode, whatever the form. */
import { expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { bookCount, decodeCodebook, type CodebookTensor } from '../quantizer/codebook';
import { decodeOnGpu } from './finish';

const gpu = await testGpu();

it.each([
  { rows: 1, cols: 1, dim: 1, codewords: 2, bookRows: 1, bookCols: 1, block: null, signed: false },
  { rows: 3, cols: 5, dim: 2, codewords: 3, bookRows: 3, bookCols: 4, block: null, signed: false },
  { rows: 13, cols: 37, dim: 4, codewords: 16, bookRows: 5, bookCols: 12, block: 8, signed: true },
  { rows: 40, cols: 64, dim: 8, codewords: 300, bookRows: 40, bookCols: 64, block: 64, signed: true },
  { rows: 9, cols: 33, dim: 1, codewords: 7, bookRows: 2, bookCols: 11, block: 10, signed: false },
])('$rows × $cols, d = $dim, K = $codewords, scales for $block, signs $signed', async (shape) => {
  const { rows, cols, dim, codewords, block, signed } = shape;
  const random = new Random(rows + cols);
  const values = (count: number) => Float32Array.from(random.normals(count));
  const tensor: CodebookTensor = {
    kind: 'codebook',
    ...{ rows, cols, dim, codewords, bookRows: shape.bookRows, bookCols: shape.bookCols },
    codebooks: values(bookCount(shape) * codewords * dim),
    codebookBits: 32,
    assignments: Uint16Array.from({ length: rows * Math.ceil(cols / dim) }, () => random.integer(codewords)),
    scales: block === null ? null : { values: values(rows * Math.ceil(cols / block)), block, bits: 32 },
    signs: signed ? Uint8Array.from({ length: Math.ceil((rows * cols) / 8) }, () => random.integer(256)) : null,
    sharedBy: null,
  };
  const before = gpu.buffers.bytesInUse;
  const q = decodeOnGpu(gpu, tensor);
  expect(await q.read()).toEqual(decodeCodebook(tensor));
  q.release();
  expect(gpu.buffers.bytesInUse).toBe(before);
});
