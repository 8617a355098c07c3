/** How often a classifier is right, with its uncertainty. Logits are images × classes, row-major. */

export interface Accuracy {
  /** Share of images whose largest logit is their label's. */
  readonly share: number;
  /** 95 % Wilson interval. */
  readonly interval: readonly [number, number];
  readonly images: number;
}

/** Throws when logits and labels do not belong together. The first of equal logits counts; with logits that are no numbers, NaN comes out. */
export function accuracyOf(logits: Float32Array, labels: readonly number[], classes: number): Accuracy {
  if (logits.length !== labels.length * classes || labels.length === 0) {
    throw new Error(`bug: ${logits.length} logits for ${labels.length} images of ${classes} classes`);
  }
  if (!logits.every(Number.isFinite)) return { share: NaN, interval: [NaN, NaN], images: labels.length };
  const right = hitsOf(logits, labels, classes).reduce((sum, hit) => sum + hit, 0);
  return { share: right / labels.length, interval: wilson(right, labels.length), images: labels.length };
}

/** 1 for each image that is told right, 0 for any other. */
export function hitsOf(logits: Float32Array, labels: readonly number[], classes: number): number[] {
  return labels.map((label, i) => Number(argmax(logits.subarray(i * classes, (i + 1) * classes)) === label));
}

/** Standard normal quantile of 97.5 %. */
const Z = 1.959963984540054;

/** The 95 % interval of a share. Wilson 1927, Journal of the American Statistical Association 22. */
export function wilson(right: number, count: number): [number, number] {
  const share = right / count;
  const centre = share + (Z * Z) / (2 * count);
  const spread = Z * Math.sqrt((share * (1 - share)) / count + (Z * Z) / (4 * count * count));
  const scale = 1 / (1 + (Z * Z) / count);
  return [Math.max(0, (centre - spread) * scale), Math.min(1, (centre + spread) * scale)];
}

/** The first of equals. */
export function argmax(values: Float32Array): number {
  return values.reduce((best, value, i) => (value > values[best] ? i : best), 0);
}
