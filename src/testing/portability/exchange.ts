/** How the two processes of the portability test hand data to each other: JSON, in which bytes are base64. */

const MARK = '$bytes';

export function toText(value: unknown): string {
  return JSON.stringify(value, (_, inner: unknown) =>
    ArrayBuffer.isView(inner)
      ? {
          [MARK]: Buffer.from(inner.buffer, inner.byteOffset, inner.byteLength).toString('base64'),
          of: inner.constructor.name,
        }
      : typeof inner === 'number' && !Number.isFinite(inner)
        ? { [MARK]: String(inner), of: 'Number' }
        : inner,
  );
}

export function fromText<T>(text: string): T {
  return JSON.parse(text, (_, inner: unknown) => {
    if (typeof inner !== 'object' || inner === null || !(MARK in inner)) return inner;
    const { [MARK]: content, of } = inner as { [MARK]: string; of: string };
    if (of === 'Number') return Number(content);
    // A copy with a buffer of its own, so that views on it are aligned.
    const bytes = Uint8Array.from(Buffer.from(content, 'base64'));
    return of === 'Float32Array' ? new Float32Array(bytes.buffer) : bytes;
  }) as T;
}
