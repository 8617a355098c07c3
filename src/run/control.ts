/**
 * The three buttons of a run. Pause takes effect at the end of a layer, cancel at the next safe point; both are asked for from
 * outside while the driver works.
 */
export class RunControl {
  #cancelled = false;
  #pausing = false;
  #wake: (() => void) | null = null;

  get cancelled(): boolean {
    return this.#cancelled;
  }

  get pausing(): boolean {
    return this.#pausing;
  }

  pause(): void {
    this.#pausing = true;
  }

  unpause(): void {
    this.#pausing = false;
    this.#wake?.();
  }

  cancel(): void {
    this.#cancelled = true;
    this.#wake?.();
  }

  /** Resolves when the pause is over, or the run cancelled. */
  async untilContinued(): Promise<void> {
    while (this.#pausing && !this.#cancelled) await new Promise<void>((wake) => (this.#wake = wake));
  }

  /** Throws Cancelled where the run should stop. */
  check(): void {
    if (this.#cancelled) throw new Cancelled();
  }
}

/** Unwinds the driver on cancel; never leaves it. */
export class Cancelled extends Error {
  constructor() {
    super('cancelled');
    this.name = 'Cancelled';
  }
}
