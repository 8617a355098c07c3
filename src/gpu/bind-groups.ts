/**
 * Bind groups by layout and buffers. A column loop or the next layer launches the same kernels on the same pooled buffers over and over,
 * and making a group costs the host more than all the rest of a launch. A destroyed buffer is never handed out again, so a group that
 * holds one is never asked for; all are let go once there are many, and those in use come back.
 */

/** About a kilobyte each; a stage of a block needs some hundred. */
const MOST_GROUPS = 4096;

export class BindGroups {
  readonly #groups = new Map<string, GPUBindGroup>();
  readonly #numbers = new WeakMap<GPUBuffer | GPUBindGroupLayout, number>();
  #given = 0;

  constructor(
    private readonly device: GPUDevice,
    /** At binding 0 of every group. */
    private readonly params: GPUBufferBinding,
  ) {}

  /** The group that binds `buffers` from 1 on. */
  get(layout: GPUBindGroupLayout, buffers: readonly GPUBuffer[]): GPUBindGroup {
    let key = `${this.#numberOf(layout)}`;
    for (const buffer of buffers) key += `,${this.#numberOf(buffer)}`;
    const known = this.#groups.get(key);
    if (known) return known;
    const group = this.device.createBindGroup({
      layout,
      entries: [
        { binding: 0, resource: this.params },
        ...buffers.map((buffer, i) => ({ binding: i + 1, resource: { buffer } })),
      ],
    });
    if (this.#groups.size >= MOST_GROUPS) this.#groups.clear();
    this.#groups.set(key, group);
    return group;
  }

  #numberOf(object: GPUBuffer | GPUBindGroupLayout): number {
    const known = this.#numbers.get(object);
    if (known !== undefined) return known;
    this.#numbers.set(object, ++this.#given);
    return this.#given;
  }
}
