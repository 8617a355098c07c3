/**
 * A pool of storage buffers. Sizes are rounded up to a few classes so that a layer's temporaries are the next layer's.
 * Work on one queue runs in order, so a buffer released while commands that read it are still pending may be handed out at
 * once: whatever writes it is encoded later. (Host writes go through Gpu.write, which submits pending commands first.)
 */
import { StudioError } from '../base/errors';

const USAGE = 0x80 | 0x4 | 0x8; // STORAGE | COPY_SRC | COPY_DST: the enum object is absent in Node before Dawn is loaded.

export class BufferPool {
  readonly #free = new Map<number, GPUBuffer[]>();
  readonly #inUse = new Set<GPUBuffer>();
  #bytesInUse = 0;
  #panelBytes = Infinity;
  #tileBytes = Infinity;
  #peakBytes = 0;
  #pooledBytes = 0;
  /** What was acquired since the trial in work began; null outside of one. */
  #trial: Set<GPUBuffer> | null = null;
  /** Given back while the pool was full; commands not yet submitted may still use them. */
  #retired: GPUBuffer[] = [];

  /** Bytes in use above which QS-GPU-05 is thrown. WebGPU does not tell how much memory there is, so there is no limit by itself. */
  budgetBytes = Infinity;

  constructor(
    private readonly device: GPUDevice,
    /** Free buffers beyond this many bytes are destroyed rather than kept. */
    private readonly keepBytes = 1 << 29,
  ) {}

  /** Bytes of the largest buffer: one is bound as a whole. */
  get largest(): number {
    const { maxStorageBufferBindingSize, maxBufferSize } = this.device.limits;
    return Math.min(maxStorageBufferBindingSize, maxBufferSize);
  }

  /** Bytes of a panel, at most, where a matrix is larger than one buffer may be (src/tensor/panels.ts). Tests make it smaller. */
  get panelBytes(): number {
    return Math.min(this.#panelBytes, this.largest);
  }

  set panelBytes(bytes: number) {
    this.#panelBytes = bytes;
  }

  /** The same of a weight's tiles (src/tensor/weight.ts). */
  get tileBytes(): number {
    return Math.min(this.#tileBytes, this.largest);
  }

  set tileBytes(bytes: number) {
    this.#tileBytes = bytes;
  }

  get bytesInUse(): number {
    return this.#bytesInUse;
  }

  /** The most bytes in use at once since the last resetPeak. */
  get peakBytes(): number {
    return this.#peakBytes;
  }

  resetPeak(): void {
    this.#peakBytes = this.#bytesInUse;
  }

  /** A buffer of at least `bytes`; its content is undefined. Throws QS-GPU-03 over the device's limit, QS-GPU-05 over the budget. */
  acquire(bytes: number, label: string): GPUBuffer {
    const size = poolBytes(bytes);
    const limit = this.largest;
    if (bytes > limit) {
      throw new StudioError(
        'QS-GPU-03',
        `${label} needs a buffer of ${mib(bytes)}, and this GPU allows ${mib(limit)}: choose a narrower layer or another GPU.`,
        { bytes, limit },
      );
    }
    if (this.#bytesInUse + size > this.budgetBytes) {
      throw new StudioError(
        'QS-GPU-05',
        `Out of GPU memory: ${label} needs ${mib(size)} besides ${mib(this.#bytesInUse)} in use, and ${mib(this.budgetBytes)} are allowed: use fewer or shorter windows, or close other tabs.`,
        { bytes: size, limit: this.budgetBytes },
      );
    }
    const reused = this.#free.get(size)?.pop();
    if (reused) this.#pooledBytes -= size;
    const buffer = reused ?? this.device.createBuffer({ size: Math.min(size, limit), usage: USAGE, label });
    this.#inUse.add(buffer);
    this.#trial?.add(buffer);
    this.#bytesInUse += size;
    this.#peakBytes = Math.max(this.#peakBytes, this.#bytesInUse);
    return buffer;
  }

  release(buffer: GPUBuffer): void {
    if (!this.#inUse.delete(buffer)) throw new Error(`bug: buffer ${buffer.label} was released twice`);
    const size = poolBytes(buffer.size);
    this.#bytesInUse -= size;
    if (this.#pooledBytes + size > this.keepBytes) {
      this.#retired.push(buffer);
      return;
    }
    this.#pooledBytes += size;
    const free = this.#free.get(size);
    if (free) free.push(buffer);
    else this.#free.set(size, [buffer]);
  }

  /** The same for a buffer that a failed trial may have taken already. */
  releaseHeld(buffer: GPUBuffer): void {
    if (this.#inUse.has(buffer)) this.release(buffer);
  }

  /** Remembers what is acquired from here on. */
  beginTrial(): void {
    if (this.#trial) throw new Error('bug: a trial within a trial');
    this.#trial = new Set();
  }

  /** Ends the trial. Where it failed, its buffers may be invalid: all are destroyed, those that nobody gave back among them. */
  endTrial(failed: boolean): void {
    const acquired = this.#trial ?? new Set();
    this.#trial = null;
    if (!failed) return;
    for (const [size, buffers] of this.#free) {
      const kept = buffers.filter((buffer) => !acquired.has(buffer));
      this.#pooledBytes -= size * (buffers.length - kept.length);
      this.#free.set(size, kept);
    }
    for (const buffer of acquired) {
      if (this.#inUse.delete(buffer)) this.#bytesInUse -= poolBytes(buffer.size);
      buffer.destroy();
    }
  }

  /** Destroys what the pool had no room for. Called after everything recorded has been submitted. */
  destroyRetired(): void {
    for (const buffer of this.#retired) buffer.destroy();
    this.#retired = [];
  }

  /** Destroys what the pool keeps for later. The same holds. */
  destroyFree(): void {
    for (const buffers of this.#free.values()) for (const buffer of buffers) buffer.destroy();
    this.#free.clear();
    this.#pooledBytes = 0;
  }
}

/** What a request takes of the pool: powers of two and their midpoints (…, 1024, 1536, 2048, …): at most a third is wasted. */
export function poolBytes(bytes: number): number {
  const power = 2 ** Math.ceil(Math.log2(Math.max(bytes, 256)));
  return bytes <= power * 0.75 ? power * 0.75 : power;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toLocaleString('en', { maximumFractionDigits: 1 })} MiB`;
}
