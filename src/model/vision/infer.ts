/**
 * Vision checkpoints often come as a bare state dict, without a config: their sizes are then read off the tensors' shapes. Where there
 * is a config.json, its values come first, and shapes that contradict it are refused by the inventory.
 */
import { StudioError } from '../../base/errors';
import { quoted } from '../../checkpoint/wording';
import { Config, contradiction } from '../config';
import { Inventory } from '../inventory';
import type { Linear, Role, WeightSource } from '../model';
import type { ImagePlan, PatchPlan } from './image-model';

/** What the files of timm, DeiT and Vim are normalized with. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

export class VisionSource {
  readonly tensors: Inventory;
  readonly config: Config;
  readonly #shapes: WeightSource['tensors'];

  constructor(source: WeightSource, config: Record<string, unknown> | null) {
    this.tensors = new Inventory(source.tensors, config ? 'config.json asks' : 'the other tensors ask');
    this.config = new Config(config ?? {});
    this.#shapes = source.tensors;
  }

  /** One size of a tensor's shape. Throws QS-FILE-07 where it is not there. */
  size(name: string, axis: number): number {
    const size = this.#shapes.get(name)?.shape[axis];
    if (size === undefined || size < 1) {
      throw new StudioError(
        'QS-FILE-07',
        `Tensor ${quoted(name)} is missing or has too few dimensions: choose all files of the model.`,
      );
    }
    return size;
  }

  /** How many blocks there are: prefix + 0, 1, 2 … as far as a tensor of that name exists. */
  depth(name: (index: number) => string): number {
    let depth = 0;
    while (this.tensors.has(name(depth))) depth++;
    return depth;
  }

  /** A linear layer; `path` is its module's. */
  linear(role: Role, path: string, rows: number, cols: number, biased = true): Linear {
    const weight = this.tensors.expect(`${path}.weight`, [rows, cols]);
    const bias = biased ? this.tensors.expect(`${path}.bias`, [rows]) : null;
    return { name: path, weight, bias, rows, cols, layout: 'out-in', role };
  }

  /** The patch embedding under `path` (a Conv2d) with its positions of `tokens` rows. */
  patches(path: string, { channels, patch }: ImagePlan, hidden: number, tokens: number): PatchPlan {
    return {
      weight: this.tensors.expect(`${path}.weight`, [hidden, channels, patch, patch]),
      bias: this.tensors.expect(`${path}.bias`, [hidden]),
      positions: this.tensors.expect('pos_embed', [1, tokens, hidden]),
    };
  }

  /** The image from the embedding's kernel and the number of its patches. Throws where they make no square. */
  image(path: string, patchTokens: number, pixels: boolean): ImagePlan {
    const [channels, patch] = [this.size(`${path}.weight`, 1), this.size(`${path}.weight`, 2)];
    const grid = Math.sqrt(patchTokens);
    if (!Number.isInteger(grid)) {
      throw contradiction(`${patchTokens} positions besides class tokens make no square of patches`);
    }
    const stride = this.config.count('stride', patch);
    if (stride !== patch)
      throw contradiction(`patches of ${patch} overlap (stride ${stride}), which the studio does not run`);
    const size = this.config.count('input_size', grid * patch);
    if (size !== grid * patch)
      throw contradiction(`"input_size" is ${size}, and ${grid} patches of ${patch} make ${grid * patch}`);
    return { channels, size, patch, scaling: pixels ? this.#scaling(channels) : null };
  }

  classNames(classes: number): readonly string[] | null {
    const names = this.config.texts('class_names');
    if (names && names.length !== classes)
      throw contradiction(`there are ${names.length} class names for ${classes} classes`);
    return names;
  }

  #scaling(channels: number): ImagePlan['scaling'] {
    const image = this.config.section('image');
    const mean = image?.numbers('mean') ?? IMAGENET.mean;
    const deviation = image?.numbers('std') ?? IMAGENET.deviation;
    if (mean.length !== channels || deviation.length !== channels || deviation.some((value) => !(value > 0))) {
      throw contradiction(`"image" does not give a mean and a std above 0 for each of ${channels} channels`);
    }
    return { mean, deviation };
  }
}

/** Heads that a published size has; a config.json says it for others. */
export function headsOf(config: Config, hidden: number, published: Readonly<Record<number, number>>): number {
  const heads = config.count('num_heads', published[hidden]);
  if (hidden % heads !== 0) throw contradiction(`${heads} heads do not divide a width of ${hidden}`);
  return heads;
}
