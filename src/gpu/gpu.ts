/**
 * One GPU device with everything the engine needs of it: launches gathered into batches, pooled buffers, cached pipelines,
 * readback, spans of GPU time, and loss as a typed event. It knows nothing of mathematics.
 *
 * Launches go into one open compute pass and are submitted when the batch is full, when its estimated work passes the budget
 * (long submits reset the device on some systems), before host writes and before readback. Order is the order of the calls.
 */
import { StudioError, isStudioError, sentenceOf } from '../base/errors';
import { describeAdapter, type GpuDescription } from './adapter';
import { BindGroups } from './bind-groups';
import { BufferPool } from './buffers';
import { packParams, type Kernel, type Launch } from './kernel';
import { raisedLimits, wantedFeatures } from './limits';
import { PipelineCache } from './pipelines';
import { SpanTimer, type Span } from './span-timer';

export type { GpuDescription } from './adapter';

export interface OpenOptions {
  /** 'default' asks for nothing beyond WebGPU's guaranteed limits; tests use it. */
  readonly limits?: 'default' | 'raised';
}

/** Slots of the uniform ring: the most launches in one batch. */
const SLOTS = 512;
/** Bytes a slot: the guaranteed alignment of dynamic offsets. 64 scalars. */
const SLOT_BYTES = 256;
/** Work of one submit before a rate has been measured, in FLOP: about 60 ms on the slowest adapter seen (software, 3 GFLOP/s). */
const FIRST_WORK_BUDGET = 2e8;

export class Gpu {
  readonly buffers: BufferPool;
  readonly pipelines: PipelineCache;
  readonly description: GpuDescription;
  /** Resolves once, when the device is lost for any reason, with the error to show. */
  readonly lost: Promise<StudioError>;
  /** FLOP that one dispatch, and one submit, may hold. setRate derives it from a measurement. */
  workBudget = FIRST_WORK_BUDGET;
  /** Threads a row-parallel workgroup has. Barriers are what software adapters are worst at, so they get few. */
  readonly lanes: number;

  #loss: StudioError | null = null;
  #failure: StudioError | null = null;
  #encoder: GPUCommandEncoder | null = null;
  #pass: GPUComputePassEncoder | null = null;
  #launches = 0;
  #pendingWork = 0;
  #readbacks = 0;
  readonly #uniforms: GPUBuffer;
  readonly #groups: BindGroups;
  readonly #slots = new ArrayBuffer(SLOTS * SLOT_BYTES);
  readonly #slotView = new DataView(this.#slots);
  readonly #timer: SpanTimer | null;

  /** Opens a device. Throws QS-GPU-01 without WebGPU and QS-GPU-02 without an adapter. */
  static async open(provider: GPU | undefined, options: OpenOptions = {}): Promise<Gpu> {
    if (!provider) {
      throw new StudioError('QS-GPU-01', 'There is no WebGPU here: use current Chrome, Edge, Safari 26 or Firefox.');
    }
    const adapter = await provider.requestAdapter({ powerPreference: 'high-performance' }).catch((error: unknown) => {
      // Firefox has the interface even where it has no WebGPU yet, and says so only when it is asked.
      throw new StudioError(
        'QS-GPU-01',
        `There is no WebGPU here (the browser says: ${sentenceOf(error).replace(/\.$/, '')}): use current Chrome, Edge, Safari 26 or Firefox.`,
      );
    });
    if (!adapter) {
      throw new StudioError(
        'QS-GPU-02',
        'WebGPU is here, but no graphics adapter answered (hardware acceleration may be off, or the driver blocked): switch it on, or set QUANTELIER_GPU=software on the command line.',
      );
    }
    const device = await adapter.requestDevice({
      requiredLimits: options.limits === 'default' ? {} : raisedLimits(adapter),
      requiredFeatures: wantedFeatures(adapter),
    });
    return new Gpu(device, adapter.info);
  }

  private constructor(
    readonly device: GPUDevice,
    info: GPUAdapterInfo,
  ) {
    this.description = describeAdapter(device, info);
    // By what the adapter declares and by nothing measured: the order of sums follows from it, and must be the same tomorrow.
    this.lanes = this.description.software ? 32 : 64;
    this.buffers = new BufferPool(device);
    this.pipelines = new PipelineCache(device);
    this.#uniforms = device.createBuffer({ size: SLOTS * SLOT_BYTES, usage: 0x40 | 0x8, label: 'uniform ring' });
    this.#groups = new BindGroups(device, { buffer: this.#uniforms, size: SLOT_BYTES });
    this.#timer = device.features.has('timestamp-query') ? new SpanTimer(device) : null;
    this.lost = device.lost.then((lossInfo) => {
      this.#loss = new StudioError(
        'QS-GPU-04',
        `The GPU was ${lossInfo.reason === 'destroyed' ? 'closed' : 'reset'} while it was at work${lossInfo.message ? ` (${lossInfo.message.trim()})` : ''}.`,
        { reason: lossInfo.reason },
      );
      return this.#loss;
    });
    device.onuncapturederror = (event) => {
      // The first failure is the cause; what follows it is noise.
      this.#failure ??=
        'GPUOutOfMemoryError' in globalThis && event.error instanceof GPUOutOfMemoryError
          ? new StudioError(
              'QS-GPU-05',
              `Out of GPU memory: use fewer or shorter windows, or close other tabs (${event.error.message.trim()}).`,
            )
          : new StudioError('QS-APP-01', `bug: the GPU refused a command: ${event.error.message}`);
    };
  }

  /** Adds one launch to the open batch. */
  launch(kernel: Kernel, launch: Launch): void {
    this.#throwIfBroken();
    const work = launch.work ?? 0;
    if (this.#launches === SLOTS || (this.#launches > 0 && this.#pendingWork + work > this.workBudget)) this.flush();
    const { pipeline, layout } = this.pipelines.get(kernel, launch.overrides ?? {});
    const slot = this.#launches * SLOT_BYTES;
    packParams(kernel, launch.params, this.#slotView, slot);
    this.#encoder ??= this.device.createCommandEncoder();
    this.#pass ??= this.#encoder.beginComputePass(this.#timer?.passDescriptor());
    this.#pass.setPipeline(pipeline);
    this.#pass.setBindGroup(0, this.#groups.get(layout, launch.buffers), [slot]);
    this.#pass.dispatchWorkgroups(launch.grid[0], launch.grid[1] ?? 1, launch.grid[2] ?? 1);
    this.#launches++;
    this.#pendingWork += work;
  }

  /** Copies bytes between buffers, in order with the launches. */
  copy(from: GPUBuffer, fromOffset: number, to: GPUBuffer, toOffset: number, bytes: number): void {
    this.#throwIfBroken();
    this.#pass?.end();
    this.#pass = null;
    this.#encoder ??= this.device.createCommandEncoder();
    this.#encoder.copyBufferToBuffer(from, fromOffset, to, toOffset, bytes);
  }

  /** Sets bytes of a buffer to zero, in order with the launches. */
  clear(buffer: GPUBuffer, offset = 0, bytes = buffer.size): void {
    this.#throwIfBroken();
    this.#pass?.end();
    this.#pass = null;
    this.#encoder ??= this.device.createCommandEncoder();
    this.#encoder.clearBuffer(buffer, offset, bytes);
  }

  /** Writes host data into a buffer, after everything launched so far. */
  write(buffer: GPUBuffer, data: ArrayBufferView<ArrayBuffer>, offset = 0): void {
    this.flush();
    this.device.queue.writeBuffer(buffer, offset, data.buffer, data.byteOffset, data.byteLength);
  }

  /** Submits the open batch. */
  flush(): void {
    this.#throwIfBroken();
    this.#pass?.end();
    if (this.#launches > 0)
      this.device.queue.writeBuffer(this.#uniforms, 0, this.#slots, 0, this.#launches * SLOT_BYTES);
    if (this.#encoder) this.device.queue.submit([this.#encoder.finish()]);
    this.#encoder = null;
    this.#pass = null;
    this.#launches = 0;
    this.#pendingWork = 0;
    this.buffers.destroyRetired();
  }

  /** Waits until everything launched so far is done. */
  async settle(): Promise<void> {
    this.flush();
    await this.device.queue.onSubmittedWorkDone();
    this.#throwIfBroken();
  }

  /** Reads bytes back: one staging buffer for all ranges, one wait. Ranges are returned in order, each a fresh copy. */
  async read(...ranges: readonly ReadRange[]): Promise<ArrayBuffer[]> {
    const sizes = ranges.map((range) => range.bytes ?? range.buffer.size);
    const total = sizes.reduce((sum, bytes) => sum + align4(bytes), 0);
    if (total === 0) return ranges.map(() => new ArrayBuffer(0));
    this.#readbacks++;
    const staging = this.device.createBuffer({ size: total, usage: 0x1 | 0x8, label: 'readback' });
    let at = 0;
    ranges.forEach((range, i) => {
      this.copy(range.buffer, range.offset ?? 0, staging, at, align4(sizes[i]));
      at += align4(sizes[i]);
    });
    this.flush();
    try {
      await staging.mapAsync(0x1);
    } catch (error) {
      staging.destroy();
      if (this.#loss === null && /lost|destroyed/i.test(sentenceOf(error))) throw await this.lost;
      this.#throwIfBroken();
      throw error;
    }
    const mapped = staging.getMappedRange();
    at = 0;
    const copies = sizes.map((bytes) => {
      const copy = mapped.slice(at, at + bytes);
      at += align4(bytes);
      return copy;
    });
    staging.unmap();
    staging.destroy();
    this.#throwIfBroken();
    return copies;
  }

  /** How often the host has waited for something of the GPU's so far. */
  get readbacks(): number {
    return this.#readbacks;
  }

  /**
   * Runs `body`, which may ask for more memory than there is, or for more in one buffer than is allowed, on its own until the GPU is
   * done. Null where it did: then
   * everything that `body` acquired is given up, and the device works as before. Nothing of it may be used afterwards.
   */
  async attempt<T>(body: () => T | Promise<T>): Promise<T | null> {
    await this.settle();
    const { device } = this;
    this.buffers.beginTrial();
    // Commands on a buffer that could not be had are invalid themselves.
    for (const filter of ['out-of-memory', 'validation'] as const) device.pushErrorScope(filter);
    let outcome: { readonly value: T } | { readonly error: unknown };
    try {
      const value = await body();
      await this.settle();
      outcome = { value };
    } catch (error) {
      outcome = { error };
    }
    const [invalid, exhausted] = [await device.popErrorScope(), await device.popErrorScope()];
    const refused = 'error' in outcome && isStudioError(outcome.error) && /^QS-GPU-0[35]$/.test(outcome.error.code);
    const failed = exhausted !== null || refused;
    if (failed) await this.#drop();
    this.buffers.endTrial(failed);
    if (failed) return null;
    if (invalid) throw new StudioError('QS-APP-01', `bug: the GPU refused a command: ${invalid.message}`);
    if ('error' in outcome) throw outcome.error;
    return outcome.value;
  }

  /** Runs `body`, and says how long it kept the GPU (timestamps, where the adapter has them) and the clock. */
  async timed<T>(body: () => Promise<T> | T): Promise<{ value: T; span: Span }> {
    await this.settle();
    this.#timer?.start();
    const begin = performance.now();
    const value = await body();
    await this.settle();
    const wallMs = performance.now() - begin;
    return { value, span: { wallMs, gpuMs: this.#timer ? await this.#timer.stop() : null } };
  }

  /** Sets the work budget from a measured rate so that one dispatch stays near `targetMs`. */
  setRate(flopPerSecond: number, targetMs = 60): void {
    this.workBudget = Math.max(FIRST_WORK_BUDGET, (flopPerSecond * targetMs) / 1000);
  }

  /** True once the device is lost or has refused a command: it is to be closed and another one opened. */
  get broken(): boolean {
    return this.#loss !== null || this.#failure !== null;
  }

  /** Closes the device; `lost` then resolves with reason 'destroyed'. */
  destroy(): void {
    this.device.destroy();
  }

  /** Gives up what is recorded and not submitted yet, and waits for the rest. */
  async #drop(): Promise<void> {
    this.#pass?.end();
    this.#encoder = null;
    this.#pass = null;
    this.#launches = 0;
    this.#pendingWork = 0;
    await this.settle();
  }

  #throwIfBroken(): void {
    if (this.#loss) throw this.#loss;
    if (this.#failure) throw this.#failure;
  }
}

export interface ReadRange {
  readonly buffer: GPUBuffer;
  readonly offset?: number;
  readonly bytes?: number;
}

function align4(bytes: number): number {
  return Math.ceil(bytes / 4) * 4;
}
