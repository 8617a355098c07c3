/** The person's settings. */
import { createStore, type StoreApi } from 'zustand/vanilla';
import type { Persistence } from './persist';

export const THEMES = ['system', 'light', 'dark'] as const;
export type Theme = (typeof THEMES)[number];

export interface SettingsState {
  readonly theme: Theme;
  setTheme(theme: Theme): void;
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
  }));
}
