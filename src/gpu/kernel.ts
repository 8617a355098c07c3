/**
 * What a kernel is: a WGSL entry point with its bindings and parameters written down, so that pipelines get explicit layouts.
 *
 * Conventions that every shader keeps: group 0, binding 0 is `var<uniform> params: Params` (4-byte scalars only, in the order of
 * `params` below); bindings 1 … n are the storage buffers in the order of `buffers`. Sizes that change the code are overrides.
 */
export interface Kernel {
  /** Path under shaders/, without `.wgsl`: 'linalg/matmul'. */
  readonly shader: string;
  readonly entry: string;
  readonly buffers: readonly BufferUse[];
  readonly params: Readonly<Record<string, ScalarType>>;
  /** Names of the `override` constants the entry point reads. */
  readonly overrides?: readonly string[];
}

/** 'read' binds as read-only storage; 'write' as read_write. */
export type BufferUse = 'read' | 'write';
export type ScalarType = 'u32' | 'i32' | 'f32';

/** One launch of a kernel. */
export interface Launch {
  readonly buffers: readonly GPUBuffer[];
  readonly params: Readonly<Record<string, number>>;
  /** Workgroups in x, y, z. */
  readonly grid: readonly [number, number?, number?];
  readonly overrides?: Readonly<Record<string, number>>;
  /** Estimated floating-point operations: what bounds the work of one submit. */
  readonly work?: number;
}

/** Identity function that gives a kernel literal its type. */
export function defineKernel<const K extends Kernel>(kernel: K): K {
  return kernel;
}

/** Writes parameters into `view` at `offset` in the kernel's declared order. */
export function packParams(
  kernel: Kernel,
  values: Readonly<Record<string, number>>,
  view: DataView,
  offset: number,
): void {
  let at = offset;
  for (const [name, type] of Object.entries(kernel.params)) {
    const value = values[name];
    if (value === undefined) throw new Error(`bug: ${kernel.shader}:${kernel.entry} was launched without ${name}`);
    if (type === 'f32') view.setFloat32(at, value, true);
    else if (type === 'i32') view.setInt32(at, value, true);
    else view.setUint32(at, value, true);
    at += 4;
  }
}

/**
 * Folds a one-dimensional grid to two dimensions where it passes the limit of 65 535 workgroups.
 * Shaders recover the index with `linear_index` (shaders/common/index.wgsl) and check it against the real count.
 */
export function linearGrid(items: number, perGroup: number): [number, number] {
  const groups = Math.max(1, Math.ceil(items / perGroup));
  if (groups <= 65535) return [groups, 1];
  const x = Math.ceil(Math.sqrt(groups));
  return [x, Math.ceil(groups / x)];
}

/**
 * A grid of one workgroup column a matrix row: `items` across x, rows in y, folded into z past 65 535.
 * Shaders recover the row as `z · fold + y` and must check `y < fold`.
 */
export function rowGrid(
  items: number,
  perGroup: number,
  rows: number,
): { grid: [number, number, number]; fold: number } {
  const fold = Math.min(rows, 65535);
  return { grid: [Math.ceil(items / perGroup), fold, Math.ceil(rows / fold)], fold };
}
