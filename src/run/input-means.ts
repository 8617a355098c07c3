/** Means over the calibration tokens of a stage's inputs, as steps are given them (step/step.ts). */
import type { RunRow } from '../recipe/rows';
import type { InputMeans } from '../step/step';
import type { Tensor } from '../tensor/tensor';
import { ColumnObserver } from '../tensor/observers';
import type { InputStreams } from './stage-statistics';

/** `kept`: whether the row's inputs before their quantizer are kept beside. */
export async function inputMeans(
  { states, streams, chunks }: InputStreams,
  row: RunRow,
  kept: boolean,
): Promise<InputMeans> {
  const meanOf = async (peek: (c: number, body: (x: Tensor) => void) => void) => {
    const observer = new ColumnObserver();
    try {
      for (const [c, { heldOut }] of chunks.entries()) {
        if (!heldOut) peek(c, (x) => observer.add(x));
      }
      return (await observer.read()).mean;
    } finally {
      observer.release();
    }
  };
  const [full, own] = await Promise.all(
    [streams.reference(row), streams.of(row)].map((stream) => meanOf((c, body) => states.peekTap(stream, c, body))),
  );
  const beside = kept ? await meanOf((c, body) => states.peekKeptTap(streams.of(row), c, body)) : own;
  return { full, own, beside };
}
