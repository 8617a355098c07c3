/** The machine under the studio: its GPU and the browser's storage. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { EngineApi, GpuDescription, StorageState } from '../worker/protocol';
import { failureOf, type Failure } from './failure';
import { persistIn, type Persistence } from './persist';

export interface DeviceState {
  readonly gpu:
    | { readonly state: 'unknown' | 'opening' }
    | { readonly state: 'ready'; readonly description: GpuDescription }
    | { readonly state: 'none'; readonly failure: Failure };
  readonly storage: StorageState | null;
  /** What the browser answered when it was asked to keep the data; null before. */
  readonly persistAnswer: boolean | null;
  /** The person has read that methods cannot run here. */
  readonly noticed: boolean;
  notice(): void;
  openGpu(): Promise<void>;
  refreshStorage(): Promise<void>;
  persist(): Promise<void>;
}

export type DeviceStore = StoreApi<DeviceState>;

/** `session` remembers, as long as the tab is open, that the person has read it. */
export function createDevice(engine: EngineApi, session: Persistence = persistIn(null)): DeviceStore {
  return createStore<DeviceState>()((set, get) => ({
    gpu: { state: 'unknown' },
    storage: null,
    persistAnswer: null,
    noticed: session.read('no-gpu-noticed') === true,
    notice() {
      session.write('no-gpu-noticed', true);
      set({ noticed: true });
    },
    async openGpu() {
      if (get().gpu.state === 'opening') return;
      set({ gpu: { state: 'opening' } });
      try {
        set({ gpu: { state: 'ready', description: await engine.describeGpu() } });
      } catch (error) {
        set({ gpu: { state: 'none', failure: failureOf(error) } });
      }
    },
    async refreshStorage() {
      try {
        set({ storage: await engine.storage() });
      } catch {
        // Some browsers refuse the estimate; the chip then stays away.
        set({ storage: null });
      }
    },
    async persist() {
      try {
        set({ persistAnswer: await engine.persist() });
      } catch {
        set({ persistAnswer: false });
      }
      await get().refreshStorage();
    },
  }));
}

/** 'Apple M3' or 'SwiftShader': the shortest name that says which adapter it is. Some browsers, Firefox among them, give none. */
export function adapterName(gpu: GpuDescription): string {
  return nameGiven(gpu) ?? 'unnamed adapter';
}

export function isUnnamed(gpu: GpuDescription): boolean {
  return nameGiven(gpu) === null;
}

function nameGiven(gpu: GpuDescription): string | null {
  const parts = [gpu.description, [gpu.vendor, gpu.device || gpu.architecture].filter(Boolean).join(' ')];
  return parts.find((part) => part.trim() !== '')?.trim() ?? null;
}
