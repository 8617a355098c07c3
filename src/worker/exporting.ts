/** Exports of a stored run as Blobs, each re-read before it is offered. */
import {
  assertFormatFits,
  rowExportOf,
  weightFiles,
  type Checkpoint,
  type ExportFile,
  type RowExport,
  type RunStore,
} from '../engine';
import { isStudioError } from '../base/errors';
import { blobSource } from '../checkpoint/bytes';
import { faceOf } from '../method/catalogue';
import { formatsOf } from '../run/formats';
import type { RunRecord } from '../storage/runs';
import type { ExportedFile, ExportKind, ExportRefusals } from './protocol';
import type { ExportSource } from './export-source';

/** Builds the files of one kind. Throws QS-RUN-01 while layers are missing. */
export async function exportRun(
  { record, store }: ExportSource,
  row: number,
  kind: ExportKind,
  checkpointOf: (key: string) => Promise<Checkpoint>,
): Promise<ExportedFile[]> {
  const source = await rowExport(record, store, row, await checkpointOf(record.modelKey));
  const { files, notes, verify } = await weightFiles(kind, source);
  const blobs = await Promise.all(files.map(async (file) => ({ name: file.name, blob: await blobOf(file) })));
  const [weights] = blobs;
  const largest = await verify(blobSource(weights.blob, weights.name));
  return blobs.map(({ name, blob }) =>
    name === weights.name ? { name, blob, largestDifference: largest, notes } : { name, blob, largestDifference: null },
  );
}

/** The formats of a row's family that cannot hold it, each with its sentence. */
export async function refusalsOf(
  { record, store }: ExportSource,
  row: number,
  checkpointOf: (key: string) => Promise<Checkpoint>,
): Promise<ExportRefusals> {
  const source = await rowExport(record, store, row, await checkpointOf(record.modelKey));
  const refused = formatsOf(faceOf(source.method).family).flatMap((format): [ExportKind, string][] => {
    try {
      assertFormatFits(format, source.linears, source, source.keepUnfit);
      return [];
    } catch (error) {
      if (!isStudioError(error)) throw error;
      return [[format, error.message]];
    }
  });
  return Object.fromEntries(refused);
}

function rowExport(record: RunRecord, store: RunStore, row: number, checkpoint: Checkpoint): Promise<RowExport> {
  // There is nobody to ask in the middle of it: layers that do not fit are kept dense, and the result says which.
  return rowExportOf(checkpoint, record.recipe, row, store, { keepUnfit: true });
}

async function blobOf(file: ExportFile): Promise<Blob> {
  const parts: BlobPart[] = [];
  for await (const chunk of file.chunks()) parts.push(chunk as Uint8Array<ArrayBuffer>);
  return new Blob(parts, { type: 'application/octet-stream' });
}
