/**
 * Side files of an export: everything beside the weights that is neither weights nor says how they are stored travels along, byte for
 * byte, under its path in the model's folder (config, tokenizer, chat template, licence, texts, …). What is left out is a list by role,
 * here and in src/checkpoint/folder.ts; there is no list of what is taken.
 */
import { readExactly, type ByteSource } from '../checkpoint/bytes';
import type { Checkpoint } from '../checkpoint/checkpoint';
import type { ExportFile } from './export-file';

/** Bytes of a side file in memory at a time. */
const PIECE_BYTES = 8 * 2 ** 20;

/** What this studio writes beside an export; found beside a source, it describes an earlier one. */
const OF_AN_EXPORT: readonly string[] = ['results.json', 'layers.csv'];

/**
 * @param written names of the files that the export brings itself
 * @param added paths of files that were laid beside the model for this run only
 */
export function sideFilesOf(
  { sideFiles, home }: Pick<Checkpoint, 'sideFiles' | 'home'>,
  written: readonly string[],
  added: readonly string[] = [],
): ExportFile[] {
  const left = new Set([...written, ...OF_AN_EXPORT]);
  return sideFiles
    .filter(({ name }) => !added.includes(name))
    .map((source) => ({ source, name: belowHome(source.name, home) }))
    .filter(({ name }) => name !== null && !left.has(name) && !name.split('/').includes('..'))
    .map(({ source, name }) => copyOf(source, name ?? source.name));
}

/** The path from the weights' folder on; null for what lies elsewhere. */
function belowHome(path: string, home: string): string | null {
  if (home === '') return path;
  return path.startsWith(`${home}/`) ? path.slice(home.length + 1) : null;
}

function copyOf(source: ByteSource, name: string): ExportFile {
  return {
    name,
    byteLength: source.size,
    async *chunks() {
      for (let at = 0; at < source.size; at += PIECE_BYTES) {
        yield await readExactly(source, at, Math.min(at + PIECE_BYTES, source.size));
      }
    },
  };
}
