/**
 * One quantized linear layer as the tensors of a GPTQ checkpoint (AutoGPTQ, GPTQModel, vLLM, transformers).
 * W[n][k] = scale[n][group(k)] · (q[n][k] − zero[n][group(k)]), N outputs × K inputs, G groups of inputs:
 * qweight I32 [K·b/32, N], qzeros I32 [G, N·b/32], scales F16 [G, N], g_idx I32 [K], bias F16 [N].
 */
import { StudioError, bug } from '../base/errors';
import { littleEndianBytes } from './dtype';
import { checkGptqBits, type GptqCheckpointFormat } from './gptq-config';
import { encodeHalf } from './half';
import { packAlongInput, packAlongOutput } from './pack';
import type { TensorToWrite } from './safetensors-write';
import { quoted } from './wording';

const FORMAT = 'the GPTQ format';

/** What any quantizer on an affine grid can say of its layer; it must not know this format. */
export interface GptqLayer {
  /** Module path without `.weight`. */
  readonly name: string;
  /** N, outputs. */
  readonly rows: number;
  /** K, inputs. */
  readonly cols: number;
  readonly bits: number;
  /** N × K row-major, each below 2^bits. */
  readonly codes: Uint8Array;
  /** N × G row-major. */
  readonly scales: Float32Array;
  /** N × G row-major: the code that stands for 0. */
  readonly zeros: Uint8Array;
  /** K: the group of each input. */
  readonly groupOf: Uint32Array;
  /** N. */
  readonly bias?: Float32Array;
}

/**
 * The layer's tensors, ready for `safetensorsBlobParts`. Scales and bias round to F16.
 * @throws QS-RECIPE-01 when the bits or the layer's shape do not fit the format; QS-NUM-02 when a scale or bias is beyond F16;
 *   a bug when the description contradicts itself, or has a zero point of 0 under v1
 */
export function gptqTensors(layer: GptqLayer, format: GptqCheckpointFormat): TensorToWrite[] {
  const { name, rows, cols, bits, codes, groupOf, bias } = layer;
  const groups = checkLayer(layer);
  const qweight = packAlongInput(codes, rows, cols, bits);
  const qzeros = packAlongOutput(storedZeros(layer, format), rows, groups, bits);
  const tensors: TensorToWrite[] = [
    {
      name: `${name}.qweight`,
      dtype: 'I32',
      shape: [(cols * bits) / 32, rows],
      bytes: littleEndianBytes(qweight),
    },
    { name: `${name}.qzeros`, dtype: 'I32', shape: [groups, (rows * bits) / 32], bytes: littleEndianBytes(qzeros) },
    {
      name: `${name}.scales`,
      dtype: 'F16',
      shape: [groups, rows],
      bytes: encodeHalf(transposed(layer.scales, rows, groups), `a scale of layer ${quoted(name)}`, FORMAT),
    },
    { name: `${name}.g_idx`, dtype: 'I32', shape: [cols], bytes: littleEndianBytes(groupOf) },
  ];
  if (bias !== undefined) {
    const bytes = encodeHalf(bias, `a bias of layer ${quoted(name)}`, FORMAT);
    tensors.push({ name: `${name}.bias`, dtype: 'F16', shape: [rows], bytes });
  }
  return tensors;
}

/** Returns G. */
function checkLayer({ name, rows, cols, bits, codes, scales, zeros, groupOf, bias }: GptqLayer): number {
  checkGptqBits(bits, `layer ${quoted(name)}`);
  checkGptqShape(name, bits, rows, cols);
  const groups = scales.length / rows;
  const lengthsFit =
    codes.length === rows * cols &&
    Number.isInteger(groups) &&
    zeros.length === scales.length &&
    groupOf.length === cols &&
    (bias === undefined || bias.length === rows);
  if (!lengthsFit) bug(`the arrays of layer ${name} do not have the lengths of ${rows} × ${cols} weights`);
  if (groupOf.some((group) => group >= groups)) bug(`layer ${name} puts an input in a group beyond its ${groups}`);
  return groups;
}

/** @throws QS-RECIPE-01 when a layer's rows or columns do not fill whole words */
export function checkGptqShape(name: string, bits: number, rows: number, cols: number): void {
  checkWholeWords(name, bits, cols, 'inputs');
  checkWholeWords(name, bits, rows, 'outputs');
}

function checkWholeWords(name: string, bits: number, count: number, what: string): void {
  if ((count * bits) % 32 === 0) return;
  throw new StudioError(
    'QS-RECIPE-01',
    `layer ${quoted(name)} has ${count} ${what}, which at ${bits} bits do not fill whole 32-bit words as the GPTQ format needs; ` +
      'use 8 bits for this layer, leave it unquantized, or choose another export',
    { bits, count },
  );
}

/** The zero points as the format stores them: v1 subtracts 1. */
function storedZeros({ name, zeros }: GptqLayer, format: GptqCheckpointFormat): Uint8Array {
  if (format === 'gptq_v2') return zeros;
  if (zeros.includes(0)) bug(`layer ${name} has a zero point of 0, which checkpoint_format "gptq" cannot store`);
  return zeros.map((zero) => zero - 1);
}

/** [rows, cols] → [cols, rows]. */
function transposed(values: Float32Array, rows: number, cols: number): Float32Array {
  const out = new Float32Array(values.length);
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) out[col * rows + row] = values[row * cols + col];
  }
  return out;
}
