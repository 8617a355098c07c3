/** What a method makes of a layer, and what layers may share. */
import type { QuantizedTensor } from '../quantizer/quantized';
import type { Weight } from '../tensor/weight';

/** A codebook that many layers share, of one network or of several. */
export interface UniversalCodebook {
  /** K × d. */
  readonly codewords: Float32Array<ArrayBuffer>;
  /** Weights of all layers that it serves. */
  readonly sharedBy: number;
  /** How many networks they are of. */
  readonly networks: number;
}

export interface QuantizedLayer<T extends QuantizedTensor = QuantizedTensor> {
  readonly tensor: T;
  /** rows × cols, dequantized on the GPU, in tiles where the layer's weight is; the caller releases it. */
  readonly q: Weight;
  /** The damping that the factorization worked at; null without one. */
  readonly damping: number | null;
  /** Factorizations that failed before the one that worked. */
  readonly retries: number;
  /** A sentence when the layer needed more, or got something else, than was asked for; null otherwise. */
  readonly note: string | null;
}
