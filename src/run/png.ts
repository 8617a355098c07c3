/** Images as a PNG file (ISO/IEC 15948): 8-bit RGB or grey, no filter. Bytes are rows of pixels, channels last. */
import { zlibSync } from 'fflate';
import { crc32 } from '../checkpoint/crc32';

export interface Picture {
  readonly width: number;
  readonly height: number;
  /** 1 grey, 3 RGB. */
  readonly channels: 1 | 3;
  readonly pixels: Uint8Array;
}

const SIGNATURE = [137, 80, 78, 71, 13, 10, 26, 10];
const COLOUR_TYPE = { 1: 0, 3: 2 } as const;

export function encodePng({ width, height, channels, pixels }: Picture): Uint8Array<ArrayBuffer> {
  const stride = width * channels;
  if (pixels.length !== height * stride) throw new Error(`bug: ${pixels.length} bytes for ${width} × ${height} pixels`);
  const header = new Uint8Array(13);
  const view = new DataView(header.buffer);
  view.setUint32(0, width);
  view.setUint32(4, height);
  header.set([8, COLOUR_TYPE[channels], 0, 0, 0], 8);
  // Each row begins with its filter's number: 0, none.
  const rows = new Uint8Array(height * (stride + 1));
  for (let y = 0; y < height; y++) rows.set(pixels.subarray(y * stride, (y + 1) * stride), y * (stride + 1) + 1);
  const parts = [
    Uint8Array.from(SIGNATURE),
    chunk('IHDR', header),
    chunk('IDAT', zlibSync(rows)),
    chunk('IEND', new Uint8Array()),
  ];
  const file = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    file.set(part, at);
    at += part.length;
  }
  return file;
}

function chunk(type: string, data: Uint8Array): Uint8Array {
  const out = new Uint8Array(12 + data.length);
  const view = new DataView(out.buffer);
  view.setUint32(0, data.length);
  out.set(new TextEncoder().encode(type), 4);
  out.set(data, 8);
  view.setUint32(8 + data.length, crc32(out.subarray(4, 8 + data.length)));
  return out;
}

/** Square images side by side, `across` a row, each pixel `scale` × `scale`, with a gap of one such pixel in white. */
export function contactSheet(
  { size, pixels }: { readonly size: number; readonly pixels: Uint8Array },
  across: number,
  scale: number,
): Picture {
  const length = 3 * size * size;
  const count = pixels.length / length;
  const down = Math.ceil(count / across);
  const [width, height] = [across, down].map((n) => (n * (size + 1) - 1) * scale);
  const out = new Uint8Array(3 * width * height).fill(255);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const [px, py] = [Math.floor(x / scale), Math.floor(y / scale)];
      const [column, row] = [px % (size + 1), py % (size + 1)];
      const image = Math.floor(py / (size + 1)) * across + Math.floor(px / (size + 1));
      if (column === size || row === size || image >= count) continue;
      const from = image * length + 3 * (row * size + column);
      out.set(pixels.subarray(from, from + 3), 3 * (y * width + x));
    }
  }
  return { width, height, channels: 3, pixels: out };
}
