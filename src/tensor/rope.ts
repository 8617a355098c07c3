/**
 * Rotary position embedding in Hugging Face's half-split form (shaders/model/rope.wgsl). Angles are computed in float64 here and
 * uploaded as a table of cosines and sines, one row a position. Positions start at 0 in each window.
 */
import type { Gpu } from '../gpu/gpu';
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { Geometry } from './heads';
import { padded, Tensor } from './tensor';

export interface RopeSettings {
  /** Columns of a head that are rotated, its first ones; even. */
  readonly dim: number;
  /** Base of the frequencies θ^(−2j/dim). */
  readonly theta: number;
  readonly scaling: RopeScaling;
}

export type RopeScaling =
  | { readonly type: 'none' }
  /** Positions divided by `factor` (Chen et al. 2023, arXiv 2306.15595). */
  | { readonly type: 'linear'; readonly factor: number }
  /** Llama 3.1: waves longer than originalLength/lowFactor are slowed by `factor`, short ones kept, a blend between. */
  | {
      readonly type: 'llama3';
      readonly factor: number;
      readonly lowFactor: number;
      readonly highFactor: number;
      readonly originalLength: number;
    };

/** Radians a position, dim/2 of them. */
export function ropeFrequencies({ dim, theta, scaling }: RopeSettings): Float64Array {
  if (dim % 2 !== 0) throw new Error(`bug: rotary heads of ${dim} columns`);
  return Float64Array.from({ length: dim / 2 }, (_, j) => {
    const frequency = theta ** ((-2 * j) / dim);
    switch (scaling.type) {
      case 'none':
        return frequency;
      case 'linear':
        return frequency / scaling.factor;
      case 'llama3': {
        const { factor, lowFactor, highFactor, originalLength } = scaling;
        const turns = (originalLength * frequency) / (2 * Math.PI); // full waves in the original context
        const kept = Math.min(1, Math.max(0, (turns - lowFactor) / (highFactor - lowFactor)));
        return kept * frequency + ((1 - kept) * frequency) / factor;
      }
    }
  });
}

/** length × dim: the cosines of each position's angles, then their sines. */
export function ropeTable(gpu: Gpu, settings: RopeSettings, length: number): Tensor {
  const frequencies = ropeFrequencies(settings);
  const half = frequencies.length;
  const values = new Float32Array(length * settings.dim);
  for (let position = 0; position < length; position++) {
    for (let j = 0; j < half; j++) {
      const angle = position * frequencies[j];
      values[position * settings.dim + j] = Math.cos(angle);
      values[position * settings.dim + half + j] = Math.sin(angle);
    }
  }
  return Tensor.from(gpu, length, settings.dim, values, 'rope table');
}

const ROPE = defineKernel({
  shader: 'model/rope',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    length: 'u32',
    block_rows: 'u32',
    elements: 'u32',
    dim: 'u32',
    cols: 'u32',
    stride: 'u32',
    table_stride: 'u32',
    turn: 'f32',
  },
});

/**
 * Rotates the first columns of heads (heads.ts), as many as the table has, by their positions, or back by turn = −1; further columns stay
 * as they are. The table must have at least `length` rows.
 */
export function rotate(x: Tensor, table: Tensor, { length }: Geometry, turn: 1 | -1 = 1): Tensor {
  if (table.cols > x.cols || table.rows < length || x.rows % padded(length) !== 0) {
    throw new Error(`bug: ${x.rows} × ${x.cols} rotated by ${table.rows} × ${table.cols}, windows of ${length}`);
  }
  const y = Tensor.empty(x.gpu, x.rows, x.cols, 'rotated');
  const elements = x.paddedRows * x.stride;
  x.gpu.launch(ROPE, {
    buffers: [x.buffer, table.buffer, y.buffer],
    params: {
      length,
      block_rows: padded(length),
      elements,
      dim: table.cols,
      cols: x.cols,
      stride: x.stride,
      table_stride: table.stride,
      turn,
    },
    grid: linearGrid(elements, 64),
  });
  return y;
}
