/**
 * Gives the tests a WebGPU provider: Dawn in Node, on whatever Vulkan driver the environment names (scripts/with-gpu.mjs).
 * No adapter is a failure, never a skip. It runs before each file, and files share a process: the first one opens it for all.
 */
import { create, globals } from 'webgpu';
import { calmDawnPolling } from '../dawn-polling';

// `disable_workgroup_init` saves seconds a pipeline on SwiftShader, and makes tests catch kernels that rely on zeroed memory.
// The provider must stay reachable, or the process crashes.
const holder = globalThis as { dawn?: GPU };
if (!holder.dawn) {
  holder.dawn = create(['enable-dawn-features=disable_workgroup_init']);
  Object.assign(globalThis, globals);
  calmDawnPolling();
}
