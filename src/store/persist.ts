/**
 * Small settings that outlive the tab: the theme, the last recipe, the last model. They go into localStorage, which is read
 * before the first paint; a browser that refuses it (private windows, policies) only loses the memory of them.
 */
export interface KeyValueStorage {
  getItem(key: string): string | null;
  setItem(key: string, value: string): void;
  removeItem(key: string): void;
}

const PREFIX = 'quantelier.1.';

export interface Persistence {
  /** The stored value, or null where there is none or it cannot be read. */
  read(key: string): unknown;
  /** Stores a value; null removes it. */
  write(key: string, value: unknown): void;
}

export function persistIn(storage: KeyValueStorage | null): Persistence {
  return {
    read(key) {
      try {
        const text = storage?.getItem(PREFIX + key) ?? null;
        return text === null ? null : (JSON.parse(text) as unknown);
      } catch {
        return null;
      }
    },
    write(key, value) {
      try {
        if (value === null) storage?.removeItem(PREFIX + key);
        else storage?.setItem(PREFIX + key, JSON.stringify(value));
      } catch {
        // Full or forbidden: the setting holds until the tab closes.
      }
    },
  };
}

/** The browser's storage that outlives the tab, or the one that goes with it; null where even naming it throws. */
export function browserStorage(kind: 'localStorage' | 'sessionStorage' = 'localStorage'): KeyValueStorage | null {
  try {
    return globalThis[kind] ?? null;
  } catch {
    return null;
  }
}
