/**
 * What a run depends on, each part by itself, so that a refused resume can say which one differs.
 */
import { StudioError } from '../base/errors';
import type { Recipe } from '../recipe/recipe';
import { ENGINE_VERSION } from './version';

export interface Fingerprint {
  /** Of the checkpoint: src/checkpoint/fingerprint.ts. */
  readonly model: string;
  readonly recipe: string;
  /** Of what the recipe's texts or images came to. */
  readonly calibration: string;
  readonly version: string;
}

const PARTS: Readonly<Record<keyof Fingerprint, string>> = {
  model: 'the model’s files',
  recipe: 'the recipe',
  calibration: 'the calibration or held-out data',
  version: 'the studio’s engine',
};

export async function fingerprintRun(
  model: string,
  recipe: Recipe,
  inputs: readonly Uint8Array[],
): Promise<Fingerprint> {
  return {
    model,
    recipe: await sha256(new TextEncoder().encode(JSON.stringify(canonical(recipe)))),
    calibration: await sha256(...inputs),
    version: ENGINE_VERSION,
  };
}

/** Throws QS-RUN-02 naming what differs; `recipe`: in what the recipes do, where that is known (src/recipe/difference.ts). */
export function assertSame(stored: Fingerprint, now: Fingerprint, recipe: string | null = null): void {
  const parts = Object.keys(PARTS) as (keyof Fingerprint)[];
  const changed = parts.filter((part) => stored[part] !== now[part]);
  if (changed.length === 0) return;
  throw new StudioError(
    'QS-RUN-02',
    `This run cannot be resumed, because ${changed.map((part) => PARTS[part]).join(' and ')} changed since${recipe !== null && changed.includes('recipe') ? ` (${recipe})` : ''}: resuming would mix two runs.`,
    { changed: changed.join(',') },
  );
}

/** The same value with all object keys sorted: equal recipes have equal text. */
export function canonical(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(canonical);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, inner]) => [key, canonical(inner)]),
  );
}

async function sha256(...parts: Uint8Array[]): Promise<string> {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  const digest = await crypto.subtle.digest('SHA-256', whole);
  return Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
