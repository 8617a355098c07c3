/**
 * Draws the studio's icons for home screens and docks as PNG into public/, from the same shapes as favicon.svg: `node scripts/icons.mjs`. The
 * maskable one has the sign within the circle that every mask leaves. No dependency: deflate and a check sum are all that PNG asks for.
 */
import { writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { crc32, deflateSync } from 'node:zlib';

/** On a grid of 32: x, y, width, height, colour. */
const BARS = [
  [6, 13, 4, 12, 0xe8ecf2],
  [14, 7, 4, 18, 0xe8ecf2],
  [22, 17, 4, 8, 0xe8ecf2],
  [6, 27, 4, 2, 0x1d75ea],
  [14, 27, 4, 2, 0xf9826b],
  [22, 27, 4, 2, 0x40b9b9],
];
const GROUND = 0x171c24;
const CORNER = 6;
/** Samples a pixel and side, for smooth edges. */
const FINE = 4;

const ICONS = [
  { name: 'icon-192.png', size: 192, scale: 1, round: true },
  { name: 'icon-512.png', size: 512, scale: 1, round: true },
  { name: 'icon-maskable.png', size: 512, scale: 0.72, round: false },
  { name: 'apple-touch-icon.png', size: 180, scale: 1, round: false },
];

const folder = join(dirname(fileURLToPath(import.meta.url)), '..', 'public');
for (const { name, size, scale, round } of ICONS) {
  writeFileSync(
    join(folder, name),
    png(size, (x, y) => colourAt(x, y, scale, round)),
  );
  console.log(name);
}

/** The colour at a point of the grid; null outside the rounded square. */
function colourAt(x, y, scale, round) {
  if (round && outside(x, y)) return null;
  const [u, v] = [16 + (x - 16) / scale, 17 + (y - (scale < 1 ? 16 : 17)) / scale];
  const bar = BARS.find(([left, top, width, height]) => u >= left && u < left + width && v >= top && v < top + height);
  return bar ? bar[4] : GROUND;
}

function outside(x, y) {
  const [dx, dy] = [x, y].map((at) => Math.max(CORNER - at, at - (32 - CORNER), 0));
  return Math.hypot(dx, dy) > CORNER;
}

/** RGBA, eight bits, no filter. */
function png(size, colour) {
  const rows = Buffer.alloc(size * (1 + 4 * size));
  for (let y = 0; y < size; y++) {
    for (let x = 0; x < size; x++) rows.set(pixel(x, y, size, colour), y * (1 + 4 * size) + 1 + 4 * x);
  }
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const data = deflateSync(rows, { level: 9 });
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', data), chunk('IEND', Buffer.alloc(0))]);
}

function pixel(x, y, size, colour) {
  const sum = [0, 0, 0, 0];
  for (let i = 0; i < FINE * FINE; i++) {
    const at = (place, step) => ((place + (step + 0.5) / FINE) * 32) / size;
    const found = colour(at(x, i % FINE), at(y, Math.floor(i / FINE)));
    if (found === null) continue;
    sum[0] += (found >> 16) & 255;
    sum[1] += (found >> 8) & 255;
    sum[2] += found & 255;
    sum[3]++;
  }
  const inside = Math.max(sum[3], 1);
  return [...sum.slice(0, 3).map((value) => Math.round(value / inside)), Math.round((255 * sum[3]) / FINE ** 2)];
}

function chunk(type, data) {
  const body = Buffer.concat([Buffer.from(type, 'latin1'), data]);
  const [length, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
  length.writeUInt32BE(data.length);
  sum.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, sum]);
}
