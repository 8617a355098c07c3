/**
 * Reads an AQLM layer back to floats, to re-verify exports: any number of codebooks, groups of outputs and of inputs. Shares no code
 * with the writer beyond the config. Layout in aqlm-write.ts.
 */
import type { AqlmConfig } from './aqlm-config';
import { expectShape, tensorNamed, type HasTensors } from './expect';
import { readTensor, readTensorRaw } from './safetensors';

/**
 * The weight of one module, dequantized: N × K row-major; value = scale · Σₘ codebooks[m][codes mod 2^B].
 * @param moduleName path without `.codes`
 * @throws QS-FILE-07 when a tensor is missing or its shape does not fit the config
 */
export async function readAqlmLayer(
  file: HasTensors,
  moduleName: string,
  config: AqlmConfig,
): Promise<Float32Array<ArrayBuffer>> {
  const { nbits_per_codebook: bits, num_codebooks: books, out_group_size: out, in_group_size: dim } = config;
  const part = (suffix: string) => tensorNamed(file, `${moduleName}.${suffix}`, 'AQLM');
  const [codesInfo, booksInfo, scalesInfo] = [part('codes'), part('codebooks'), part('scales')];
  const [rowGroups, columnGroups] = expectShape(codesInfo, bits > 8 ? 'I16' : 'I8', [null, null, books]);
  expectShape(booksInfo, null, [books, 2 ** bits, out, dim]);
  expectShape(scalesInfo, null, [rowGroups, 1, 1, 1]);
  const bytes = await readTensorRaw(codesInfo);
  const codebooks = await readTensor(booksInfo);
  const scales = await readTensor(scalesInfo);
  const width = bits > 8 ? 2 : 1;
  const codes = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const cols = columnGroups * dim;
  const weights = new Float32Array(rowGroups * out * cols);
  for (let i = 0; i < rowGroups; i++) {
    for (let j = 0; j < columnGroups; j++) {
      for (let o = 0; o < out; o++) {
        for (let k = 0; k < dim; k++) {
          let sum = 0;
          for (let m = 0; m < books; m++) {
            const at = (i * columnGroups + j) * books + m;
            const code = width === 2 ? codes.getInt16(at * 2, true) : codes.getInt8(at);
            const index = ((code % 2 ** bits) + 2 ** bits) % 2 ** bits;
            sum += codebooks[((m * 2 ** bits + index) * out + o) * dim + k];
          }
          weights[(i * out + o) * cols + j * dim + k] = scales[i] * sum;
        }
      }
    }
  }
  return weights;
}
