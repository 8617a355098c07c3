/** For tests: image sets as numpy.savez writes them. */
import { zipSync } from 'fflate';
import { Random } from '../../base/random';

/** `count` random images of size × size × 3 with labels 0 … classes − 1. */
export function imagesNpz(count: number, size: number, classes: number, seed: number): Uint8Array<ArrayBuffer> {
  const random = new Random(seed);
  const images = Uint8Array.from({ length: count * size * size * 3 }, () => random.integer(256));
  const labels = Uint8Array.from({ length: count }, () => random.integer(classes));
  const files = { 'images.npy': npy(images, [count, size, size, 3]), 'labels.npy': npy(labels, [count]) };
  return new Uint8Array(zipSync(files, { level: 0 }));
}

/** Bytes as a .npy file of u1. */
function npy(values: Uint8Array, shape: readonly number[]): Uint8Array {
  const text = `{'descr': '|u1', 'fortran_order': False, 'shape': (${shape.join(', ')},), }`;
  const header = text.padEnd(64 * Math.ceil((text.length + 11) / 64) - 11) + '\n';
  const file = new Uint8Array(10 + header.length + values.length);
  file.set([0x93, ...new TextEncoder().encode('NUMPY'), 1, 0, header.length & 255, header.length >> 8]);
  file.set(new TextEncoder().encode(header), 10);
  file.set(values, 10 + header.length);
  return file;
}
