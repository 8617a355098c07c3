/** How whoever waits for a long look at a file sees how far it is, and leaves it. */

export interface Watch {
  /** Aborted where nobody waits any more: the work ends at its next step by throwing the signal's reason. */
  readonly signal?: AbortSignal;
  /** In values or bytes, whichever the work counts. */
  readonly onProgress?: (done: number, total: number) => void;
}

/** Says how far it is; throws where it was left. */
export function step({ signal, onProgress }: Watch, done: number, total: number): void {
  onProgress?.(done, total);
  signal?.throwIfAborted();
}
