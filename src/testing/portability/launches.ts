/**
 * Launches taken down on one implementation of WebGPU and done again on another: the same kernel on the same bytes, so that what differs
 * is the implementation's and not what came before. Taking down copies every buffer of a launch before it and after it.
 */
import type { Gpu } from '../../gpu/gpu';
import type { Kernel, Launch } from '../../gpu/kernel';

/** A launch as plain data: its buffers' bytes before it and, of those it may write, after it. */
export interface RecordedLaunch {
  readonly kernel: Kernel;
  readonly launch: Omit<Launch, 'buffers'>;
  readonly before: readonly Uint8Array[];
  /** One for each buffer that the kernel binds as 'write', in order. */
  readonly after: readonly Uint8Array[];
}

/** Launches that are kept of one kernel with one choice of overrides. */
const KEPT = 2;
/** Bytes of all buffers of one kept launch, before and after. */
const MOST_BYTES = 4 << 20;

/** Takes down what `gpu` launches while `body` runs. */
export async function recordLaunches(gpu: Gpu, body: () => Promise<void>): Promise<RecordedLaunch[]> {
  const taken: { kernel: Kernel; launch: Launch; before: GPUBuffer[]; after: GPUBuffer[] }[] = [];
  const count = new Map<string, number>();
  const snapshot = (buffer: GPUBuffer) => {
    const copy = gpu.device.createBuffer({ size: buffer.size, usage: 0x4 | 0x8, label: 'snapshot' });
    gpu.copy(buffer, 0, copy, 0, buffer.size);
    return copy;
  };
  const launchItself = gpu.launch.bind(gpu);
  gpu.launch = (kernel, launch) => {
    const key = launchKey(kernel, launch);
    const seen = count.get(key) ?? 0;
    const written = launch.buffers.filter((_, i) => kernel.buffers[i] === 'write');
    const bytes = [...launch.buffers, ...written].reduce((sum, { size }) => sum + size, 0);
    if (seen >= KEPT || bytes > MOST_BYTES) return launchItself(kernel, launch);
    count.set(key, seen + 1);
    const before = launch.buffers.map(snapshot);
    launchItself(kernel, launch);
    taken.push({ kernel, launch, before, after: written.map(snapshot) });
  };
  try {
    await body();
  } finally {
    gpu.launch = launchItself;
  }
  const recorded: RecordedLaunch[] = [];
  for (const { kernel, launch, before, after } of taken) {
    const bytes = await gpu.read(...[...before, ...after].map((buffer) => ({ buffer })));
    for (const buffer of [...before, ...after]) buffer.destroy();
    const parts = bytes.map((part) => new Uint8Array(part));
    const { params, grid, overrides } = launch;
    recorded.push({
      kernel,
      launch: { params, grid, ...(overrides ? { overrides } : {}) },
      before: parts.slice(0, before.length),
      after: parts.slice(before.length),
    });
  }
  return recorded;
}

/** Does a launch again; what it wrote comes back in the order of `after`. */
export async function repeatLaunch(gpu: Gpu, recorded: RecordedLaunch): Promise<Uint8Array[]> {
  const { kernel, launch, before } = recorded;
  const buffers = before.map((bytes) => {
    const buffer = gpu.device.createBuffer({ size: bytes.length, usage: 0x80 | 0x4 | 0x8, label: 'repeated' });
    gpu.device.queue.writeBuffer(buffer, 0, Uint8Array.from(bytes));
    return buffer;
  });
  gpu.launch(kernel, { ...launch, buffers });
  const written = buffers.filter((_, i) => kernel.buffers[i] === 'write');
  const results = await gpu.read(...written.map((buffer) => ({ buffer })));
  for (const buffer of buffers) buffer.destroy();
  return results.map((bytes) => new Uint8Array(bytes));
}

export function launchKey(kernel: Kernel, launch: Pick<Launch, 'overrides'>): string {
  return `${kernel.shader}:${kernel.entry}:${JSON.stringify(launch.overrides ?? {})}`;
}

/** How far what two implementations wrote is apart. */
export interface Difference {
  readonly bitEqual: boolean;
  /** max |a − b| / max |b| over the floats that the launch changed; 0 where there are none. */
  readonly relative: number;
  /** Integers that differ. */
  readonly integers: number;
}

/** Compares what a launch wrote with what it wrote when it was taken down; `integer` says which of the written buffers hold integers. */
export function compareLaunch(
  { kernel, before, after }: RecordedLaunch,
  again: readonly Uint8Array[],
  integer: readonly boolean[],
): Difference {
  const from = before.filter((_, i) => kernel.buffers[i] === 'write');
  let [bitEqual, relative, integers] = [true, 0, 0];
  after.forEach((bytes, i) => {
    const [old, expected, actual] = [from[i], bytes, again[i]].map(words);
    const [expectedFloats, actualFloats] = [floats(bytes), floats(again[i])];
    let [largest, apart] = [0, 0];
    for (let at = 0; at < expected.length; at++) {
      if (expected[at] === old[at] && actual[at] === old[at]) continue;
      if (expected[at] !== actual[at]) bitEqual = false;
      if (integer[i]) {
        if (expected[at] !== actual[at]) integers++;
      } else {
        largest = Math.max(largest, Math.abs(expectedFloats[at]));
        if (expected[at] === actual[at]) continue;
        const distance = Math.abs(expectedFloats[at] - actualFloats[at]);
        apart = Number.isNaN(distance) ? Infinity : Math.max(apart, distance);
      }
    }
    if (apart > 0) relative = Math.max(relative, apart / (largest || 1));
  });
  return { bitEqual, relative, integers };
}

/** Which of the buffers that a kernel writes hold integers, by their declarations in its WGSL source. */
export function integerOutputs(kernel: Kernel, source: string): boolean[] {
  return kernel.buffers.flatMap((use, i) => {
    if (use !== 'write') return [];
    const type = new RegExp(`@binding\\(${i + 1}\\)\\s*var<storage[^>]*>\\s*\\w+\\s*:\\s*([^;]+);`).exec(source)?.[1];
    if (type === undefined) throw new Error(`${kernel.shader} declares no storage buffer at binding ${i + 1}`);
    return [/u32|i32|vec\du|vec\di/.test(type)];
  });
}

function words(bytes: Uint8Array): Uint32Array {
  return new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}

function floats(bytes: Uint8Array): Float32Array {
  return new Float32Array(bytes.buffer, bytes.byteOffset, bytes.length / 4);
}
