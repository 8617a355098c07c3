/** The person's settings. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Persistence } from './persist';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface SettingsState {
  readonly theme: Theme;
  /** Whether single keys work where nothing has the focus that they belong to. */
  readonly singleKeys: boolean;
  setTheme(theme: Theme): void;
  setSingleKeys(on: boolean): void;
}

export type SettingsStore = StoreApi<SettingsState>;

export function createSettings(persistence: Persistence): SettingsStore {
  const stored = persistence.read('theme');
  return createStore<SettingsState>()((set) => ({
    theme: THEMES.find((theme) => theme === stored) ?? 'system',
    setTheme(theme) {
      persistence.write('theme', theme);
      set({ theme });
    },
    singleKeys: persistence.read('single-keys') !== false,
    setSingleKeys(on) {
      persistence.write('single-keys', on);
      set({ singleKeys: on });
    },
  }));
}
