/**
 * A table of rows that are looked up by number on the host (token embedding, learned positions): only the rows that are asked for are
 * read, by byte range, and nothing but them goes to the GPU. A small table is read once and kept.
 */
import type { WeightSource } from './model';

/** F32 bytes up to which a table is kept in host memory. */
const KEPT_BYTES = 64 * 2 ** 20;
/** Bytes between two wanted rows that are read along rather than left out: a range of its own costs more. */
const GAP_BYTES = 2 ** 16;
/** F32 bytes read at once. */
const RANGE_BYTES = 8 * 2 ** 20;

export class HostTable {
  private constructor(
    private readonly source: WeightSource,
    private readonly name: string,
    readonly rows: number,
    readonly cols: number,
    private readonly values: Float32Array | null,
  ) {}

  /** Reads the table where it takes at most `keptBytes`. */
  static async open(
    source: WeightSource,
    name: string,
    rows: number,
    cols: number,
    keptBytes = KEPT_BYTES,
  ): Promise<HostTable> {
    const values = rows * cols * 4 <= keptBytes ? await source.read(name) : null;
    if (values && values.length !== rows * cols) {
      throw new Error(`bug: ${values.length} values of ${name} for ${rows} × ${cols}`);
    }
    return new HostTable(source, name, rows, cols, values);
  }

  /** Row ids[i] in row i: ids.length × cols. Ids must be below `rows`. */
  async gather(ids: Uint32Array): Promise<Float32Array<ArrayBuffer>> {
    const { cols, values } = this;
    const out = new Float32Array(ids.length * cols);
    if (values) {
      ids.forEach((id, place) => out.set(values.subarray(id * cols, (id + 1) * cols), place * cols));
      return out;
    }
    const wanted = [...ids.keys()].sort((a, b) => ids[a] - ids[b]);
    for (let from = 0; from < wanted.length;) {
      const past = this.#endOfRange(ids, wanted, from);
      const first = ids[wanted[from]];
      const range = await this.source.readRange(this.name, first * cols, (ids[wanted[past - 1]] + 1) * cols);
      for (const place of wanted.slice(from, past)) {
        const at = (ids[place] - first) * cols;
        out.set(range.subarray(at, at + cols), place * cols);
      }
      from = past;
    }
    return out;
  }

  /** Where in `wanted` a range that begins with number `from` ends. */
  #endOfRange(ids: Uint32Array, wanted: readonly number[], from: number): number {
    const rowBytes = this.cols * 4;
    let past = from + 1;
    while (past < wanted.length) {
      const [before, next] = [ids[wanted[past - 1]], ids[wanted[past]]];
      const gap = (next - before - 1) * rowBytes;
      if (gap > GAP_BYTES || (next - ids[wanted[from]] + 1) * rowBytes > RANGE_BYTES) break;
      past++;
    }
    return past;
  }
}
