/** Stable Diffusion 1.5's U-Net by its published config.json: names and shapes of its tensors, with values drawn as they are read. */
import { Random } from '../src/base/random';
import type { WeightSource } from '../src/model/model';

/** unet/config.json, as far as shapes and the forward pass depend on it. */
export const SD15_CONFIG = {
  _class_name: 'UNet2DConditionModel',
  sample_size: 64,
  in_channels: 4,
  out_channels: 4,
  block_out_channels: [320, 640, 1280, 1280],
  down_block_types: ['CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'CrossAttnDownBlock2D', 'DownBlock2D'],
  up_block_types: ['UpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D', 'CrossAttnUpBlock2D'],
  layers_per_block: 2,
  cross_attention_dim: 768,
  attention_head_dim: 8,
  norm_num_groups: 32,
  norm_eps: 1e-5,
  act_fn: 'silu',
  downsample_padding: 1,
  flip_sin_to_cos: true,
  freq_shift: 0,
};

type Shapes = Record<string, readonly number[]>;

export function unetShapes(config: typeof SD15_CONFIG): Shapes {
  const widths = config.block_out_channels;
  const time = 4 * widths[0];
  const shapes: Shapes = {};
  const layer = (path: string, out: number, into: number, side = 0, bias = true) => {
    shapes[`${path}.weight`] = side > 0 ? [out, into, side, side] : [out, into];
    if (bias) shapes[`${path}.bias`] = [out];
  };
  const norm = (path: string, width: number) => {
    shapes[`${path}.weight`] = [width];
    shapes[`${path}.bias`] = [width];
  };
  const resnet = (path: string, into: number, out: number) => {
    norm(`${path}.norm1`, into);
    layer(`${path}.conv1`, out, into, 3);
    layer(`${path}.time_emb_proj`, out, time);
    norm(`${path}.norm2`, out);
    layer(`${path}.conv2`, out, out, 3);
    if (into !== out) layer(`${path}.conv_shortcut`, out, into, 1);
  };
  const transformer = (path: string, width: number) => {
    norm(`${path}.norm`, width);
    layer(`${path}.proj_in`, width, width, 1);
    const block = `${path}.transformer_blocks.0`;
    for (const [name, from] of [
      ['attn1', width],
      ['attn2', config.cross_attention_dim],
    ] as const) {
      layer(`${block}.${name}.to_q`, width, width, 0, false);
      layer(`${block}.${name}.to_k`, width, from, 0, false);
      layer(`${block}.${name}.to_v`, width, from, 0, false);
      layer(`${block}.${name}.to_out.0`, width, width);
    }
    layer(`${block}.ff.net.0.proj`, 8 * width, width);
    layer(`${block}.ff.net.2`, width, 4 * width);
    for (const i of [1, 2, 3]) norm(`${block}.norm${i}`, width);
    layer(`${path}.proj_out`, width, width, 1);
  };
  layer('conv_in', widths[0], config.in_channels, 3);
  layer('time_embedding.linear_1', time, widths[0]);
  layer('time_embedding.linear_2', time, time);
  const skips = [widths[0]];
  let at = widths[0];
  widths.forEach((width, k) => {
    for (let j = 0; j < config.layers_per_block; j++) {
      resnet(`down_blocks.${k}.resnets.${j}`, at, width);
      at = width;
      if (config.down_block_types[k].startsWith('Cross')) transformer(`down_blocks.${k}.attentions.${j}`, width);
      skips.push(width);
    }
    if (k === widths.length - 1) return;
    layer(`down_blocks.${k}.downsamplers.0.conv`, width, width, 3);
    skips.push(width);
  });
  resnet('mid_block.resnets.0', at, at);
  transformer('mid_block.attentions.0', at);
  resnet('mid_block.resnets.1', at, at);
  [...widths].reverse().forEach((width, k) => {
    for (let j = 0; j <= config.layers_per_block; j++) {
      resnet(`up_blocks.${k}.resnets.${j}`, at + (skips.pop() ?? 0), width);
      at = width;
      if (config.up_block_types[k].startsWith('Cross')) transformer(`up_blocks.${k}.attentions.${j}`, width);
    }
    if (k < widths.length - 1) layer(`up_blocks.${k}.upsamplers.0.conv`, width, width, 3);
  });
  norm('conv_norm_out', widths[0]);
  layer('conv_out', config.out_channels, widths[0], 3);
  return shapes;
}

/** Weights that keep what flows through them at its size; gains of norms about 1. */
export function randomWeights(config: typeof SD15_CONFIG): WeightSource {
  const tensors = new Map(Object.entries(unetShapes(config)).map(([name, shape]) => [name, { shape, dtype: 'F16' }]));
  const read = (name: string) => {
    const shape = tensors.get(name)?.shape ?? [];
    const size = shape.reduce((product, n) => product * n, 1);
    const drawn = new Random(name.length).normals(size, shape.length > 1 ? (size / shape[0]) ** -0.5 : 0.02);
    return /norm\w*\.weight$/.test(name) ? drawn.map((value) => 1 + value) : drawn;
  };
  return {
    config,
    tensors,
    read: (name) => Promise.resolve(read(name)),
    readRange: (name, first, last) => Promise.resolve(read(name).subarray(first, last)),
  };
}
