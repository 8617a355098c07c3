/** What readers of quantized layers ask of a file: a tensor of this name, dtype and shape, or a sentence that says what is not so. */
import { StudioError } from '../base/errors';
import type { Dtype } from './dtype';
import type { TensorInfo } from './safetensors';
import { quoted, shapeText } from './wording';

/** A file, or a whole checkpoint. */
export interface HasTensors {
  readonly tensors: ReadonlyMap<string, TensorInfo>;
}

/**
 * @param method what the layer should have been quantized with, for the sentence
 * @throws QS-FILE-07 when the tensor is missing
 */
export function tensorNamed({ tensors }: HasTensors, name: string, method: string): TensorInfo {
  const info = tensors.get(name);
  if (info !== undefined) return info;
  throw new StudioError(
    'QS-FILE-07',
    `tensor ${quoted(name)} is missing; either this layer was not quantized with ${method}, or a part of the checkpoint is missing`,
  );
}

/**
 * Returns the shape; null stands for any dtype or size.
 * @throws QS-FILE-07 when dtype or shape are others
 */
export function expectShape(
  info: TensorInfo,
  dtype: Dtype | null,
  shape: readonly (number | null)[],
): readonly number[] {
  const fits =
    (dtype === null || info.dtype === dtype) &&
    info.shape.length === shape.length &&
    shape.every((size, axis) => size === null || size === info.shape[axis]);
  if (fits) return info.shape;
  throw new StudioError(
    'QS-FILE-07',
    `tensor ${quoted(info.name)} is ${info.dtype} ${shapeText(info.shape)}, but ${dtype ?? 'floats'} ` +
      `[${shape.map((size) => size ?? 'any').join(', ')}] is what the quantization config and the other tensors of the layer ` +
      'ask for; the checkpoint and its config do not belong together',
  );
}
