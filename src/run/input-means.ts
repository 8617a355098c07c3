/** Means over the calibration tokens of a stage's inputs, in the full-precision stream of a row's view and in the row's own. */
import type { RunRow } from '../recipe/rows';
import { ColumnObserver } from '../tensor/observers';
import type { InputStreams } from './stage-statistics';

export async function inputMeans(
  { states, streams, chunks }: InputStreams,
  row: RunRow,
): Promise<{ readonly full: Float32Array; readonly own: Float32Array }> {
  const [full, own] = await Promise.all(
    [streams.reference(row), streams.of(row)].map(async (stream) => {
      const observer = new ColumnObserver();
      try {
        for (const [c, { heldOut }] of chunks.entries()) {
          if (!heldOut) states.peekTap(stream, c, (x) => observer.add(x));
        }
        return (await observer.read()).mean;
      } finally {
        observer.release();
      }
    }),
  );
  return { full, own };
}
