/**
 * The end that all scalar methods share: working codes and grid to a quantized tensor on the host and its decoded weight on the GPU,
 * with one readback.
 */
import { StudioError } from '../base/errors';
import { known, readTogether, type Readable } from '../gpu/readback';
import { affineRows, joinAffineRows, type AffineTensor } from '../quantizer/affine';
import { decode } from '../codebook/decode';
import { tilesOf } from '../codebook/tiles';
import type { CodebookTensor } from '../quantizer/codebook';
import { factorValues, type FactorsTensor } from '../quantizer/factors';
import { decodeQuantized, type QuantizedTensor, type SumTensor, type TensorKind } from '../quantizer/quantized';
import { positions, sparseValues, type SparseTensor } from '../quantizer/sparse';
import { Table } from '../tensor/embedding';
import { decodeCodes, packCodes, PackedCodes } from '../tensor/affine-grid';
import { add } from '../tensor/elementwise';
import { Indices } from '../tensor/indices';
import { multiplyFactors, scatter } from '../tensor/parts';
import { Tensor } from '../tensor/tensor';
import { tileHeights, tilesOfWeight, weightFrom, type Weight } from '../tensor/weight';
import { joinHealth, requireHealth, type Health } from './health';
import type { Layer } from './layer';

export interface WorkingResult {
  /** cols × rows, working order. */
  readonly codes: Tensor;
  /** (2·groups) × rows. */
  readonly grid: Tensor;
  /** Place of each original column in the working order. */
  readonly position: Indices;
  /** Group of each original column. */
  readonly groupOf: Indices;
  /** Of progressive groups: 1 × rows. */
  readonly units?: Tensor;
  readonly bits: number;
  readonly symmetric: boolean;
}

export interface Finished<W extends Weight = Tensor> {
  readonly tensor: AffineTensor;
  /** rows × cols. */
  readonly q: W;
}

/**
 * Packs, decodes, and reads back: codes, grid and groups, `status`, and what the layer wants beside them. Releases codes, grid and
 * groups. The caller judges the result (requireScales), for a status may say that it is worth nothing.
 */
export async function finish<T>(
  work: WorkingResult,
  status: Readable<T>,
  beside: Layer['beside'],
): Promise<Finished & { readonly status: T }> {
  const { codes, grid, groupOf, units, bits, symmetric } = work;
  const packed = packCodes(codes, work.position);
  const q = decodeCodes(packed, grid, groupOf);
  const [told, hostCodes, hostGrid, hostGroups, hostUnits] = await readTogether(
    codes.gpu,
    status,
    packed.readable,
    grid.readable,
    groupOf.readable,
    units?.readable ?? known(null),
    beside?.(q) ?? known(null),
  );
  const tensor: AffineTensor = {
    kind: 'affine',
    rows: codes.cols,
    cols: codes.rows,
    bits,
    symmetric,
    groups: grid.rows / 2,
    codes: hostCodes,
    ...unpackGrid(grid, hostGrid),
    groupOf: hostGroups,
    ...(hostUnits ? { units: hostUnits } : {}),
  };
  for (const used of [packed, codes, grid, groupOf, units]) used?.release();
  return { tensor, q, status: told };
}

/**
 * A weight quantized tile by tile, for methods whose rows do not meet, and joined on the host: the bits of one piece. Throws QS-NUM-02
 * where the whole of it is not sound.
 */
export async function finishRows(
  weight: Weight,
  work: (tile: Tensor) => Promise<Finished & { readonly status: Health }>,
): Promise<Finished<Weight> & { readonly status: Health }> {
  const done: (Finished & { readonly status: Health })[] = [];
  try {
    for (const tile of tilesOfWeight(weight)) done.push(await work(tile));
    const tensor = done.length === 1 ? done[0].tensor : joinAffineRows(done.map((part) => part.tensor));
    const status = joinHealth(done.map((part) => part.status));
    requireHealth(status);
    requireScales(tensor);
    const q = weight instanceof Tensor ? done[0].q : Table.joined(done.map((part) => part.q));
    return { tensor, q, status };
  } catch (error) {
    for (const { q } of done) q.release();
    throw error;
  }
}

/** Throws QS-NUM-02 on a scale that is not a positive number. */
function requireScales({ scales, groups }: AffineTensor): void {
  const bad = scales.findIndex((scale) => !(scale > 0 && scale < Infinity));
  if (bad < 0) return;
  throw new StudioError('QS-NUM-02', `row ${Math.floor(bad / groups)} got the scale ${scales[bad]}.`);
}

/** Uploads a stored tensor and decodes it to the same bits as when it was made; in tiles where no buffer holds it. */
export function decodeOnGpu(gpu: Tensor['gpu'], t: QuantizedTensor): Weight {
  const heights = tileHeights(t.rows, t.cols, gpu.buffers.tileBytes);
  if (heights.length === 1) return decodeWhole(gpu, t);
  // Of a run that began where buffers are larger: what is not on a grid is made of weights in one piece only.
  if (t.kind !== 'affine') return weightFrom(gpu, t.rows, t.cols, decodeQuantized(t), 'quantized weight');
  let first = 0;
  const tiles = heights.map((height) => {
    const tile = decodeAffineOnGpu(gpu, affineRows(t, first, height));
    first += height;
    return tile;
  });
  return Table.joined(tiles);
}

function decodeWhole(gpu: Tensor['gpu'], t: QuantizedTensor): Tensor {
  // Each decoder is only ever given tensors of its own kind.
  return (ON_GPU[t.kind] as (gpu: Tensor['gpu'], t: QuantizedTensor) => Tensor)(gpu, t);
}

const ON_GPU: { readonly [K in TensorKind]: (gpu: Tensor['gpu'], t: Extract<QuantizedTensor, { kind: K }>) => Tensor } =
  {
    affine: decodeAffineOnGpu,
    codebook: decodeCodebookOnGpu,
    factors: decodeFactorsOnGpu,
    sparse: decodeSparseOnGpu,
    sum: decodeSumOnGpu,
  };

function decodeFactorsOnGpu(gpu: Tensor['gpu'], t: FactorsTensor): Tensor {
  const values = factorValues(t);
  const b = Tensor.from(gpu, t.rows, t.rank, values.b, 'left factor');
  const a = Tensor.from(gpu, t.rank, t.cols, values.a, 'right factor');
  const q = multiplyFactors(b, a);
  for (const used of [a, b]) used.release();
  return q;
}

function decodeSparseOnGpu(gpu: Tensor['gpu'], t: SparseTensor): Tensor {
  return scatter(gpu, t.rows, t.cols, positions(t), sparseValues(t));
}

function decodeSumOnGpu(gpu: Tensor['gpu'], t: SumTensor): Tensor {
  return t.parts
    .map((part) => decodeWhole(gpu, part))
    .reduce((before, part) => {
      const both = add(before, part);
      for (const used of [before, part]) used.release();
      return both;
    });
}

export function decodeCodebookOnGpu(gpu: Tensor['gpu'], t: CodebookTensor): Tensor {
  const { rows, cols, dim, codewords, bookRows, bookCols, signs } = t;
  const tiles = tilesOf(rows, cols, dim, { bookRows, bookCols });
  const codebooks = Tensor.from(gpu, tiles.books, codewords * dim, t.codebooks, 'codebooks');
  const codes = Indices.from(gpu, Uint32Array.from(t.assignments), 'assignments');
  const scales = t.scales && {
    values: Tensor.from(gpu, rows, Math.ceil(cols / t.scales.block), t.scales.values, 'block scales'),
    block: t.scales.block,
  };
  const bits = signs && Indices.from(gpu, asWords(signs), 'signs');
  const q = decode(tiles, codebooks, codes, { scales, signs: bits });
  for (const used of [codebooks, codes, scales?.values, bits]) used?.release();
  return q;
}

/** Bytes as little-endian words, the last filled up with zeros. */
function asWords(bytes: Uint8Array): Uint32Array<ArrayBuffer> {
  const words = new Uint32Array(Math.ceil(bytes.length / 4));
  bytes.forEach((byte, i) => (words[i >> 2] |= byte << (8 * (i & 3))));
  return words;
}

/** The same kernel as when it was made. */
function decodeAffineOnGpu(gpu: Tensor['gpu'], t: AffineTensor): Tensor {
  const packed = PackedCodes.from(gpu, t.rows, t.cols, t.codes);
  const host = new Float32Array(2 * t.groups * t.rows);
  for (let g = 0; g < t.groups; g++) {
    for (let r = 0; r < t.rows; r++) {
      host[g * t.rows + r] = t.scales[r * t.groups + g];
      host[(t.groups + g) * t.rows + r] = t.zeros[r * t.groups + g];
    }
  }
  const grid = Tensor.from(gpu, 2 * t.groups, t.rows, host, 'grid');
  const groupOf = Indices.from(gpu, t.groupOf);
  const q = decodeCodes(packed, grid, groupOf);
  for (const used of [packed, grid, groupOf]) used.release();
  return q;
}

/** Grid rows (2·groups × rows) to scales and zeros, rows × groups. */
function unpackGrid(grid: Tensor, host: Float32Array) {
  const [groups, rows] = [grid.rows / 2, grid.cols];
  const scales = new Float32Array(rows * groups);
  const zeros = new Uint8Array(rows * groups);
  for (let g = 0; g < groups; g++) {
    for (let r = 0; r < rows; r++) {
      scales[r * groups + g] = host[g * rows + r];
      zeros[r * groups + g] = host[(groups + g) * rows + r];
    }
  }
  return { scales, zeros };
}
