/**
 * One process at a time works in a folder. The lock is a file with the process's number and when it began: one that was left by a process
 * that was killed is taken over, also where the system has given its number to another.
 */
import { mkdir, open, readFile, rm } from 'node:fs/promises';
import { readFileSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import { StudioError } from '../../base/errors';

export interface Lock {
  release(): Promise<void>;
}

/** Throws QS-RUN-03 where another process that is alive holds it. */
export async function lockFile(path: string): Promise<Lock> {
  await mkdir(dirname(path), { recursive: true });
  for (let tries = 0; ; tries++) {
    try {
      const file = await open(path, 'wx');
      await file.writeFile(`${process.pid} ${beganAt(process.pid) ?? ''}\n`);
      await file.close();
      const leave = () => rmSync(path, { force: true });
      // A program that ends in order leaves no lock, wherever it does.
      process.once('exit', leave);
      return {
        async release() {
          process.off('exit', leave);
          await rm(path, { force: true });
        },
      };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST' || tries > 3) throw error;
    }
    const [pid, began] = (await readFile(path, 'utf8').catch(() => '')).trim().split(' ');
    if (isAlive(Number(pid), began)) {
      throw new StudioError(
        'QS-RUN-03',
        `Process ${pid} is at work in ${dirname(path)}: wait for it, end it, or choose another --out.`,
        { pid: Number(pid) },
      );
    }
    await rm(path, { force: true });
  }
}

function isAlive(pid: number, began: string | undefined): boolean {
  if (!Number.isInteger(pid) || pid <= 0 || pid === process.pid) return false;
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it is there, and another person's.
    if ((error as NodeJS.ErrnoException).code !== 'EPERM') return false;
  }
  const now = beganAt(pid);
  return now === null || !began || now === began;
}

/** When a process began, in ticks since the system did; null where the system does not tell (proc(5), stat, field 22). */
function beganAt(pid: number): string | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name, in parentheses, may hold blanks: fields are counted from behind it, where the third stands.
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? null;
  } catch {
    return null;
  }
}
