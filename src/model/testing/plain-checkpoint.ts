/**
 * A fixture as a checkpoint that somebody could drop: the recordings beside the weights (`expected.…`, `input.…`), which no network has a use
 * for, are left out. Bytes in, bytes out, without the readers under test, so that the browser tests can take it too.
 */

interface Entry {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

const RECORDED = /^(?:expected|input)\./;

/** A safetensors file with the weights alone, and the config.json out of its metadata. */
export function plainCheckpoint(fixture: Uint8Array): {
  model: Uint8Array<ArrayBuffer>;
  config: Uint8Array<ArrayBuffer>;
} {
  const view = new DataView(fixture.buffer, fixture.byteOffset, fixture.byteLength);
  const begin = 8 + Number(view.getBigUint64(0, true));
  const { __metadata__, ...entries } = JSON.parse(new TextDecoder().decode(fixture.subarray(8, begin))) as {
    __metadata__: { config: string };
  } & Record<string, Entry>;
  const kept: Record<string, Entry> = {};
  const parts: Uint8Array[] = [];
  let at = 0;
  for (const [name, { dtype, shape, data_offsets }] of Object.entries(entries as Record<string, Entry>)) {
    if (RECORDED.test(name)) continue;
    const bytes = fixture.subarray(begin + data_offsets[0], begin + data_offsets[1]);
    kept[name] = { dtype, shape, data_offsets: [at, at + bytes.length] };
    parts.push(bytes);
    at += bytes.length;
  }
  const json = JSON.stringify(kept);
  const header = new TextEncoder().encode(json.padEnd(Math.ceil(json.length / 8) * 8, ' '));
  const model = new Uint8Array(8 + header.length + at);
  new DataView(model.buffer).setBigUint64(0, BigInt(header.length), true);
  model.set(header, 8);
  let place = 8 + header.length;
  for (const part of parts) {
    model.set(part, place);
    place += part.length;
  }
  return { model, config: new TextEncoder().encode(__metadata__.config) };
}
