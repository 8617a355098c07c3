/** Results files that were opened to be looked at, as they are: checked anew whenever they are read. */
import { keysOf, read, remove, write } from './database';

export interface KeptResultFile {
  /** What the route calls it; the same for the same contents. */
  readonly id: string;
  readonly name: string;
  /** ISO 8601. */
  readonly opened: string;
  readonly file: Blob;
}

/** They are there for a reload, not as a library. */
const MOST = 8;

/** Keeps a file, and lets go of those that were opened longest ago. */
export async function saveResultFile(kept: KeptResultFile): Promise<void> {
  await write('results', kept.id, kept);
  for (const { id } of (await resultFiles()).slice(MOST)) await remove('results', id);
}

/** Newest first. */
export async function resultFiles(): Promise<KeptResultFile[]> {
  const kept = await Promise.all((await keysOf('results')).map((key) => read<KeptResultFile>('results', key)));
  return kept.filter((one) => one !== undefined).sort((a, b) => (a.opened < b.opened ? 1 : -1));
}
