/**
 * ResNets for ImageNet under torchvision's names (stem of 7 × 7 with a pool, `fc`), and for small images under those of
 * pytorch_resnet_cifar10 and its kin (stem of 3 × 3, `linear` or `fc`; shortcuts without weights, option A, or `shortcut` for `downsample`).
 * Basic blocks and bottlenecks are told apart by their third convolution; sizes are read off the tensors, which mostly come without a config.
 * He et al. 2016, arXiv 1512.03385.
 */
import { convolvedSize } from '../../tensor/conv2d';
import { contradiction, unsupported } from '../config';
import { numbered, type Block, type ImageWindows, type LinearShape, type Stage, type WeightSource } from '../model';
import type { Classifier } from './image-model';
import { VisionSource } from './infer';

/** Sides of the images that a stem is made for, by its kernel's side. */
const PUBLISHED_SIZES: Readonly<Record<number, number>> = { 3: 32, 7: 224 };
const SHORTCUTS = ['downsample', 'shortcut'];

/** Images on their way through the network. */
interface Images {
  readonly size: number;
  readonly channels: number;
}

/** Throws QS-FILE-02, -04 or -07. `config` may be null: a bare state dict. */
export function openResNet(source: WeightSource, config: Record<string, unknown> | null): Classifier {
  const vision = new VisionSource(source, config);
  const { tensors } = vision;
  const side = vision.size('conv1.weight', 2);
  if (!(side in PUBLISHED_SIZES)) throw unsupported(`a first convolution of ${side} × ${side}`);
  const stated = vision.config.side('input_size') ?? vision.config.side('pretrained_cfg.input_size');
  const size = stated ?? PUBLISHED_SIZES[side];
  if (stated === null) {
    tensors.note(
      `No file beside the weights says how large images are: ${size} × ${size} is taken, as this stem is made for.`,
    );
  }
  const image = vision.pixels(vision.size('conv1.weight', 1), size);
  const builder = new Builder(vision);
  let images = builder.stem(image, side);
  for (let layer = 1; layer === 1 || tensors.has(`layer${layer}.0.conv1.weight`); layer++) {
    const depth = tensors.depth((i) => `layer${layer}.${i}.conv1.weight`);
    if (depth === 0) vision.size(`layer${layer}.0.conv1.weight`, 0);
    for (let i = 0; i < depth; i++) {
      images = builder.residual(`layer${layer}.${i}`, images, layer > 1 && i === 0 ? 2 : 1);
    }
  }
  const { head, classes } = vision.head(tensors.has('linear.weight') ? 'linear' : 'fc', images.channels);
  return {
    architecture: 'ResNet',
    title: 'ResNet',
    task: 'classification',
    hidden: images.channels,
    residual: builder.largest,
    image,
    tokens: size * size,
    classes,
    classNames: vision.classNames(classes),
    blocks: numbered(builder.blocks),
    ends: { pooled: images.size ** 2, head },
    notes: tensors.finish(/(^|\.)num_batches_tracked$/),
    parameters: tensors.parameters,
  };
}

class Builder {
  readonly blocks: Block<LinearShape>[] = [];
  /** Rows and columns of the largest images between blocks. */
  largest: readonly [rows: number, cols: number] = [1, 1];

  constructor(private readonly vision: VisionSource) {}

  stem({ size, channels }: Images, side: number): Images {
    const width = this.vision.size('conv1.weight', 0);
    const looks = windowsOf(size, side, side === 7 ? 2 : 1);
    const pool = side === 7 ? windowsOf(outSize(looks), 3, 2) : null;
    this.#grow(size, channels);
    this.#add('conv1', {
      stages: [stageOf(this.vision.convolution('conv', 'conv1', 'bn1', width, channels, side))],
      plan: { kind: 'convolution', windows: [looks], shortcut: 'none', pool },
    });
    return this.#grow(outSize(pool ?? looks), width);
  }

  residual(name: string, { size, channels }: Images, stride: number): Images {
    const { vision } = this;
    const { tensors } = vision;
    const outputs = (i: number) => vision.size(`${name}.conv${i}.weight`, 0);
    const deep = tensors.has(`${name}.conv3.weight`);
    const width = outputs(1);
    const within = vision.size(`${name}.conv2.weight`, 1);
    if (within !== width && width % within === 0) throw unsupported('grouped convolutions');
    const out = outputs(deep ? 3 : 2);
    // Of a bottleneck the middle one has the stride, as in torchvision.
    const shapes = deep
      ? [
          { side: 1, stride: 1, inputs: channels, outputs: width },
          { side: 3, stride, inputs: width, outputs: width },
          { side: 1, stride: 1, inputs: width, outputs: out },
        ]
      : [
          { side: 3, stride, inputs: channels, outputs: width },
          { side: 3, stride: 1, inputs: width, outputs: out },
        ];
    const stages: Stage<LinearShape>[] = [];
    const looks: ImageWindows[] = [];
    let at = size;
    shapes.forEach((shape, i) => {
      const own = windowsOf(at, shape.side, shape.stride);
      looks.push(own);
      at = outSize(own);
      const path = `${name}.conv${i + 1}`;
      stages.push(
        stageOf(vision.convolution('conv', path, `${name}.bn${i + 1}`, shape.outputs, shape.inputs, shape.side)),
      );
    });
    const changes = stride !== 1 || channels !== out;
    const beside = SHORTCUTS.map((path) => `${name}.${path}`).find((path) => tensors.has(`${path}.0.weight`));
    const bare = changes && !beside && tensors.has('linear.weight');
    if (bare && (out < channels || (out - channels) % 2 !== 0)) {
      throw contradiction(
        `${name} has no shortcut's weights, and ${out} channels do not hold ${channels} in their middle`,
      );
    }
    if (beside || (changes && !bare)) {
      const path = beside ?? `${name}.${SHORTCUTS[0]}`;
      stages.unshift(stageOf(vision.convolution('shortcut', `${path}.0`, `${path}.1`, out, channels, 1)));
      looks.unshift(windowsOf(size, 1, stride));
      this.#add(name, { stages, plan: { kind: 'convolution', windows: looks, shortcut: 'convolution', pool: null } });
    } else {
      const shortcut = bare ? 'subsample' : 'identity';
      this.#add(name, { stages, plan: { kind: 'convolution', windows: looks, shortcut, pool: null } });
    }
    return this.#grow(at, out);
  }

  #add(name: string, block: Omit<Block<LinearShape>, 'index' | 'name'>): void {
    this.blocks.push({ index: this.blocks.length, name, ...block });
  }

  #grow(size: number, channels: number): Images {
    const [rows, cols] = this.largest;
    if (size ** 2 * channels > rows * cols) this.largest = [size ** 2, channels];
    return { size, channels };
  }
}

function stageOf(linear: LinearShape): Stage<LinearShape> {
  return { linears: [linear] };
}

/** Windows whose number is that of the pixels, or of every other one. */
function windowsOf(size: number, side: number, stride: number): ImageWindows {
  return { height: size, width: size, side, stride, padding: (side - 1) / 2 };
}

function outSize(look: ImageWindows): number {
  return convolvedSize(look)[0];
}
