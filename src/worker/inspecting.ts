/**
 * The page's looks into files: a stored model, or files that are only looked at, which stay where they are on the disk and are forgotten with
 * the tab. One long look at a time; the next one, or leaving, ends it. Figures of tensors are kept by model and tensor, those
 * of stored models over reloads too; they go when files come anew, since a fingerprint does not see every byte.
 */
import { openCheckpoint, type Checkpoint, type Gpu } from '../engine';
import { StudioError } from '../base/errors';
import { blobSource } from '../checkpoint/bytes';
import { fingerprintOf } from '../checkpoint/fingerprint';
import type { TensorInfo } from '../checkpoint/tensors';
import { checkAll, tensorIn, type CheckReport, type Finding } from '../inspect/check';
import { compareValues, headerDifferences, type HeaderDifference, type ValueDifference } from '../inspect/difference';
import { GpuScanner } from '../inspect/gpu-scanner';
import { hostScanner } from '../inspect/host-scanner';
import { listingOf } from '../inspect/listing';
import { STATISTICS_VERSION, statisticsOf, type TensorStatistics } from '../inspect/statistics';
import { windowOf, type ValueWindow } from '../inspect/values';
import type { Watch } from '../inspect/watch';
import type { FiguresKeeper } from '../storage/inspected';
import type { Inspected, LookProgress } from './protocol';

/** What keys of files that are not stored begin with. */
const LOOSE = 'file-';
const isLoose = (key: string) => key.startsWith(LOOSE);
/** Opened checkpoints, and figures of tensors, that are kept. */
const MOST_OPEN = 8;
const MOST_FIGURES = 200;

type OnProgress = (progress: LookProgress) => void;

export class Inspector {
  readonly #open = new Map<string, Promise<Checkpoint>>();
  readonly #figures = new Map<string, TensorStatistics>();
  #leaving: AbortController | null = null;

  constructor(
    private readonly openStored: (key: string) => Promise<Checkpoint>,
    /** The GPU where there is one that is not at work; else the host counts. */
    private readonly idleGpu: () => Promise<Gpu | null>,
    private readonly kept: FiguresKeeper,
  ) {}

  async files(files: readonly { path: string; file: Blob }[]): Promise<Inspected> {
    const checkpoint = await openCheckpoint(files.map(({ path, file }) => blobSource(file, path)));
    const key = `${LOOSE}${(await fingerprintOf(checkpoint)).slice(0, 24)}`;
    this.#drop((known) => known === key);
    this.#keep(key, Promise.resolve(checkpoint));
    return { key, ...listingOf(checkpoint) };
  }

  async model(key: string): Promise<Inspected> {
    return { key, ...listingOf(await this.#checkpoint(key)) };
  }

  async window(key: string, tensor: string, row: number, col: number): Promise<ValueWindow> {
    return windowOf(tensorIn(await this.#checkpoint(key), tensor), row, col);
  }

  async tensor(key: string, tensor: string, onProgress: OnProgress): Promise<TensorStatistics> {
    const id = JSON.stringify([key, tensor]);
    const known = this.#figures.get(id);
    if (known) return known;
    return this.#look(onProgress, async (watch) => {
      const info = tensorIn(await this.#checkpoint(key), tensor);
      const stored = await this.#stored(key, info);
      if (stored) return this.#remember(id, stored);
      const gpu = await this.idleGpu();
      const figures = await statisticsOf(info, gpu ? new GpuScanner(gpu) : hostScanner, watch);
      // Without room, or where storing is forbidden, the next reload counts again.
      if (!isLoose(key)) void this.kept.keep(key, tensor, STATISTICS_VERSION, figures).catch(() => undefined);
      return this.#remember(id, figures);
    });
  }

  /** As they were counted before; null where they were not, or the tensor is another by now. */
  async #stored(key: string, { name, dtype, shape }: TensorInfo): Promise<TensorStatistics | null> {
    // Files on the disk may have changed since.
    if (isLoose(key)) return null;
    const load = this.kept.load(key, name, STATISTICS_VERSION);
    const found = (await load.catch(() => null)) as TensorStatistics | null;
    return found?.dtype === dtype && JSON.stringify(found.shape) === JSON.stringify(shape) ? found : null;
  }

  #remember(id: string, figures: TensorStatistics): TensorStatistics {
    this.#figures.set(id, figures);
    if (this.#figures.size > MOST_FIGURES) this.#figures.delete([...this.#figures.keys()][0]);
    return figures;
  }

  check(key: string, onProgress: OnProgress, onFinding: (finding: Finding) => void): Promise<CheckReport> {
    return this.#look(onProgress, async (watch) => checkAll(await this.#checkpoint(key), watch, onFinding));
  }

  async headers(key: string, other: string): Promise<HeaderDifference[]> {
    const [a, b] = await Promise.all([this.#checkpoint(key), this.#checkpoint(other)]);
    return headerDifferences(a, b);
  }

  values(
    key: string,
    other: string,
    onProgress: OnProgress,
    onDifference: (difference: ValueDifference) => void,
  ): Promise<ValueDifference[]> {
    return this.#look(onProgress, async (watch) => {
      const [a, b] = await Promise.all([this.#checkpoint(key), this.#checkpoint(other)]);
      return compareValues(a, b, onDifference, watch);
    });
  }

  leave(): void {
    this.#leaving?.abort();
    this.#leaving = null;
  }

  /** What was opened of a stored model that has changed. */
  forget(): void {
    this.#drop((key) => !isLoose(key));
  }

  #drop(of: (key: string) => boolean): void {
    for (const key of this.#open.keys()) if (of(key)) this.#open.delete(key);
    for (const id of this.#figures.keys()) if (of((JSON.parse(id) as [string])[0])) this.#figures.delete(id);
  }

  /** Ends the look before, and this one where it is left. */
  async #look<T>(onProgress: OnProgress, work: (watch: Watch) => Promise<T>): Promise<T> {
    this.leave();
    const leaving = new AbortController();
    this.#leaving = leaving;
    let said = 0;
    const watch: Watch = {
      signal: leaving.signal,
      onProgress: (done, total) => {
        // Ten times a second is as often as anybody looks.
        if (performance.now() - said < 100) return;
        said = performance.now();
        onProgress({ done, total });
      },
    };
    try {
      return await work(watch);
    } catch (error) {
      if (!leaving.signal.aborted) throw error;
      throw new StudioError('QS-RUN-01', 'The look at this file was left before it was done: ask for it again.');
    } finally {
      if (this.#leaving === leaving) this.#leaving = null;
    }
  }

  #checkpoint(key: string): Promise<Checkpoint> {
    const known = this.#open.get(key);
    if (known) return known;
    if (isLoose(key)) {
      throw new StudioError(
        'QS-STO-03',
        'These files were only looked at and are not stored, so this page no longer has them: choose them again.',
      );
    }
    const opening = this.openStored(key);
    opening.catch(() => this.#open.delete(key));
    this.#keep(key, opening);
    return opening;
  }

  #keep(key: string, checkpoint: Promise<Checkpoint>): void {
    this.#open.delete(key);
    this.#open.set(key, checkpoint);
    if (this.#open.size > MOST_OPEN) this.#open.delete([...this.#open.keys()][0]);
  }
}
