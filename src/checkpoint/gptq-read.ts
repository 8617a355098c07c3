/**
 * Reads a GPTQ layer back to floats, to re-verify exports and to open checkpoints of others.
 * Deliberately shares no packing code with the writer: it takes codes out of the raw bytes by bit address, so an error in the
 * writer's words cannot cancel here. Layout in gptq-write.ts.
 */
import { StudioError } from '../base/errors';
import { expectShape, tensorNamed, type HasTensors } from './expect';
import type { GptqConfig } from './gptq-config';
import { readTensor, readTensorRaw, type TensorInfo } from './tensors';
import { grouped, quoted } from './wording';

/**
 * The weight of one module, dequantized: N × K row-major.
 * v1 adds 1 to stored zero points, wrapping within the field as AutoGPTQ does.
 * @param file the safetensors file (or checkpoint) that holds the layer
 * @param moduleName path without `.qweight`
 * @throws QS-FILE-07 when a tensor is missing or its shape does not fit the config; QS-FILE-03 when g_idx leaves the groups
 */
export async function readGptqLayer(
  file: HasTensors,
  moduleName: string,
  config: GptqConfig,
): Promise<Float32Array<ArrayBuffer>> {
  const { bits } = config;
  const part = (suffix: string) => tensorNamed(file, `${moduleName}.${suffix}`, 'GPTQ');
  const [qweightInfo, qzerosInfo, scalesInfo] = [part('qweight'), part('qzeros'), part('scales')];
  const [words, rows] = expectShape(qweightInfo, 'I32', [null, null]);
  const cols = (words * 32) / bits;
  if (rows === 0 || !Number.isInteger(cols)) {
    throw new StudioError(
      'QS-FILE-07',
      `tensor ${quoted(qweightInfo.name)} has the shape [${words}, ${rows}], which holds no whole number of ${bits}-bit weights; ` +
        'the checkpoint and its config do not belong together',
    );
  }
  const [groups] = expectShape(scalesInfo, null, [null, rows]);
  expectShape(qzerosInfo, 'I32', [groups, (rows * bits) / 32]);

  const qweight = await readTensorRaw(qweightInfo);
  const qzeros = await readTensorRaw(qzerosInfo);
  const scales = await readTensor(scalesInfo);
  const groupOf = await readGroups(file.tensors, `${moduleName}.g_idx`, cols, groups, config.group_size);
  const offset = zeroOffset(config, qzeros, groups, rows);

  const mask = 2 ** bits - 1;
  const weights = new Float32Array(rows * cols);
  const stream = new Uint8Array((cols * bits) / 8);
  const zeros = new Uint8Array(groups);
  for (let n = 0; n < rows; n++) {
    // The words of output n are `rows` words apart; its stored zeros are fields of rows that are whole bytes long.
    for (let at = 0; at < stream.length; at++) stream[at] = qweight[((at >> 2) * rows + n) * 4 + (at & 3)];
    for (let j = 0; j < groups; j++) zeros[j] = (fieldAt(qzeros, j * rows + n, bits) + offset) & mask;
    for (let k = 0; k < cols; k++) {
      const group = groupOf[k];
      weights[n * cols + k] = scales[group * rows + n] * (fieldAt(stream, k, bits) - zeros[group]);
    }
  }
  return weights;
}

/** Field `index` of a stream of b-bit fields, b ≤ 8: it lies in one byte or two. */
function fieldAt(bytes: Uint8Array, index: number, bits: number): number {
  const bit = index * bits;
  const at = Math.floor(bit / 8); // a bit address may pass 2³¹
  const shift = bit % 8;
  const high = shift + bits > 8 ? bytes[at + 1] : 0;
  return (((high << 8) | bytes[at]) >> shift) & (2 ** bits - 1);
}

/**
 * What to add to a stored zero point. Symmetric grids have the zero 2^(b−1), so there the values themselves tell v1 (one less)
 * from v2, and are believed over `checkpoint_format`: published checkpoints exist that say one and store the other
 * (vLLM PR #38966: all zeros 8, labelled v1).
 */
function zeroOffset(config: GptqConfig, qzeros: Uint8Array, groups: number, rows: number): 0 | 1 {
  const declared = config.checkpoint_format === 'gptq' ? 1 : 0;
  if (!config.sym || groups * rows === 0) return declared;
  const { bits } = config;
  const middle = 2 ** (bits - 1);
  const first = fieldAt(qzeros, 0, bits);
  for (let field = 1; field < groups * rows; field++) {
    if (fieldAt(qzeros, field, bits) !== first) return declared;
  }
  if (first === middle) return 0;
  return first === middle - 1 ? 1 : declared;
}

/** g_idx, or, where a file leaves it out, the groups in order. */
async function readGroups(
  tensors: ReadonlyMap<string, TensorInfo>,
  name: string,
  cols: number,
  groups: number,
  groupSize: number,
): Promise<Int32Array> {
  const info = tensors.get(name);
  const groupOf = new Int32Array(cols);
  if (info === undefined) {
    if (groupSize !== -1) groupOf.forEach((_, k) => (groupOf[k] = Math.floor(k / groupSize)));
  } else {
    expectShape(info, 'I32', [cols]);
    const bytes = await readTensorRaw(info);
    const numbers = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    for (let k = 0; k < cols; k++) groupOf[k] = numbers.getInt32(k * 4, true);
  }
  const stray = groupOf.findIndex((group) => group < 0 || group >= groups);
  if (stray >= 0) {
    throw new StudioError(
      'QS-FILE-03',
      `${quoted(name)} puts input ${grouped(stray)} in group ${groupOf[stray]}, but there are ${groups} groups; the checkpoint ` +
        'is damaged, so download or export it again',
      { input: stray, group: groupOf[stray], groups },
    );
  }
  return groupOf;
}
