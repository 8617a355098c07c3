/**
 * One readback for several askers: what is to be known of a layer comes in one piece, so that the host waits for the GPU once.
 */
import type { Gpu, ReadRange } from './gpu';

/** Something on the GPU that can be read back beside other things. */
export interface Readable<T> {
  readonly ranges: readonly ReadRange[];
  /** What the bytes of the ranges mean. */
  decode(bytes: readonly ArrayBuffer[]): T;
}

type Values<R extends readonly Readable<unknown>[]> = { [I in keyof R]: R[I] extends Readable<infer T> ? T : never };

/** Reads them all at once, in order. */
export async function readTogether<R extends readonly Readable<unknown>[]>(gpu: Gpu, ...asked: R): Promise<Values<R>> {
  const all = joined(...asked);
  return all.decode(await gpu.read(...all.ranges));
}

/** Several as one. */
export function joined<R extends readonly Readable<unknown>[]>(...parts: R): Readable<Values<R>> {
  return {
    ranges: parts.flatMap(({ ranges }) => ranges),
    decode(bytes) {
      let at = 0;
      return parts.map((one) => one.decode(bytes.slice(at, (at += one.ranges.length)))) as Values<R>;
    },
  };
}

/** What the host knows already. */
export function known<T>(value: T): Readable<T> {
  return { ranges: [], decode: () => value };
}
