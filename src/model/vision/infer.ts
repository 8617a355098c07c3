/**
 * Vision checkpoints often come as a bare state dict, without a config: their sizes are then read off the tensors' shapes. Where there
 * is a config.json, what shapes show is checked against it, and what they do not show (heads, means, strides) is its to say.
 */
import { Config, contradiction } from '../config';
import { refuseWhatChangesTheForwardPass } from '../config-refusals';
import { Inventory } from '../inventory';
import type { LinearShape, NormPlan, Role, WeightSource } from '../model';
import type { ImagePlan, PatchPlan } from './image-model';

/** What the files of timm, DeiT and Vim are normalized with. */
const IMAGENET = { mean: [0.485, 0.456, 0.406], deviation: [0.229, 0.224, 0.225] };

export class VisionSource {
  readonly tensors: Inventory;
  readonly config: Config;

  constructor(source: WeightSource, config: Record<string, unknown> | null) {
    this.tensors = new Inventory(source.tensors, config ? 'config.json asks' : 'the other tensors ask');
    // As one more section, so that a fact may stand in either file.
    this.config = new Config({ ...config, preprocessor: source.preprocessor ?? null });
    refuseWhatChangesTheForwardPass(this.config, 'images');
  }

  /** One size of a tensor's shape. Throws QS-FILE-07 where it is not there. */
  size(name: string, axis: number): number {
    return this.tensors.size(name, axis);
  }

  /** A linear layer; `path` is its module's. It has a bias where there is one. */
  linear(role: Role, path: string, rows: number, cols: number, promised = true): LinearShape {
    const weight = this.tensors.expect(`${path}.weight`, [rows, cols]);
    // Only attention's projections have a flag.
    const key = role === 'qkv' || role === 'q' || role === 'k' || role === 'v' ? 'attention_bias' : null;
    const bias = this.tensors.bias(path, rows, this.config, key, promised);
    return { name: path, weight, bias, rows, cols, layout: 'out-in', role };
  }

  /** A LayerNorm. */
  norm(name: string, size: number, eps: number): NormPlan {
    return {
      weight: this.tensors.expect(`${name}.weight`, [size]),
      bias: this.tensors.expect(`${name}.bias`, [size]),
      eps,
    };
  }

  /** The patch embedding under `path` (a Conv2d) with its positions of `tokens` rows. */
  patches(path: string, { channels, patch }: ImagePlan, hidden: number, tokens: number, positions: string): PatchPlan {
    return {
      weight: this.tensors.expect(`${path}.weight`, [hidden, channels, patch, patch]),
      bias: this.tensors.expect(`${path}.bias`, [hidden]),
      positions: this.tensors.expect(positions, [1, tokens, hidden]),
    };
  }

  /**
   * The image from the embedding's kernel and the number of its patches, which leave open whether patches overlap: config's stride or
   * size says, and where neither is stated they do not. Throws where they make no square, or where config's sizes do not fit together.
   */
  image(path: string, patchTokens: number, pixels: boolean): ImagePlan {
    const channels = this.size(`${path}.weight`, 1);
    const patch = this.size(`${path}.weight`, 2);
    const stated = this.config.side('patch_size');
    if (stated !== null && stated !== patch) {
      this.tensors.note(`In config.json, "patch_size" is ${stated}, and the tensors say ${patch}, which is used.`);
    }
    const grid = Math.sqrt(patchTokens);
    if (!Number.isInteger(grid)) {
      throw contradiction(`${patchTokens} positions besides class tokens make no square of patches`);
    }
    const stride = this.config.countIfStated('stride');
    const size = this.config.side('input_size') ?? this.config.side('pretrained_cfg.input_size');
    const step = stride ?? (size === null ? patch : strideOf(size, grid, patch));
    const made = (grid - 1) * step + patch;
    if (size !== null && size !== made) {
      throw contradiction(`the image size is ${size}, and ${grid} patches of ${patch} at stride ${step} make ${made}`);
    }
    return { channels, size: made, patch, stride: step, scaling: pixels ? this.#scaling(channels) : null };
  }

  /** Images of which each pixel is a patch of its own. */
  pixels(channels: number, size: number): ImagePlan {
    return { channels, size, patch: 1, stride: 1, scaling: this.#scaling(channels) };
  }

  /** A convolution with a batch norm under `norm` behind it, or with a bias, where it has been folded in. */
  convolution(role: Role, path: string, norm: string, outputs: number, channels: number, side: number): LinearShape {
    const { tensors } = this;
    const weight = tensors.expect(`${path}.weight`, [outputs, channels, side, side]);
    const bias = tensors.has(`${path}.bias`) ? tensors.expect(`${path}.bias`, [outputs]) : null;
    const vector = (name: string) => tensors.expect(`${norm}.${name}`, [outputs]);
    const folded = bias !== null && !tensors.has(`${norm}.weight`);
    const behind = folded
      ? null
      : {
          ...{ weight: vector('weight'), bias: vector('bias'), mean: vector('running_mean') },
          ...{ variance: vector('running_var'), eps: this.config.positive('batch_norm_eps', 1e-5) },
        };
    return {
      ...{ name: path, weight, bias: behind ? behind.bias : bias, rows: outputs, cols: side * side * channels },
      ...{ layout: 'out-in', role, convolution: { side, channels, norm: behind, bias } },
    };
  }

  /** A convolution by itself; of single pixels it may be stored with three sizes, or four. It has a bias where there is one. */
  plainConvolution(role: Role, path: string, outputs: number, channels: number, side: number, rank = 4): LinearShape {
    const { tensors } = this;
    const sides = Array<number>(rank - 2).fill(side);
    const weight = tensors.expect(`${path}.weight`, [outputs, channels, ...sides]);
    const bias = tensors.has(`${path}.bias`) ? tensors.expect(`${path}.bias`, [outputs]) : null;
    return {
      ...{ name: path, weight, bias, rows: outputs, cols: side * side * channels },
      ...{ layout: 'out-in', role, convolution: { side, channels, norm: null, bias } },
    };
  }

  /** The classifier under `path`, or none: the body of one, whose features are all it gives. */
  head(path: string, hidden: number): { readonly head: LinearShape | null; readonly classes: number } {
    if (!this.tensors.has(`${path}.weight`)) {
      this.tensors.note('The checkpoint has no head: accuracy and KL are not available, and everything else is.');
      return { head: null, classes: 0 };
    }
    const classes = this.tensors.decides(this.config, 'num_classes', this.size(`${path}.weight`, 0));
    return { head: this.linear('fc', path, classes, hidden, false), classes };
  }

  classNames(classes: number): readonly string[] | null {
    if (classes === 0) return null;
    const names = this.config.texts('class_names') ?? this.#labels(classes);
    if (names && names.length !== classes)
      throw contradiction(`there are ${names.length} class names for ${classes} classes`);
    return names;
  }

  /** transformers' id2label, unless it is the one that it makes up itself. */
  #labels(classes: number): readonly string[] | null {
    const labels = this.config.section('id2label');
    if (!labels || Object.keys(labels.values).length !== classes) return null;
    const names = Array.from({ length: classes }, (_, id) => labels.values[String(id)]);
    const given = names.filter((name): name is string => typeof name === 'string');
    if (given.length !== classes) return null;
    return given.every((name, id) => name === `LABEL_${id}`) ? null : given;
  }

  #scaling(channels: number): ImagePlan['scaling'] {
    if (!this.config.flag('preprocessor.do_normalize', true)) {
      return { mean: Array<number>(channels).fill(0), deviation: Array<number>(channels).fill(1) };
    }
    const [mean, deviation] = [this.config.numbers('image.mean'), this.config.numbers('image.std')];
    const scaling = { mean: mean ?? IMAGENET.mean, deviation: deviation ?? IMAGENET.deviation };
    const fits = scaling.mean.length === channels && scaling.deviation.length === channels;
    if (!fits || scaling.deviation.some((value) => !(value > 0))) {
      throw contradiction(
        `pixels have no mean and std above 0 for each of ${channels} channels (mean ${scaling.mean.join(', ')}; std ${scaling.deviation.join(', ')})`,
      );
    }
    if (!mean || !deviation) this.tensors.note(ASSUMED_SCALING);
    return scaling;
  }
}

const ASSUMED_SCALING =
  'No file beside the weights says how pixels are normalized: the means and deviations of ImageNet are taken, as timm does.';

/** The stride at which `grid` patches cover an image; the patch itself where none fits, for the refusal to name. */
function strideOf(size: number, grid: number, patch: number): number {
  const stride = (size - patch) / (grid - 1);
  return grid > 1 && Number.isInteger(stride) && stride >= 1 && stride <= patch ? stride : patch;
}

/** Heads that a published size has; a config.json says it for others. */
export function headsOf(config: Config, hidden: number, published: Readonly<Record<number, number>>): number {
  const heads = config.count('num_heads', published[hidden]);
  if (hidden % heads !== 0) throw contradiction(`${heads} heads do not divide a width of ${hidden}`);
  return heads;
}
