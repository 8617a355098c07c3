/**
 * Keeps the curves of a run's trainings in storage, so that they are there again after a reload: the one in work every few seconds, and
 * whenever something else happens in the run. Rows train one after another, so there is one in work at a time.
 */
import type { RunEvent } from '../engine';
import { growCurve, type TrainingCurve } from '../run/training-curve';
import { loadCurve, saveCurve } from '../storage/runs';

const KEEP_EVERY_MS = 2000;

export class CurveKeeper {
  #curve: TrainingCurve | null = null;
  #kept = true;
  #keptAt = 0;

  constructor(private readonly runId: string) {}

  async note(event: RunEvent): Promise<void> {
    if (event.type !== 'training') return this.keep();
    const { row, block, progress } = event;
    if (this.#curve?.row !== row || this.#curve.block !== block) {
      await this.keep();
      this.#curve = await loadCurve(this.runId, row, block);
      this.#keptAt = performance.now();
    }
    this.#curve = growCurve(this.#curve, { row, block }, [progress]);
    this.#kept = false;
    if (performance.now() - this.#keptAt >= KEEP_EVERY_MS) await this.keep();
  }

  /** Stores what is not stored yet. A disk that is full costs the curve and nothing else. */
  async keep(): Promise<void> {
    if (this.#kept || this.#curve === null) return;
    this.#kept = true;
    this.#keptAt = performance.now();
    await saveCurve(this.runId, this.#curve).catch(() => undefined);
  }
}
