/**
 * Ctrl-C and a request to end (SIGINT, SIGTERM). Work that can stop at a safe point asks to be told; then the first signal stops it there,
 * and a second one ends the program at once. Where nothing asks, the first one does.
 */
import type { Exit } from './exit-codes';
import { EXITS } from './exit-codes';

const SIGNALS = { SIGINT: 'interrupted', SIGTERM: 'terminated' } as const satisfies Record<string, Exit>;
type Signal = keyof typeof SIGNALS;

/** A signal comes to a whole group of programs, and a parent passes it on: what follows at once is the same one, in milliseconds. */
const SAME_SIGNAL = 500;

export class Interruption {
  #stop: ((exit: Exit) => void) | null = null;
  #exit: Exit | null = null;
  #at = -Infinity;

  constructor(
    private readonly leave: (code: number) => void,
    private readonly now: () => number = () => performance.now(),
  ) {}

  /** How the program was asked to end; null: it was not. */
  get asked(): Exit | null {
    return this.#exit;
  }

  listen(target: { on(signal: Signal, listener: () => void): unknown }): void {
    for (const signal of Object.keys(SIGNALS) as Signal[]) target.on(signal, () => this.note(signal));
  }

  note(signal: Signal): void {
    const again = this.#exit !== null;
    if (again && this.now() - this.#at < SAME_SIGNAL) return;
    this.#at = this.now();
    this.#exit ??= SIGNALS[signal];
    if (this.#stop === null || again) this.leave(EXITS[this.#exit].code);
    else this.#stop(this.#exit);
  }

  /** Does work that `stop` can bring to a safe end. */
  async during<T>(stop: (exit: Exit) => void, work: () => Promise<T>): Promise<T> {
    this.#stop = stop;
    try {
      return await work();
    } finally {
      this.#stop = null;
    }
  }
}
