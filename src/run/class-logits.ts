/** A classifier's logits on the host, and how far two sets of them are apart. */
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
  const count = full.length / classes;
  let sum = 0;
  for (let i = 0; i < count; i++) {
    const p = logSoftmax(full.subarray(i * classes, (i + 1) * classes));
    const q = logSoftmax(quantized.subarray(i * classes, (i + 1) * classes));
    p.forEach((value, k) => (sum += Math.exp(value) * (value - q[k])));
  }
  return sum;
}

function logSoftmax(logits: Float32Array): Float64Array {
  const largest = logits.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = logits.reduce((sum, value) => sum + Math.exp(value - largest), 0);
  return Float64Array.from(logits, (value) => value - largest - Math.log(total));
}
