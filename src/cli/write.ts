/** Files out of the command line: streamed beside their place and then renamed, so that a cut-off run leaves no half file. */
import { mkdir, open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';

export async function writeParts(path: string, parts: { chunks(): AsyncIterable<Uint8Array> }): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  const beside = `${path}.part`;
  const file = await open(beside, 'w');
  try {
    for await (const chunk of parts.chunks()) await file.writeFile(chunk);
    await file.close();
    await rename(beside, path);
  } catch (error) {
    await file.close().catch(() => undefined);
    await rm(beside, { force: true });
    throw error;
  }
}
