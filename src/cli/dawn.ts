/** WebGPU in Node: Dawn on the system's Vulkan driver, or on the one that VK_ICD_FILENAMES names. */
import { create, globals } from 'webgpu';
import { Gpu } from '../engine';
import { calmDawnPolling } from '../gpu/dawn-polling';

export async function openDawn(): Promise<Gpu> {
  Object.assign(globalThis, globals);
  calmDawnPolling();
  // No kernel relies on zeroed workgroup memory, and zeroing costs seconds a pipeline on software drivers. The provider must stay
  // reachable, or the process crashes.
  const provider = create(['enable-dawn-features=disable_workgroup_init']);
  (globalThis as { dawn?: GPU }).dawn = provider;
  return Gpu.open(provider, { limits: 'raised' });
}
