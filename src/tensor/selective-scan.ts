/**
 * The selective scan of Mamba (shaders/gradient/scan*.wgsl): within each window of `length` tokens and for every channel, from h = 0,
 *   h_t = exp(Δ_t A) ⊙ h_{t−1} + Δ_t u_t B_t,   y_t = C_t·h_t + skip·u_t.
 *   u, Δ (positive, after its softplus), y: tokens × channels; A (negative): channels × states; B, C: tokens × states; skip: 1 × channels.
 *
 * A thread walks the tokens of a window for four channels, eight states in registers; more states take more launches. The way back
 * computes the states again, all of a window's or those of segments of about √length tokens of a long one, so that nothing is kept from
 * the way forward. Gu and Dao 2023, arXiv 2312.00752, algorithm 2, with B̄ = Δ·B as in its published code.
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { padded, Tensor } from './tensor';

const OVERRIDES = ['WG'] as const;

const SCAN = defineKernel({
  shader: 'gradient/scan',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'read', 'write'],
  params: {
    length: 'u32',
    first_window: 'u32',
    first_lane: 'u32',
    lanes: 'u32',
    threads: 'u32',
    stride: 'u32',
    state_stride: 'u32',
    first_quad: 'u32',
  },
  overrides: OVERRIDES,
});

const SCAN_BACK = defineKernel({
  shader: 'gradient/scan-back',
  entry: 'main',
  buffers: ['read', 'read', 'read', 'read', 'read', 'write', 'write', 'write'],
  params: {
    length: 'u32',
    first_window: 'u32',
    first_chunk: 'u32',
    launch_chunks: 'u32',
    chunks: 'u32',
    threads: 'u32',
    segment: 'u32',
    stride: 'u32',
    state_stride: 'u32',
    first_quad: 'u32',
    skip_at: 'u32',
    c_at: 'u32',
    group_vectors: 'u32',
    shares_at: 'u32',
    partial_at: 'u32',
  },
  overrides: OVERRIDES,
});

const FOLD_PARAMS = {
  count: 'u32',
  windows: 'u32',
  length: 'u32',
  first_row: 'u32',
  launch_chunks: 'u32',
  state_stride: 'u32',
  first_quad: 'u32',
  group_vectors: 'u32',
  shares_at: 'u32',
  partial_at: 'u32',
  add: 'u32',
} as const;
const FOLD_TOKENS = defineKernel({
  shader: 'gradient/scan-fold',
  entry: 'tokens',
  buffers: ['read', 'write', 'write'],
  params: FOLD_PARAMS,
  overrides: OVERRIDES,
});
const FOLD_WINDOWS = defineKernel({
  shader: 'gradient/scan-fold',
  entry: 'windows',
  buffers: ['read', 'write'],
  params: FOLD_PARAMS,
});

/** vec4 of the states that a launch looks at. The padding of A, B and C makes their number a multiple. */
const QUADS = 2;
/** Tokens of a window whose states are all kept on the way back; longer windows are cut into segments. */
const MOST_STATES = 128;
/** Scratch of one launch on the way back. */
const WORK_BYTES = 1 << 25;
/** FLOP that a token, channel and state are counted as. */
const WORK = { forward: 16, back: 64 };

export interface ScanInputs<T = Tensor> {
  readonly u: T;
  readonly delta: T;
  readonly a: T;
  readonly b: T;
  readonly c: T;
  readonly skip: T;
}

export interface ScanOptions {
  /** Tokens of a window. */
  readonly length: number;
  /** On the way back: most bytes of scratch a launch, */
  readonly workBytes?: number;
  /** tokens of the longest window that is not cut into segments, */
  readonly mostStates?: number;
  /** and vec4 of channels that one thread walks: one, or four on software adapters, where threads are few anyway. */
  readonly span?: number;
}

export function selectiveScan(inputs: ScanInputs, { length }: ScanOptions): Tensor {
  const { u, delta, a, b, c, skip } = inputs;
  const { gpu, windows, lanes, stateStride } = planOf(inputs, length);
  const y = Tensor.empty(gpu, u.rows, u.cols, 'scan');
  clearRowPadding(y);
  const laneWork = length * 4 * QUADS * 4 * WORK.forward;
  const lanesAtOnce = Math.max(1, Math.min(lanes, Math.floor(gpu.workBudget / laneWork)));
  const windowsAtOnce = Math.max(1, Math.min(windows, Math.floor(gpu.workBudget / (laneWork * lanes))));
  for (let quad = 0; quad < stateStride; quad += QUADS) {
    for (let window = 0; window < windows; window += windowsAtOnce) {
      for (let lane = 0; lane < lanes; lane += lanesAtOnce) {
        const count = Math.min(lanesAtOnce, lanes - lane);
        const threads = Math.min(windowsAtOnce, windows - window) * count;
        gpu.launch(SCAN, {
          buffers: [u, delta, a, b, c, skip, y].map((tensor) => tensor.buffer),
          params: {
            length,
            first_window: window,
            first_lane: lane,
            lanes: count,
            threads,
            stride: lanes,
            state_stride: stateStride,
            first_quad: quad,
          },
          overrides: { WG: gpu.lanes },
          grid: linearGrid(threads, gpu.lanes),
          work: threads * laneWork,
        });
      }
    }
  }
  return y;
}

/** ∂L/∂ every input from g = ∂L/∂y. */
export function selectiveScanBack(inputs: ScanInputs, g: Tensor, options: ScanOptions): ScanInputs {
  const { length } = options;
  const { u, delta, a, b, c, skip } = inputs;
  const { gpu, windows, lanes, stateStride } = planOf(inputs, length);
  if (g.rows !== u.rows || g.cols !== u.cols) {
    throw new Error(`bug: a scan of ${u.rows} × ${u.cols} back from ${g.rows} × ${g.cols}`);
  }
  const { segment, chunks, threadVectors, sharesAt, windowVectors, chunkWork, windowsAtOnce, chunksAtOnce } = planBack(
    inputs,
    options,
  );
  const like = (x: Tensor) => Tensor.empty(gpu, x.rows, x.cols, 'gradient of a scan');
  const made = { u: like(u), delta: like(delta), a: like(a), b: like(b), c: like(c), skip: like(skip) };
  for (const tensor of [made.u, made.delta, made.b, made.c, made.skip]) clearRowPadding(tensor);
  // Two buffers fewer: a stage may bind eight.
  const constants = joined([a, a.bytes], [skip, skip.stride * 4]);
  const both = joined([b, b.bytes], [c, c.bytes]);

  const WG = gpu.lanes;
  const groups = Math.ceil((windowsAtOnce * chunksAtOnce) / WG);
  const layout = {
    group_vectors: WG * threadVectors,
    shares_at: WG * sharesAt,
    partial_at: groups * WG * threadVectors,
  };
  const work = gpu.buffers.acquire((layout.partial_at + windowsAtOnce * windowVectors) * 16, 'scan scratch');
  const totals = gpu.buffers.acquire(windowVectors * 16, 'gradients of A and the skip');
  for (let window = 0; window < windows; window += windowsAtOnce) {
    const count = Math.min(windowsAtOnce, windows - window);
    for (let quad = 0; quad < stateStride; quad += QUADS) {
      for (let chunk = 0; chunk < chunks; chunk += chunksAtOnce) {
        const launch_chunks = Math.min(chunksAtOnce, chunks - chunk);
        const threads = count * launch_chunks;
        const params = { length, launch_chunks, state_stride: stateStride, first_quad: quad, ...layout };
        gpu.launch(SCAN_BACK, {
          buffers: [u.buffer, delta.buffer, g.buffer, constants, both, made.u.buffer, made.delta.buffer, work],
          params: {
            ...params,
            first_window: window,
            first_chunk: chunk,
            chunks,
            threads,
            segment,
            stride: lanes,
            skip_at: a.bytes / 16,
            c_at: b.bytes / 16,
          },
          overrides: { WG },
          grid: linearGrid(threads, WG),
          work: threads * chunkWork,
        });
        const items = count * length * QUADS;
        gpu.launch(FOLD_TOKENS, {
          buffers: [work, made.b.buffer, made.c.buffer],
          params: { ...params, count: items, windows: 0, first_row: window * length, add: chunk === 0 ? 0 : 1 },
          overrides: { WG },
          grid: linearGrid(items, 64),
          work: items * launch_chunks * 8,
        });
      }
    }
    const unused = { length: 0, first_row: 0, launch_chunks: 0, state_stride: 0, first_quad: 0 };
    gpu.launch(FOLD_WINDOWS, {
      buffers: [work, totals],
      params: { ...layout, ...unused, count: windowVectors, windows: count, add: window === 0 ? 0 : 1 },
      overrides: { WG },
      grid: linearGrid(windowVectors, 64),
      work: windowVectors * count * 4,
    });
  }
  gpu.copy(totals, 0, made.a.buffer, 0, a.bytes);
  gpu.copy(totals, a.bytes, made.skip.buffer, 0, skip.stride * 4);
  for (const buffer of [constants, both, work, totals]) gpu.buffers.release(buffer);
  return made;
}

/** How the way back is cut into launches and its scratch laid out; sizes in vec4. */
function planBack(inputs: ScanInputs, { length, workBytes = WORK_BYTES, mostStates = MOST_STATES, span }: ScanOptions) {
  const { gpu, windows, lanes, stateStride } = planOf(inputs, length);
  const segment = length <= mostStates ? length : Math.ceil(Math.sqrt(length));
  const chunks = Math.ceil(lanes / (span ?? (gpu.description.software ? 4 : 1)));
  // A thread's states, then its shares of the gradients of B and C.
  const sharesAt = (Math.ceil(length / segment) - 1 + segment) * QUADS * 4;
  const threadVectors = sharesAt + length * QUADS * 2;
  // The gradients of A and the skip from one window.
  const windowVectors = lanes * 4 * stateStride + lanes;
  const chunkWork = length * 4 * Math.ceil(lanes / chunks) * QUADS * 4 * WORK.back;
  const room = workBytes / 16 / (threadVectors + windowVectors / chunks);
  const threads = Math.max(1, Math.floor(Math.min(room, gpu.workBudget / chunkWork)));
  const windowsAtOnce = Math.max(1, Math.min(windows, Math.floor(threads / chunks)));
  const chunksAtOnce = Math.min(chunks, threads);
  return { segment, chunks, threadVectors, sharesAt, windowVectors, chunkWork, windowsAtOnce, chunksAtOnce };
}

function planOf({ u, delta, a, b, c, skip }: ScanInputs, length: number) {
  const fits = (x: Tensor, rows: number, cols: number) => x.rows === rows && x.cols === cols;
  if (
    u.rows % length !== 0 ||
    !fits(delta, u.rows, u.cols) ||
    a.rows !== u.cols ||
    !fits(b, u.rows, a.cols) ||
    !fits(c, u.rows, a.cols) ||
    !fits(skip, 1, u.cols)
  ) {
    const shapes = [u, delta, a, b, c, skip].map(({ rows, cols }) => `${rows} × ${cols}`).join(', ');
    throw new Error(`bug: a scan of ${shapes} in windows of ${length}`);
  }
  return { gpu: u.gpu, windows: u.rows / length, lanes: padded(u.cols) / 4, stateStride: a.stride / 4 };
}

/** The first bytes of some tensors, one after the other. */
function joined(...parts: readonly (readonly [Tensor, number])[]): GPUBuffer {
  const { gpu } = parts[0][0];
  const bytes = parts.reduce((sum, [, count]) => sum + count, 0);
  const out = gpu.buffers.acquire(bytes, 'scan inputs');
  let at = 0;
  for (const [tensor, count] of parts) {
    gpu.copy(tensor.buffer, 0, out, at, count);
    at += count;
  }
  return out;
}

/** Kernels here write only the rows there are. */
function clearRowPadding(t: Tensor): void {
  const bytes = t.rows * t.stride * 4;
  if (bytes < t.bytes) t.gpu.clear(t.buffer, bytes, t.bytes - bytes);
}
