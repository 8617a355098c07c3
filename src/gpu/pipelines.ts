/**
 * Pipelines by kernel, entry point and override values, each with an explicit layout so that the driver can share identical ones.
 * The uniform block sits at a dynamic offset of one ring buffer (see gpu.ts).
 */
import type { Kernel } from './kernel';
import { shaderSource } from './shader-sources';

export interface Pipeline {
  readonly pipeline: GPUComputePipeline;
  readonly layout: GPUBindGroupLayout;
}

export class PipelineCache {
  readonly #modules = new Map<string, GPUShaderModule>();
  readonly #layouts = new Map<string, { bindGroup: GPUBindGroupLayout; pipeline: GPUPipelineLayout }>();
  readonly #pipelines = new Map<string, Pipeline>();
  /** The same by the kernel itself and its override values: what every launch asks. */
  readonly #byKernel = new WeakMap<Kernel, Map<string, Pipeline>>();

  constructor(private readonly device: GPUDevice) {}

  get size(): number {
    return this.#pipelines.size;
  }

  get(kernel: Kernel, overrides: Readonly<Record<string, number>>): Pipeline {
    let own = this.#byKernel.get(kernel);
    if (!own) this.#byKernel.set(kernel, (own = new Map<string, Pipeline>()));
    let values = '';
    for (const name of kernel.overrides ?? []) values += `${overrides[name]},`;
    const known = own.get(values);
    if (known) return known;
    const found = this.#find(kernel, overrides);
    own.set(values, found);
    return found;
  }

  #find(kernel: Kernel, overrides: Readonly<Record<string, number>>): Pipeline {
    const constants = Object.fromEntries(
      (kernel.overrides ?? []).flatMap((name) => (overrides[name] === undefined ? [] : [[name, overrides[name]]])),
    );
    const key = `${kernel.shader}:${kernel.entry}:${JSON.stringify(constants)}`;
    const known = this.#pipelines.get(key);
    if (known) return known;
    const layout = this.#layout(kernel);
    const pipeline = this.device.createComputePipeline({
      label: key,
      layout: layout.pipeline,
      compute: { module: this.#module(kernel.shader), entryPoint: kernel.entry, constants },
    });
    const made = { pipeline, layout: layout.bindGroup };
    this.#pipelines.set(key, made);
    return made;
  }

  #module(name: string): GPUShaderModule {
    const known = this.#modules.get(name);
    if (known) return known;
    const module = this.device.createShaderModule({ label: name, code: shaderSource(name) });
    this.#modules.set(name, module);
    return module;
  }

  #layout(kernel: Kernel) {
    const key = kernel.buffers.join(',');
    const known = this.#layouts.get(key);
    if (known) return known;
    const visibility = 0x4; // GPUShaderStage.COMPUTE
    const bindGroup = this.device.createBindGroupLayout({
      entries: [
        { binding: 0, visibility, buffer: { type: 'uniform' as const, hasDynamicOffset: true } },
        ...kernel.buffers.map((use, i) => ({
          binding: i + 1,
          visibility,
          buffer: { type: use === 'read' ? ('read-only-storage' as const) : ('storage' as const) },
        })),
      ],
    });
    const layout = { bindGroup, pipeline: this.device.createPipelineLayout({ bindGroupLayouts: [bindGroup] }) };
    this.#layouts.set(key, layout);
    return layout;
  }
}
