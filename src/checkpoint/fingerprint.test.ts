import { describe, expect, it } from 'vitest';
import type { ByteSource } from './bytes';
import { openCheckpoint } from './checkpoint';
import { counted, safetensorsFile } from './testing';
import { fingerprintOf } from './fingerprint';

const entry = (dtype: string, length: number, begin: number, end: number) => ({
  dtype,
  shape: [length],
  data_offsets: [begin, end],
});
const ramp = (length: number) => Uint8Array.from({ length }, (_, i) => i * 7);
const fingerprint = async (...sources: ByteSource[]) => fingerprintOf(await openCheckpoint(sources));

describe('fingerprintOf', () => {
  it('is 64 hexadecimal digits and the same for the same model, however it is cut into files', async () => {
    const data = ramp(600_000);
    const whole = safetensorsFile(
      { b: entry('U8', 4e5, 0, 4e5), a: entry('U8', 2e5, 4e5, 6e5) },
      data,
      'whole.safetensors',
    );
    const one = safetensorsFile({ a: entry('U8', 2e5, 0, 2e5) }, data.subarray(4e5), '1.safetensors');
    const two = safetensorsFile({ b: entry('U8', 4e5, 0, 4e5) }, data.subarray(0, 4e5), '2.safetensors');
    expect(await fingerprint(whole)).toMatch(/^[0-9a-f]{64}$/);
    expect(await fingerprint(one, two)).toBe(await fingerprint(whole));
  });

  it('differs by name, dtype, shape and data', async () => {
    const variants = [
      safetensorsFile({ a: entry('F32', 4, 0, 16) }, ramp(16)),
      safetensorsFile({ b: entry('F32', 4, 0, 16) }, ramp(16)),
      safetensorsFile({ a: entry('I32', 4, 0, 16) }, ramp(16)),
      safetensorsFile({ a: { ...entry('F32', 4, 0, 16), shape: [2, 2] } }, ramp(16)),
      safetensorsFile({ a: entry('F32', 4, 0, 16) }, ramp(16).reverse()),
    ];
    expect(new Set(await Promise.all(variants.map((each) => fingerprint(each)))).size).toBe(variants.length);
  });

  it('covers the first and the last byte of a large model, and reads 256 KiB of it', async () => {
    const size = 2e6;
    const header = { a: entry('U8', size, 0, size) };
    const changed = (at: number) => {
      const data = ramp(size);
      data[at] ^= 1;
      return safetensorsFile(header, data);
    };
    const source = counted(safetensorsFile(header, ramp(size)));
    const original = await fingerprint(source);
    // The header, its first 32 bytes twice, and the slices.
    expect(source.total).toBe(source.size - size + 32 + 64 * 4096);
    expect(await fingerprint(changed(0))).not.toBe(original);
    expect(await fingerprint(changed(size - 1))).not.toBe(original);
  });

  it('takes a model without data', async () => {
    expect(await fingerprint(safetensorsFile({}))).toMatch(/^[0-9a-f]{64}$/);
  });
});
