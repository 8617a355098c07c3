/**
 * Which limits and features the studio asks of an adapter, by name. Everything must also work at WebGPU's defaults
 * (128 MiB a binding, 256 invocations, 8 storage buffers): raising them only lets wider layers stay in one piece.
 */
export const RAISED_LIMITS = [
  'maxBufferSize',
  'maxStorageBufferBindingSize',
] as const satisfies readonly (keyof GPUSupportedLimits)[];

/** Used where present, never required. */
export const WANTED_FEATURES: readonly GPUFeatureName[] = ['timestamp-query'];

/** The limits to request: the adapter's own values of the named ones. */
export function raisedLimits(adapter: GPUAdapter): Record<string, number> {
  return Object.fromEntries(RAISED_LIMITS.map((name) => [name, adapter.limits[name]]));
}

export function wantedFeatures(adapter: GPUAdapter): GPUFeatureName[] {
  return WANTED_FEATURES.filter((name) => adapter.features.has(name));
}
