/**
 * What a method is given and what it gives back: one linear layer's weight with its inputs' statistics in, codes on a grid or
 * indices of codewords out.
 */
import type { Readable } from '../gpu/readback';
import type { Announce } from '../tensor/factor';
import type { Tensor } from '../tensor/tensor';
import type { Weight } from '../tensor/weight';
import type { MethodFace } from './face';
import type { Options } from './parameters';
import type { InputStatistics } from './statistics';
import type { Trainer } from './training';
import type { UniversalCodebook, QuantizedLayer } from './quantized-layer';

export interface Layer {
  /** rows × cols, full precision; not changed. In tiles only for methods whose rows do not meet (families.ts, worksByRows). */
  readonly weight: Weight;
  /** Of the layer's inputs in the quantized stream; null for methods that need no data. Shared by siblings; not changed. */
  readonly statistics: InputStatistics | null;
  /** For methods with a codebook that many layers share; absent or null: there is none. */
  readonly universalCodebook?: UniversalCodebook | null;
  /** Says what a person is about to wait for; a method that may wait long tells it. */
  readonly announce?: Announce;
  /**
   * Launches, given the dequantized weight, what else is to be read back with the layer's codes. A method that reads more than once
   * need not ask, nor one that works in tiles.
   */
  readonly beside?: (q: Tensor) => Readable<unknown>;
}

export interface Method {
  readonly face: MethodFace;
  /** Throws QS-NUM-01 or QS-NUM-02 when the layer cannot be done this way; the driver then falls back to RTN. */
  quantize(layer: Layer, options: Options): Promise<QuantizedLayer>;
  /** Trains a whole block at once, where the host can run it; `quantize` is then the layer proxy. */
  readonly train?: Trainer;
}
