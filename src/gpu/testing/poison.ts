/**
 * For tests: runs kernels beside themselves on NaN. While it watches a device, the first launch of each kernel with each set of overrides
 * is also made on copies of its buffers: once as it is, and once for each float that it reads with NaN in all of that. What it writes then
 * is looked at when `results` is asked for; the launch itself goes on as if nothing had been.
 */
import { shaderSource } from '../shader-sources';
import type { Gpu } from '../gpu';
import type { Kernel, Launch } from '../kernel';

export interface Poisoned {
  readonly shader: string;
  readonly entry: string;
  /** The variable that was all NaN; null for the launch as it is. */
  readonly binding: string | null;
  /** Whether anything that it wrote is not finite. */
  readonly broken: boolean;
}

interface Pending {
  readonly shader: string;
  readonly entry: string;
  readonly binding: string | null;
  readonly written: readonly GPUBuffer[];
}

const USAGE = 0x80 | 0x4 | 0x8; // STORAGE, COPY_SRC, COPY_DST

/** Begins to watch; `inPlace` tells which shaders also read what they write. */
export function poison(gpu: Gpu, inPlace: (shader: string) => boolean): () => Promise<Poisoned[]> {
  const launch = gpu.launch.bind(gpu);
  const seen = new Set<string>();
  const pending: Pending[] = [];

  const copyOf = (buffer: GPUBuffer): GPUBuffer => {
    const copy = gpu.device.createBuffer({ size: buffer.size, usage: USAGE });
    gpu.copy(buffer, 0, copy, 0, buffer.size);
    return copy;
  };
  const beside = (kernel: Kernel, given: Launch, bad: number | null, binding: string | null) => {
    const copies = given.buffers.map((buffer) => copyOf(buffer));
    if (bad !== null) gpu.write(copies[bad], new Uint32Array(copies[bad].size / 4).fill(0x7fc00000));
    launch(kernel, { ...given, buffers: copies });
    const floats = floatBindings(kernel.shader);
    const written = copies.filter((_, i) => kernel.buffers[i] === 'write' && floats.has(`${i + 1} write`));
    gpu.flush();
    pending.push({ shader: kernel.shader, entry: kernel.entry, binding, written });
  };

  gpu.launch = (kernel: Kernel, given: Launch) => {
    const key = `${kernel.shader} ${kernel.entry} ${JSON.stringify(given.overrides ?? {})}`;
    if (!seen.has(key)) {
      seen.add(key);
      beside(kernel, given, null, null);
      const floats = floatBindings(kernel.shader);
      kernel.buffers.forEach((use, i) => {
        const name = floats.get(`${i + 1} ${use}`);
        if (name !== undefined && (use === 'read' || inPlace(kernel.shader))) beside(kernel, given, i, name);
      });
    }
    launch(kernel, given);
  };

  return async () => {
    gpu.launch = launch;
    const results: Poisoned[] = [];
    for (const { written, ...which } of pending) {
      const read = await gpu.read(...written.map((buffer) => ({ buffer })));
      const broken = read.some((bytes) => new Uint32Array(bytes).some((bits) => (bits & 0x7f800000) === 0x7f800000));
      for (const buffer of written) buffer.destroy();
      results.push({ ...which, broken });
    }
    return results;
  };
}

/** `binding use` → the variable, of the storage buffers that a shader declares as floats. */
function floatBindings(shader: string): Map<string, string> {
  const declared = /@binding\((\d+)\) var<storage, (read|read_write)> (\w+): array<(?:f32|vec4f)/g;
  return new Map(
    [...shaderSource(shader).matchAll(declared)].map(([, binding, access, name]) => [
      `${binding} ${access === 'read' ? 'read' : 'write'}`,
      name,
    ]),
  );
}
