/** Makes a U-Net's blocks from its parts, one after another: the sizes of images on their way, and which outputs wait for the way up. */
import { convolvedSize } from '../../../tensor/conv2d';
import { contradiction, shown, unsupported } from '../../config';
import type {
  Block,
  GroupNormPlan,
  ImageWindows,
  LinearShape,
  Role,
  SkipPlan,
  Stage,
  UNetPlan,
  WeightSource,
} from '../../model';
import type { TextPlan } from '../image-model';
import type { VisionSource } from '../infer';
import { ATTENTION_NAMES, type Dialect, type Group, type Part } from './dialects';

/** Images on their way. */
export interface Images {
  readonly size: number;
  readonly channels: number;
}

export interface Settings {
  readonly dialect: Dialect;
  readonly vision: VisionSource;
  readonly source: WeightSource;
  /** Columns of the time embedding. */
  readonly steer: number;
  readonly text: TextPlan | null;
}

/** Of transformers' GroupNorms, in every naming. */
const TRANSFORMER_EPS = 1e-6;
/** Heads of a transformer where no config says: Stable Diffusion 1's. */
const HEADS = 8;

export class UNetBlocks {
  readonly made: Block<LinearShape>[] = [];
  at: Images;
  /** Rows and columns of the largest images between blocks. */
  largest: readonly [rows: number, cols: number] = [1, 1];
  /** Rows and columns of the outputs that waited at once where most did. */
  mostWaiting: readonly (readonly [rows: number, cols: number])[] = [];
  /** Of the outputs that wait. */
  readonly #kept: (readonly [rows: number, cols: number])[] = [];
  readonly #groups: number;
  readonly #eps: number;

  constructor(
    private readonly settings: Settings,
    image: Images,
  ) {
    const { config } = settings.vision;
    this.at = image;
    this.#groups = config.count('norm_num_groups', 32);
    this.#eps = config.positive('norm_eps', settings.dialect.eps);
    this.#grow(image);
  }

  get waiting(): number {
    return this.#kept.length;
  }

  /** Into the network, whose output waits, or out of it. */
  convolution(way: 'in' | 'out', path: string, norm: GroupNormPlan | null = null): Images {
    const { size, channels } = this.at;
    const window = {
      height: size,
      width: size,
      side: this.#side(path),
      stride: 1,
      padding: (this.#side(path) - 1) / 2,
    };
    const linear = this.#convolution('conv', path, channels, window.side);
    const skip = { reads: 0, keeps: way === 'in', waits: [...this.#kept] };
    this.#add(path, [linear], { kind: 'unet-convolution', norm, doubled: false, window }, skip);
    const images = this.#grow({ size, channels: linear.rows });
    if (way === 'in') this.#keep();
    return images;
  }

  group({ parts, reads, keeps }: Group): void {
    parts.forEach((part, i) => {
      const skipped = reads && i === 0 ? this.#read(part) : 0;
      const skip = { reads: skipped, keeps: keeps && i === parts.length - 1, waits: [...this.#kept] };
      this.#part(part, skip);
      if (skip.keeps) this.#keep();
    });
  }

  groupNorm(path: string, channels: number, eps = this.#eps): GroupNormPlan {
    const groups = this.#groups;
    if (channels % groups !== 0) {
      throw contradiction(
        `"norm_num_groups" is ${groups}, and the ${channels} channels of ${path} are no multiple of it`,
      );
    }
    const { weight, bias } = this.settings.vision.norm(path, channels, eps);
    if (bias === null) throw new Error('bug: a GroupNorm without a bias');
    return { weight, bias, eps, groups };
  }

  #part(part: Part, skip: SkipPlan): void {
    switch (part.kind) {
      case 'residual':
        return this.#residual(part, skip);
      case 'attention':
        return this.#has(`${part.path}.transformer_blocks.0.attn1.to_q`)
          ? this.#transformer(part, skip)
          : this.#attention(part, skip);
      case 'down':
        return this.#down(part, skip);
      case 'up':
        return this.#up(part, skip);
      default:
        throw new Error(`bug: no part ${part.kind}`);
    }
  }

  #residual({ path }: Part, skip: SkipPlan): void {
    const { vision, dialect, steer } = this.settings;
    const { size, channels } = this.at;
    const names = dialect.residual;
    const window = { height: size, width: size, side: 3, stride: 1, padding: 1 };
    const conv1 = this.#convolution('conv', `${path}.${names.conv1}`, channels, 3);
    const inner = conv1.rows;
    const timed = vision.size(`${path}.${names.time}.weight`, 0);
    if (timed !== inner && timed !== 2 * inner) {
      throw contradiction(`${path} is told ${timed} numbers by the time, and has ${inner} channels`);
    }
    const conv2 = this.#convolution('conv', `${path}.${names.conv2}`, inner, 3);
    const beside = `${path}.${names.shortcut}`;
    const shortcut = this.#has(beside);
    if (!shortcut && conv2.rows !== channels) {
      throw contradiction(`${path} turns ${channels} channels into ${conv2.rows}, and has no shortcut's weights`);
    }
    if (shortcut && this.#side(beside) !== 1)
      throw unsupported(`a shortcut of ${this.#side(beside)} × ${this.#side(beside)}`);
    const linears = [
      vision.linear('modulation', `${path}.${names.time}`, timed, steer),
      conv1,
      conv2,
      ...(shortcut ? [this.#linear('shortcut', beside, conv2.rows, channels)] : []),
    ];
    const norms = [
      this.groupNorm(`${path}.${names.norm1}`, channels),
      this.groupNorm(`${path}.${names.norm2}`, inner),
    ] as const;
    this.#add(path, linears, { kind: 'unet-residual', norms, window, shortcut, modulates: timed === 2 * inner }, skip);
    this.#grow({ size, channels: conv2.rows });
  }

  #attention({ path, level }: Part, skip: SkipPlan): void {
    const { size, channels } = this.at;
    const names = ATTENTION_NAMES.find(({ qkv }) => this.#has(`${path}.${qkv[0]}`)) ?? ATTENTION_NAMES[0];
    const fused = names.qkv.length === 1;
    const inputs = fused
      ? [this.#linear('qkv', `${path}.qkv`, 3 * channels, channels)]
      : names.qkv.map((name, i) => this.#linear((['q', 'k', 'v'] as const)[i], `${path}.${name}`, channels, channels));
    const output = this.#linear('o', `${path}.${names.output}`, channels, channels);
    const norm = this.groupNorm(`${path}.${names.norm}`, channels);
    const order = this.settings.vision.config.flag('use_new_attention_order', false) ? 'parts' : 'heads';
    this.#add(
      path,
      [],
      {
        ...{ kind: 'unet-attention', norm, heads: this.#headsOf(path, channels, level, false) },
        ...{ pixels: size ** 2, fused: fused ? order : null },
      },
      skip,
      [{ linears: inputs }, { linears: [output] }],
    );
  }

  #transformer({ path, level }: Part, skip: SkipPlan): void {
    const { vision, text } = this.settings;
    const { size, channels } = this.at;
    if (!text) throw new Error(`bug: ${path} reads no text`);
    const inner = vision.size(`${path}.proj_in.weight`, 0);
    const block = `${path}.transformer_blocks.0`;
    const linear = (role: Role, name: string, rows: number, cols: number) =>
      this.#linear(role, `${block}.${name}`, rows, cols);
    const wide = vision.size(`${block}.ff.net.2.weight`, 1);
    const stages: Stage<LinearShape>[] = [
      { linears: [linear('k', 'attn2.to_k', inner, text.width), linear('v', 'attn2.to_v', inner, text.width)] },
      { linears: [this.#linear('in', `${path}.proj_in`, inner, channels)] },
      { linears: (['q', 'k', 'v'] as const).map((role) => linear(role, `attn1.to_${role}`, inner, inner)) },
      { linears: [linear('o', 'attn1.to_out.0', inner, inner)] },
      { linears: [linear('q', 'attn2.to_q', inner, inner)] },
      { linears: [linear('o', 'attn2.to_out.0', inner, inner)] },
      { linears: [linear('up', 'ff.net.0.proj', 2 * wide, inner)] },
      { linears: [linear('down', 'ff.net.2', inner, wide)] },
      { linears: [this.#linear('out', `${path}.proj_out`, channels, inner)] },
    ];
    const norms = ([1, 2, 3] as const).map((i) => vision.norm(`${block}.norm${i}`, inner, 1e-5));
    this.#add(
      path,
      [],
      {
        kind: 'unet-transformer',
        norm: this.groupNorm(`${path}.norm`, channels, TRANSFORMER_EPS),
        norms: [norms[0], norms[1], norms[2]],
        heads: this.#headsOf(path, inner, level, true),
        pixels: size ** 2,
        tokens: text.tokens,
      },
      skip,
      stages,
    );
  }

  #down({ path }: Part, skip: SkipPlan): void {
    const { size, channels } = this.at;
    if (size % 2 !== 0) {
      throw contradiction(
        `images of ${size} × ${size} come to ${path}, which halves them, and what is put together on the way up would not fit: sizes must be even at every level`,
      );
    }
    const { config } = this.settings.vision;
    const [stated] = config.everywhere(['downsample_padding']);
    const padding = stated ? stated.value : this.settings.dialect.downPadding;
    if (padding !== 0 && padding !== 1) {
      throw contradiction(`"downsample_padding" is ${shown(padding)}, and it must be 0 or 1`);
    }
    const linear = this.#convolution('conv', path, channels, 3);
    const window: ImageWindows = {
      height: size,
      width: size,
      side: 3,
      stride: 2,
      padding,
      ...(padding === 1 ? {} : { after: 1 }),
    };
    this.#add(path, [linear], { kind: 'unet-convolution', norm: null, doubled: false, window }, skip);
    this.#grow({ size: convolvedSize(window)[0], channels: linear.rows });
  }

  #up({ path }: Part, skip: SkipPlan): void {
    const size = 2 * this.at.size;
    const linear = this.#convolution('conv', path, this.at.channels, 3);
    const window = { height: size, width: size, side: 3, stride: 1, padding: 1 };
    this.#add(path, [linear], { kind: 'unet-convolution', norm: null, doubled: true, window }, skip);
    this.#grow({ size, channels: linear.rows });
  }

  /** Puts the skip that a block reads behind what comes. */
  #read({ path }: Part): number {
    const skip = this.#kept.pop();
    if (!skip) throw contradiction(`${path} reads an output of the way down, and none is left`);
    const [rows, cols] = skip;
    const { size, channels } = this.at;
    if (rows !== size ** 2) throw contradiction(`${path} has ${size ** 2} pixels and reads an output of ${rows}`);
    this.#grow({ size, channels: channels + cols });
    return cols;
  }

  #keep(): void {
    this.#kept.push([this.at.size ** 2, this.at.channels]);
    if (this.#kept.length > this.mostWaiting.length) this.mostWaiting = [...this.#kept];
  }

  /** diffusers calls the width of a head "attention_head_dim", and of networks that read a text the number of heads. */
  #headsOf(path: string, width: number, level: number, reads: boolean): number {
    const { vision, dialect } = this.settings;
    const { config, tensors } = vision;
    const one = (place: string): number | null => {
      const [stated] = config.everywhere([place]);
      const value = Array.isArray(stated?.value) ? (stated.value as unknown[])[level] : stated?.value;
      if (value === undefined || value === null) return null;
      if (Number.isInteger(value) && Number(value) > 0) return Number(value);
      throw contradiction(`"${place}" is ${shown(value)}, and it must be a whole number from 1`);
    };
    if (!reads && dialect.heads === 'one') return 1;
    const channelsEach = one('num_head_channels');
    const dim = one('attention_head_dim');
    const several = one('num_attention_heads') ?? one('num_heads') ?? (reads ? dim : null);
    const usual = reads || dialect.heads === 'one' ? null : dialect.heads.dim;
    const each = channelsEach ?? (reads ? null : (dim ?? usual));
    let heads = several ?? (each === null ? null : width / each);
    if (heads === null) {
      heads = reads ? HEADS : 1;
      tensors.note(
        `No file beside the weights says how many heads attention has: ${heads} ${reads ? 'are' : 'is'} taken.`,
      );
    }
    if (!Number.isInteger(heads) || width % heads !== 0) {
      throw contradiction(`${heads} heads do not divide the ${width} channels of ${path}`);
    }
    return heads;
  }

  /** A linear layer, also where it is stored as a convolution of single pixels. It has a bias where there is one. */
  #linear(role: Role, path: string, rows: number, cols: number): LinearShape {
    const { vision, source } = this.settings;
    const rank = source.tensors.get(`${path}.weight`)?.shape.length ?? 2;
    if (rank === 2) return vision.linear(role, path, rows, cols, false);
    return vision.plainConvolution(role, path, rows, cols, 1, rank);
  }

  #convolution(role: Role, path: string, channels: number, side: number): LinearShape {
    return this.settings.vision.plainConvolution(
      role,
      path,
      this.settings.vision.size(`${path}.weight`, 0),
      channels,
      side,
    );
  }

  #side(path: string): number {
    return this.settings.source.tensors.get(`${path}.weight`)?.shape[2] ?? 1;
  }

  #has(path: string): boolean {
    return this.settings.vision.tensors.has(`${path}.weight`);
  }

  /** `linears`: a stage each, where no stages are given. */
  #add(
    name: string,
    linears: readonly LinearShape[],
    plan: UNetPlan,
    skip: SkipPlan,
    stages: readonly Stage<LinearShape>[] = linears.map((linear) => ({ linears: [linear] })),
  ): void {
    this.made.push({ index: this.made.length, name, stages, plan, skip });
  }

  #grow(images: Images): Images {
    const [rows, cols] = this.largest;
    if (images.size ** 2 * images.channels > rows * cols) this.largest = [images.size ** 2, images.channels];
    this.at = images;
    return images;
  }
}
