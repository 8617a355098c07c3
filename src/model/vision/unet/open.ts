/**
 * U-Nets of diffusion under the names of dialects.ts: levels of residual blocks and attention, down and up again, whose outputs are read
 * once more on the way up. Widths are read off the tensors; what they do not show (groups, heads, sizes) config.json says.
 * Ho et al. 2020, arXiv 2006.11239; Rombach et al. 2022, arXiv 2112.10752.
 */
import { contradiction, shown, unsupported, type Config } from '../../config';
import { numbered, type WeightSource } from '../../model';
import { DDPM_DIFFUSION, LATENT_DIFFUSION } from '../diffusion';
import { diffusionOf } from '../diffusion-config';
import type { ImagePlan, UNet } from '../image-model';
import { VisionSource } from '../infer';
import { UNetBlocks, type Images } from './blocks';
import { DIALECTS, type Dialect } from './dialects';
import { textOf } from './text-plan';

/** Parts of other U-Nets, by the names of their tensors: a network with one of them computes something else. */
const NOT_RUN: Readonly<Record<string, RegExp>> = {
  'embeddings of sizes and pooled texts beside the time (SDXL)': /^add_embedding\./,
  'a projection of the text before the blocks': /^encoder_hid_proj\./,
  'a learned wave of the time': /^time_proj\.weight$/,
  'a class embedding that is a network': /^(class_embedding\.linear_1|.*label_emb\.0\.)/,
  'several transformer blocks one after another (SDXL)': /transformer_blocks\.1\./,
  'gated attention to boxes (GLIGEN)': /\.fuser\.|^position_net\./,
  'motion modules': /\.motion_modules\.|temporal_transformer/,
  'down- and up-sampling within residual blocks':
    /\.(h_upd|x_upd)\.|downsamplers\.0\.(norm1|conv1)\.|upsamplers\.0\.(norm1|conv1)\./,
  'attention to a text by added keys': /\.add_k_proj\./,
};
/** What whole checkpoints hold beside the U-Net, and the schedule's buffers. */
const ASIDE =
  /^(first_stage_model|cond_stage_model|conditioner|model_ema)\.|^(betas|scale_factor|log_one_minus_alphas_cumprod|logvar)$|alphas_cumprod|posterior_/;

/** The signs of all namings, for the table of architectures. */
export const UNET_SIGNS = DIALECTS.map(({ signs }) => signs);

/** Throws QS-FILE-02, -04 or -07. `config` may be null: a bare state dict. */
export function openUNet(source: WeightSource, config: Record<string, unknown> | null): UNet {
  const vision = new VisionSource(source, config);
  const { tensors } = vision;
  const dialect = DIALECTS.find(({ signs }) => signs.every((name) => tensors.has(name))) ?? DIALECTS[0];
  for (const [what, pattern] of Object.entries(NOT_RUN)) {
    const name = [...source.tensors.keys()].find((tensor) => pattern.test(tensor));
    if (name) throw unsupported(`${what} (tensor "${name}")`);
  }
  const act = vision.config.text('act_fn', 'silu');
  if (act !== 'silu' && act !== 'swish') throw unsupported(`the activation "${act}"`);
  const image = imageOf(vision, dialect);
  const steer = vision.size(`${dialect.time[1]}.weight`, 0);
  const text = textOf(vision, source);
  const settings = { dialect, vision, source, steer, text };
  const blocks = new UNetBlocks(settings, { size: image.size, channels: image.channels });
  blocks.convolution('in', dialect.input);
  for (const group of dialect.groups((path) => tensors.has(`${path}.weight`))) blocks.group(group);
  const { channels } = blocks.at;
  const given = vision.size(`${dialect.output}.weight`, 0);
  if (given !== image.channels && given !== 2 * image.channels) {
    throw contradiction(
      `the last convolution gives ${given} channels for ${image.channels}, and it must give as many or twice as many`,
    );
  }
  const end: Images = blocks.convolution('out', dialect.output, blocks.groupNorm(dialect.outputNorm, channels));
  if (blocks.waiting > 0 || end.size !== image.size) {
    throw contradiction(
      `the way up ends at ${end.size} × ${end.size} pixels with ${blocks.waiting} outputs of the way down unread, and images are ${image.size} × ${image.size}`,
    );
  }
  const wave = vision.size(`${dialect.time[0]}.weight`, 1);
  const labels = dialect.classes && tensors.has(`${dialect.classes}.weight`) ? `${dialect.classes}.weight` : null;
  const classes = labels ? vision.size(labels, 0) : 0;
  return {
    architecture: 'UNet',
    title: 'U-Net',
    task: 'diffusion',
    hidden: vision.size(`${dialect.input}.weight`, 0),
    residual: blocks.largest,
    waiting: blocks.mostWaiting,
    image,
    tokens: image.size ** 2,
    classes,
    classNames: vision.classNames(classes),
    diffusion: diffusionOf(vision.config, image.scaling ? DDPM_DIFFUSION : LATENT_DIFFUSION),
    learnsVariance: given === 2 * image.channels,
    unasked: classes === 0,
    context: { steer, tokens: text && [text.tokens, text.width] },
    blocks: numbered(blocks.made),
    ends: {
      time: [vision.linear('fc', dialect.time[0], steer, wave), vision.linear('fc', dialect.time[1], steer, steer)],
      wave: {
        size: wave,
        sinesFirst: !vision.config.flag('flip_sin_to_cos', !dialect.wave.sinesFirst),
        shift: shiftOf(vision.config, dialect),
      },
      labels: labels && tensors.expect(labels, [classes, steer]),
      text,
    },
    notes: tensors.finish(ASIDE),
    parameters: tensors.parameters,
  };
}

/** Of images in −1 … 1, or of latents, which nobody scales. */
function imageOf(vision: VisionSource, { input, title }: Dialect): ImagePlan {
  const { config, tensors } = vision;
  const channels = vision.size(`${input}.weight`, 1);
  const stated = config.side('sample_size');
  const size = stated ?? (channels === 4 ? 64 : 32);
  if (stated === null) {
    tensors.note(
      `No file beside the weights says how large images are: ${size} × ${size} is taken, as networks of ${title} with ${channels} channels mostly have.`,
    );
  }
  if (config.section('image')) return vision.pixels(channels, size);
  if (channels !== 3 && channels !== 1) return { channels, size, patch: 1, stride: 1, scaling: null };
  const half = Array<number>(channels).fill(0.5);
  return { channels, size, patch: 1, stride: 1, scaling: { mean: half, deviation: half } };
}

function shiftOf(config: Config, { wave }: Dialect): number {
  const [stated] = config.everywhere(['freq_shift']);
  if (!stated) return wave.shift;
  if (stated.value === 0 || stated.value === 1) return stated.value;
  throw contradiction(`"freq_shift" is ${shown(stated.value)}, and it must be 0 or 1`);
}
