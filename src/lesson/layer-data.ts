/**
 * A piece of a real layer: some of its weights and what came into them, in full precision and where all layers before it had been quantized.
 * It is made by scripts/lesson-data.mjs and small enough to travel with the lessons. Shapes: weight rows × cols, inputs tokens × cols.
 */
import { fromBase64 } from '../base/base64';
import { halfToFloat } from '../base/half';
import { matrix, type Matrix } from '../numerics/matrix';

/** As the file holds it: numbers are F16, little-endian, in base64. */
export interface LayerFile {
  readonly model: string;
  readonly layer: string;
  /** How the layers before it were quantized. */
  readonly before: string;
  readonly rows: number;
  readonly cols: number;
  readonly tokens: number;
  readonly weight: string;
  /** X̃: the full-precision stream. */
  readonly full: string;
  /** X: what the layer gets behind quantized layers. */
  readonly own: string;
}

/** Weights alone, of another network. */
export type WeightFile = Pick<LayerFile, 'model' | 'layer' | 'rows' | 'cols' | 'weight'>;

export function readWeights({ rows, cols, weight }: WeightFile): Matrix {
  return matrix(rows, cols, halves(weight));
}

export interface LayerPiece {
  readonly weight: Matrix;
  readonly full: Matrix;
  readonly own: Matrix;
}

export function readLayerFile(file: LayerFile): LayerPiece {
  const { rows, cols, tokens } = file;
  return {
    weight: matrix(rows, cols, halves(file.weight)),
    full: matrix(tokens, cols, halves(file.full)),
    own: matrix(tokens, cols, halves(file.own)),
  };
}

function halves(text: string): Float64Array {
  const bytes = fromBase64(text);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return Float64Array.from({ length: bytes.length / 2 }, (_, i) => halfToFloat(view.getUint16(2 * i, true)));
}
