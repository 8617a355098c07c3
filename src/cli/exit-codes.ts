/**
 * What the command line's exit status says, and which status an error gets. One table: `help`, the README and the tests read it.
 */
import { asSentence, isStudioError, sentenceOf, type ErrorCode } from '../base/errors';

export const EXITS = {
  done: { code: 0, when: 'done' },
  failed: { code: 1, when: 'the work failed, or a fault of the studio itself' },
  usage: { code: 2, when: 'the command line or the recipe is refused' },
  input: { code: 3, when: 'a file is refused: damaged, incomplete, of another kind' },
  gpu: { code: 4, when: 'no GPU, too small a GPU, or one that was lost' },
  disk: { code: 5, when: 'a file cannot be written or read: disk full, no permission' },
  kept: { code: 6, when: 'what is kept of an earlier run belongs to another one, or is in use' },
  check: { code: 7, when: 'numbers failed a check: NaN, or an export that reads back otherwise' },
  interrupted: { code: 130, when: 'interrupted (Ctrl-C); what was finished is kept' },
  terminated: { code: 143, when: 'terminated; what was finished is kept' },
} as const satisfies Record<string, { code: number; when: string }>;

export type Exit = keyof typeof EXITS;

/** The middle of a code: GPU, FILE, … A family that is added to ErrorCode must be added to the table below to compile. */
type Family = ErrorCode extends infer Code ? (Code extends `QS-${infer Name}-${string}` ? Name : never) : never;

const FAMILIES: Readonly<Record<Family, Exit>> = {
  GPU: 'gpu',
  STO: 'disk',
  FILE: 'input',
  RUN: 'kept',
  NUM: 'check',
  RECIPE: 'usage',
  LINK: 'usage',
  APP: 'failed',
};

/** What Node calls a file system that refuses, and what that means for a person. */
const DISK: Readonly<Record<string, string>> = {
  ENOSPC: 'the disk is full: free some space and give the same command again',
  EDQUOT: 'your share of the disk is full: free some space and give the same command again',
  EACCES: 'there is no permission: choose another place or change its rights',
  EPERM: 'there is no permission: choose another place or change its rights',
  EROFS: 'the disk can only be read: choose another place',
  EIO: 'the disk failed: check it, or choose another place',
  EMFILE: 'too many files are open: raise the limit (ulimit -n)',
  ENFILE: 'too many files are open on this system: end other programs',
  EFBIG: 'the file would be larger than this disk allows: choose another place',
  ENOTDIR: 'a part of the path is a file and not a folder: choose another path',
  EEXIST: 'a file is where a folder is needed: choose another path',
  EISDIR: 'it is a folder, and a file is needed: choose another path',
  ENOENT: 'it does not exist, or was taken away meanwhile: check the path',
};

/** An error that says itself what the exit status is. */
export class ExitError extends Error {
  constructor(
    readonly exit: Exit,
    message: string,
  ) {
    super(message);
    this.name = 'ExitError';
  }
}

/** The command line as it was typed cannot be followed. */
export class UsageError extends ExitError {
  constructor(message: string) {
    super('usage', message);
    this.name = 'UsageError';
  }
}

/** The status that an error ends with. */
export function exitOf(error: unknown): Exit {
  if (error instanceof ExitError) return error.exit;
  if (isStudioError(error)) {
    const [, family] = error.code.split('-');
    return Object.hasOwn(FAMILIES, family) ? FAMILIES[family as Family] : 'failed';
  }
  return diskFault(error) === null ? 'failed' : 'disk';
}

/** The one sentence of any error. */
export function sentenceFor(error: unknown): string {
  const sentence = diskFault(error) ?? sentenceOf(error).split('\n')[0];
  return asSentence(sentence);
}

function diskFault(error: unknown): string | null {
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  if (!Object.hasOwn(DISK, error.code)) return null;
  const path = 'path' in error && typeof error.path === 'string' ? `"${error.path}"` : 'a file';
  return `${path} cannot be used, because ${DISK[error.code]}`;
}
