/**
 * Attention of narrow heads that never goes back (attend.ts says what it is): one pass over the keys, with queries and outputs in
 * registers and no score ever stored (shaders/model/attention-narrow.wgsl).
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import type { AttendOptions, HeadInputs } from './attend-inputs';
import type { Geometry } from './heads';
import { padded, Tensor } from './tensor';

const NARROW = defineKernel({
  shader: 'model/attention-narrow',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'write'],
  params: {
    stride: 'u32',
    block_tiles: 'u32',
    length: 'u32',
    key_length: 'u32',
    key_tiles: 'u32',
    group: 'u32',
    causal: 'u32',
    window: 'u32',
    first: 'u32',
    count: 'u32',
    scale: 'f32',
  },
  overrides: ['WG', 'QUADS'],
});

/** The widest head whose outputs for four queries fit a thread's registers, beside the queries, on every GPU. */
export const NARROW_COLUMNS = 16;

/** The values' mix, shaped like q. */
export function attendNarrow({ q, k, v }: HeadInputs, g: Geometry, options: AttendOptions): Tensor {
  const { heads, keyHeads, mask, slidingWindow, keyLength = g.length, scale = 1 / Math.sqrt(q.cols) } = options;
  const gpu = q.gpu;
  const y = Tensor.empty(gpu, q.rows, q.cols, 'attention');
  const blockRows = padded(g.length);
  const fours = q.rows / 4;
  // Two products, and an exponential a score that counts as sixteen operations.
  const keyRows = padded(keyLength);
  const workPerFour = 4 * keyRows * (2 * q.stride + 16);
  const atOnce = Math.max(1, Math.floor(gpu.workBudget / workPerFour));
  for (let first = 0; first < fours; first += atOnce) {
    const count = Math.min(atOnce, fours - first);
    gpu.launch(NARROW, {
      buffers: [q.buffer, k.buffer, v.buffer, y.buffer],
      params: {
        stride: q.stride / 4,
        block_tiles: blockRows / 8,
        length: g.length,
        key_length: keyLength,
        key_tiles: keyRows / 8,
        group: heads / keyHeads,
        causal: mask === 'causal' ? 1 : 0,
        window: slidingWindow ?? 0,
        first,
        count,
        scale,
      },
      grid: linearGrid(count, gpu.lanes),
      overrides: { WG: gpu.lanes, QUADS: Math.ceil(q.cols / 4) },
      work: workPerFour * count,
    });
  }
  return y;
}
