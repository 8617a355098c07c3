/**
 * GPU time of everything submitted between start and stop, summed over compute passes, by timestamp queries.
 * Passes beyond the query set's room are not timed and the span then reports null rather than too little.
 */
export interface Span {
  readonly wallMs: number;
  /** null where the adapter has no timestamps or the span had too many passes. */
  readonly gpuMs: number | null;
}

const PASSES = 2048;

export class SpanTimer {
  readonly #set: GPUQuerySet;
  readonly #resolved: GPUBuffer;
  readonly #staging: GPUBuffer;
  #used = 0;
  #active = false;
  #overflowed = false;

  constructor(private readonly device: GPUDevice) {
    this.#set = device.createQuerySet({ type: 'timestamp', count: PASSES * 2 });
    this.#resolved = device.createBuffer({ size: PASSES * 16, usage: 0x200 | 0x4, label: 'timestamps' }); // QUERY_RESOLVE | COPY_SRC
    this.#staging = device.createBuffer({ size: PASSES * 16, usage: 0x1 | 0x8, label: 'timestamps read' });
  }

  start(): void {
    this.#used = 0;
    this.#overflowed = false;
    this.#active = true;
  }

  /** What beginComputePass is given; undefined outside a span. */
  passDescriptor(): GPUComputePassDescriptor | undefined {
    if (!this.#active) return undefined;
    if (this.#used === PASSES) {
      this.#overflowed = true;
      return undefined;
    }
    const first = this.#used++ * 2;
    return {
      timestampWrites: { querySet: this.#set, beginningOfPassWriteIndex: first, endOfPassWriteIndex: first + 1 },
    };
  }

  /** Milliseconds of the span. The queue must have settled. */
  async stop(): Promise<number | null> {
    this.#active = false;
    if (this.#used === 0 || this.#overflowed) return this.#overflowed ? null : 0;
    const bytes = this.#used * 16;
    const encoder = this.device.createCommandEncoder();
    encoder.resolveQuerySet(this.#set, 0, this.#used * 2, this.#resolved, 0);
    encoder.copyBufferToBuffer(this.#resolved, 0, this.#staging, 0, bytes);
    this.device.queue.submit([encoder.finish()]);
    await this.#staging.mapAsync(0x1, 0, bytes);
    const stamps = new BigUint64Array(this.#staging.getMappedRange(0, bytes));
    let nanoseconds = 0;
    for (let i = 0; i < stamps.length; i += 2) {
      const duration = Number(stamps[i + 1] - stamps[i]);
      if (duration > 0) nanoseconds += duration; // some drivers reset their clock between passes
    }
    this.#staging.unmap();
    return nanoseconds / 1e6;
  }
}
