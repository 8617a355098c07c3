/**
 * What is kept of a run beside its export until that is whole: `OUT/.quantelier-run/`, with the run's record (`run.json`), every finished
 * layer (disk-run-store.ts), a lock, and the export in the making (`export/`). A run with the same fingerprint goes on from it; another
 * one is refused, naming what differs.
 */
import { access, mkdir, readFile, rm, rmdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { parseRecipe, type Recipe } from '../../engine';
import { StudioError } from '../../base/errors';
import { recipeDifference } from '../../recipe/difference';
import { assertSame, type Fingerprint } from '../../run/fingerprint';
import { writeBytes } from '../write';
import { DiskRunStore } from './disk-run-store';
import { lockFile, type Lock } from './lock';

const KEPT_FOLDER = '.quantelier-run';
const RECORD_VERSION = 1;

/** auto: go on where something is kept, else begin; resume: something must be kept; fresh: forget what is kept. */
export type Start = 'auto' | 'resume' | 'fresh';

interface RunRecord {
  readonly version: typeof RECORD_VERSION;
  readonly fingerprint: Fingerprint;
  /** The adapter the run last worked on. */
  readonly adapter: string;
  /** For a person who looks: what is being made here. */
  readonly model: string;
  readonly rows: readonly string[];
  readonly layers: number;
  /** What was asked for, to say in what another run differs; records of older versions have none. */
  readonly recipe?: Recipe;
}

export type Wanted = Omit<RunRecord, 'version'>;

export class KeptRun {
  private constructor(
    readonly folder: string,
    private readonly lock: Lock,
    /** Whether the folder of the export was not there before. */
    private readonly madeOut: boolean,
    private readonly notice: (sentence: string) => void,
  ) {
    this.store = new DiskRunStore(folder, notice);
  }

  readonly store: DiskRunStore;

  static folderOf(out: string): string {
    return join(out, KEPT_FOLDER);
  }

  /** Where the export is made before it is put in its place. */
  get exportFolder(): string {
    return join(this.folder, 'export');
  }

  /**
   * Takes hold of what is kept beside an export, before anything is computed.
   * @throws QS-RUN-03 where another process works there, QS-RUN-01 where a run must go on and there is none
   */
  static async hold(out: string, start: Start, notice: (sentence: string) => void): Promise<KeptRun> {
    const folder = KeptRun.folderOf(out);
    if (start === 'resume' && (await readRecord(folder)) === null) {
      throw new StudioError('QS-RUN-01', `There is no run to resume in ${folder}: leave --resume out to begin one.`);
    }
    const first = await mkdir(folder, { recursive: true });
    const lock = await lockFile(join(folder, 'lock'));
    return new KeptRun(folder, lock, first !== undefined && first !== folder, notice);
  }

  /**
   * Begins the run, or finds it begun; the number of layers that are kept of it.
   * @throws QS-RUN-02 naming what differs from the run that is kept
   */
  async begin(wanted: Wanted, start: Start): Promise<number> {
    const known = start !== 'fresh' && (await this.#holdsWork()) ? await readRecord(this.folder) : null;
    if (known !== null) {
      try {
        assertSame(known.fingerprint, wanted.fingerprint, differenceOf(known.recipe, wanted.recipe));
      } catch (error) {
        if (!(error instanceof StudioError)) throw error;
        throw new StudioError(
          error.code,
          `${error.message.replace(/\.$/, '')}; give --fresh to drop the layers kept in ${this.folder}, or choose another --out.`,
          error.facts,
        );
      }
      if (known.adapter !== wanted.adapter) {
        this.notice(
          `This run was begun on ${known.adapter} and continues on ${wanted.adapter}: layers from here on may differ in their last digits.`,
        );
      }
    } else {
      // Without a record nobody knows which run its layers belong to.
      await this.#forget();
    }
    const record: RunRecord = { version: RECORD_VERSION, ...wanted };
    await writeBytes(join(this.folder, 'run.json'), new TextEncoder().encode(`${JSON.stringify(record, null, 1)}\n`));
    return this.store.count();
  }

  /** After the export is in its place. */
  async finish(keep: boolean): Promise<void> {
    if (!keep) await this.#forget();
    await this.release();
  }

  /** Lets go, and leaves what is kept; nothing where nothing was finished. */
  async release(): Promise<void> {
    if (!(await this.#holdsWork())) await this.#forget();
    await this.lock.release();
    // Each only where it is empty.
    await rmdir(this.folder).catch(() => undefined);
    if (this.madeOut) await rmdir(dirname(this.folder)).catch(() => undefined);
  }

  async #holdsWork(): Promise<boolean> {
    if ((await this.store.count()) > 0) return true;
    return access(join(this.folder, 'training.kept')).then(
      () => true,
      () => false,
    );
  }

  /** The record goes first: layers without one are never taken for a run's. */
  async #forget(): Promise<void> {
    for (const name of [
      'run.json',
      'run.json.part',
      'training.kept',
      'training.kept.part',
      'layers',
      'states',
      'export',
    ]) {
      await rm(join(this.folder, name), { recursive: true, force: true });
    }
  }
}

/** The record of a folder; null where there is none that can be read, which is a run that had not begun. */
/** Null where one of them is not known: a record on disk may say anything. */
function differenceOf(known: Recipe | undefined, wanted: Recipe | undefined): string | null {
  if (!known || !wanted) return null;
  try {
    return recipeDifference(parseRecipe(known), wanted);
  } catch (error) {
    if (error instanceof StudioError) return null;
    throw error;
  }
}

async function readRecord(folder: string): Promise<RunRecord | null> {
  const text = await readFile(join(folder, 'run.json'), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw error;
  });
  if (text === null) return null;
  try {
    const record = JSON.parse(text) as Partial<RunRecord> | null;
    const whole = record?.version === RECORD_VERSION && typeof record.fingerprint === 'object';
    return whole ? (record as RunRecord) : null;
  } catch {
    return null;
  }
}
