/** What an adapter says of itself. Browsers may say nothing at all: Firefox gives no vendor, no name and no description. */

export interface GpuDescription {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  /** True for SwiftShader, llvmpipe and the like: no timing of it says anything about a real GPU. */
  readonly software: boolean;
  readonly features: readonly string[];
  readonly limits: Readonly<Record<string, number>>;
}

/** What the device says; `software` is what the adapter itself declares, which software-probe.ts goes beyond. */
export function describeAdapter(device: GPUDevice, info: GPUAdapterInfo): GpuDescription {
  const limits: Record<string, number> = {};
  // Limits are accessors on the prototype, invisible to Object.entries.
  for (const name in device.limits) {
    const value = device.limits[name as keyof GPUSupportedLimits];
    if (typeof value === 'number') limits[name] = value;
  }
  return {
    vendor: info.vendor,
    architecture: info.architecture,
    device: info.device,
    description: info.description,
    software: declaresSoftware(info),
    features: [...device.features].sort(),
    limits,
  };
}

/** A software adapter that says so, by WebGPU's flag for fallback adapters or by a name that is known. */
export function declaresSoftware(info: GPUAdapterInfo): boolean {
  const words = `${info.vendor} ${info.architecture} ${info.device} ${info.description}`.toLowerCase();
  return info.isFallbackAdapter === true || /swiftshader|llvmpipe|lavapipe|softpipe|basic render/.test(words);
}
