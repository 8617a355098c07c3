/**
 * Images to patches and back, on the host. Images: N × channels × size × size; patches: (N · patches) × (channels · patch · patch), an
 * image's patches row by row. The embedding of patches is a convolution, hence a plain linear layer of
 * what its kernel covers; where its stride is less than its kernel, patches overlap.
 */
import { imageLength, patchCount, type ImagePlan } from './image-model';

/** Image i’s patch p goes to row i · tokens + place(p) of `tokens` rows an image; other rows stay zero (a class token's). */
export function toPatches(
  images: Float32Array,
  plan: ImagePlan,
  tokens = patchCount(plan),
  place: (patch: number) => number = (patch) => patch,
): Float32Array<ArrayBuffer> {
  const { channels, patch } = plan;
  const width = channels * patch * patch;
  const count = images.length / imageLength(plan);
  const out = new Float32Array(count * tokens * width);
  eachPixel(plan, (p, c, y, x, pixel) => {
    const at = place(p) * width + (c * patch + y) * patch + x;
    for (let i = 0; i < count; i++) out[i * tokens * width + at] = images[i * imageLength(plan) + pixel];
  });
  return out;
}

/** DiT's inverse, of patches that do not overlap: within a token the values are row, column, channel of the patch, and there may be other channels than came in. */
export function fromPatches(patches: Float32Array, plan: ImagePlan): Float32Array<ArrayBuffer> {
  const { channels, patch } = plan;
  const width = channels * patch * patch;
  const length = imageLength(plan);
  const count = patches.length / (patchCount(plan) * width);
  const out = new Float32Array(count * length);
  eachPixel(plan, (p, c, y, x, pixel) => {
    const at = p * width + (y * patch + x) * channels + c;
    for (let i = 0; i < count; i++) out[i * length + pixel] = patches[i * patchCount(plan) * width + at];
  });
  return out;
}

/** Visits every value of one image: its patch, channel, row and column within the patch, and its place in the image. */
function eachPixel(
  { channels, size, patch, stride }: ImagePlan,
  visit: (patch: number, channel: number, row: number, column: number, pixel: number) => void,
): void {
  const grid = (size - patch) / stride + 1;
  for (let p = 0; p < grid * grid; p++) {
    const [top, left] = [Math.floor(p / grid) * stride, (p % grid) * stride];
    for (let c = 0; c < channels; c++) {
      for (let y = 0; y < patch; y++) {
        for (let x = 0; x < patch; x++) visit(p, c, y, x, (c * size + top + y) * size + left + x);
      }
    }
  }
}
