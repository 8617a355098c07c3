/** A classifier's logits on the host, and how far two sets of them are apart. */
import { argmax } from '../measure/accuracy';
import type { ClassHead } from '../model/vision/image-ends';
import type { Tensor } from '../tensor/tensor';

/** Of final hidden states, which stay the caller's. */
export async function logitsOf(head: ClassHead, hidden: Tensor): Promise<Float32Array> {
  const features = head.features(hidden);
  const logits = head.logits(features);
  features.release();
  const values = await logits.read();
  logits.release();
  return values;
}

/** Sum over images of Σ p log(p / q), p and q the softmax of either's logits. */
export function summedKl(full: Float32Array, quantized: Float32Array, classes: number): number {
  return imagesOf(full, quantized, classes).reduce((sum, [p, q]) => plusKl(sum, p, q), 0);
}

/** What single images come to: their KL, and whether the likeliest class is the same. */
export function imageDivergences(full: Float32Array, quantized: Float32Array, classes: number) {
  return imagesOf(full, quantized, classes).map(([p, q]) => ({ kl: plusKl(0, p, q), same: argmax(p) === argmax(q) }));
}

type Logits = readonly [full: Float32Array, quantized: Float32Array];

function imagesOf(full: Float32Array, quantized: Float32Array, classes: number): Logits[] {
  return Array.from({ length: full.length / classes }, (_, i) => {
    const [from, to] = [i * classes, (i + 1) * classes];
    return [full.subarray(from, to), quantized.subarray(from, to)];
  });
}

function plusKl(sum: number, full: Float32Array, quantized: Float32Array): number {
  const [p, q] = [logSoftmax(full), logSoftmax(quantized)];
  p.forEach((value, k) => (sum += Math.exp(value) * (value - q[k])));
  return sum;
}

function logSoftmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return Float64Array.from(logits, (value) => value - largest - Math.log(total));
}
