/**
 * The names under which a U-Net's tensors come: diffusers' (UNet2DModel, UNet2DConditionModel), those of the latent-diffusion and
 * guided-diffusion code (whose blocks are numbered through), and DDPM's (pesser/pytorch_diffusion; up.0 is the finest level, where
 * diffusers' up_blocks.0 is the coarsest). It is one network; a further naming is its table here.
 */

/** Blocks one after another, of which the first may read a skip and the last may be kept for one. */
export interface Group {
  readonly parts: readonly Part[];
  readonly reads: boolean;
  readonly keeps: boolean;
}

export interface Part {
  readonly kind: 'convolution' | 'residual' | 'attention' | 'down' | 'up';
  readonly path: string;
  /** Halvings before it, for settings by level. */
  readonly level: number;
}

export interface Dialect {
  readonly title: string;
  /** Tensors that together only this naming has. */
  readonly signs: readonly string[];
  readonly input: string;
  readonly outputNorm: string;
  readonly output: string;
  readonly time: readonly [string, string];
  /** Of the wave: sines before cosines, and what is taken off half its width in the exponent; where no config says otherwise. */
  readonly wave: { readonly sinesFirst: boolean; readonly shift: number };
  readonly classes: string | null;
  /** Of a plain attention: columns of a head where no config says, or one head, whatever a config says. */
  readonly heads: { readonly dim: number | null } | 'one';
  readonly residual: ResidualNames;
  /** Of GroupNorms where no config says. */
  readonly eps: number;
  /** How many zeros a convolution to half the size has above and to the left; below and to the right there is one. */
  readonly downPadding: number;
  /** All between the first convolution and the last norm, in order; `has` a module's weight. */
  groups(has: (path: string) => boolean): Group[];
}

export interface ResidualNames {
  readonly norm1: string;
  readonly conv1: string;
  readonly time: string;
  readonly norm2: string;
  readonly conv2: string;
  readonly shortcut: string;
}

/** What a plain attention is called, in each naming. */
export const ATTENTION_NAMES = [
  { norm: 'group_norm', qkv: ['to_q', 'to_k', 'to_v'], output: 'to_out.0' },
  { norm: 'group_norm', qkv: ['query', 'key', 'value'], output: 'proj_attn' },
  { norm: 'norm', qkv: ['q', 'k', 'v'], output: 'proj_out' },
  { norm: 'norm', qkv: ['qkv'], output: 'proj_out' },
] as const;

const DIFFUSERS: Dialect = {
  title: 'diffusers',
  signs: ['conv_in.weight', 'down_blocks.0.resnets.0.conv1.weight', 'time_embedding.linear_1.weight'],
  input: 'conv_in',
  outputNorm: 'conv_norm_out',
  output: 'conv_out',
  time: ['time_embedding.linear_1', 'time_embedding.linear_2'],
  wave: { sinesFirst: false, shift: 0 },
  classes: 'class_embedding',
  heads: { dim: 8 },
  residual: {
    ...{ norm1: 'norm1', conv1: 'conv1', time: 'time_emb_proj', norm2: 'norm2', conv2: 'conv2' },
    shortcut: 'conv_shortcut',
  },
  eps: 1e-5,
  downPadding: 1,
  groups(has) {
    const resnets = (block: string) => counted((j) => has(`${block}.resnets.${j}.conv1`));
    const down = counted((k) => has(`down_blocks.${k}.resnets.0.conv1`));
    const up = counted((k) => has(`up_blocks.${k}.resnets.0.conv1`));
    return levels({
      has,
      down: down.map((k) => ({
        blocks: resnets(`down_blocks.${k}`).map((j) => pairOf(`down_blocks.${k}`, `resnets.${j}`, `attentions.${j}`)),
        resample: `down_blocks.${k}.downsamplers.0.conv`,
      })),
      middle: ['mid_block.resnets.0', 'mid_block.attentions.0', 'mid_block.resnets.1'],
      up: up.map((k) => ({
        blocks: resnets(`up_blocks.${k}`).map((j) => pairOf(`up_blocks.${k}`, `resnets.${j}`, `attentions.${j}`)),
        resample: `up_blocks.${k}.upsamplers.0.conv`,
      })),
      conv1: 'conv1',
    });
  },
};

const DDPM: Dialect = {
  title: 'DDPM',
  signs: ['conv_in.weight', 'down.0.block.0.conv1.weight', 'temb.dense.0.weight'],
  input: 'conv_in',
  outputNorm: 'norm_out',
  output: 'conv_out',
  time: ['temb.dense.0', 'temb.dense.1'],
  wave: { sinesFirst: true, shift: 1 },
  classes: null,
  heads: 'one',
  residual: {
    ...{ norm1: 'norm1', conv1: 'conv1', time: 'temb_proj', norm2: 'norm2', conv2: 'conv2' },
    shortcut: 'nin_shortcut',
  },
  eps: 1e-6,
  downPadding: 0,
  groups(has) {
    const blocks = (level: string) =>
      counted((j) => has(`${level}.block.${j}.conv1`)).map((j) => pairOf(level, `block.${j}`, `attn.${j}`));
    return levels({
      has,
      down: counted((l) => has(`down.${l}.block.0.conv1`)).map((l) => ({
        blocks: blocks(`down.${l}`),
        resample: `down.${l}.downsample.conv`,
      })),
      middle: ['mid.block_1', 'mid.attn_1', 'mid.block_2'],
      up: counted((l) => has(`up.${l}.block.0.conv1`))
        .reverse()
        .map((l) => ({ blocks: blocks(`up.${l}`), resample: `up.${l}.upsample.conv` })),
      conv1: 'conv1',
    });
  },
};

/** `prefix`: of whole checkpoints 'model.diffusion_model.'. */
function latentDiffusion(prefix: string): Dialect {
  const named = (path: string) => `${prefix}${path}`;
  return {
    title: 'latent diffusion',
    signs: ['input_blocks.0.0.weight', 'time_embed.0.weight', 'middle_block.0.in_layers.0.weight'].map(named),
    input: named('input_blocks.0.0'),
    outputNorm: named('out.0'),
    output: named('out.2'),
    time: [named('time_embed.0'), named('time_embed.2')],
    wave: { sinesFirst: false, shift: 0 },
    classes: named('label_emb'),
    heads: { dim: null },
    residual: {
      ...{ norm1: 'in_layers.0', conv1: 'in_layers.2', time: 'emb_layers.1', norm2: 'out_layers.0' },
      ...{ conv2: 'out_layers.3', shortcut: 'skip_connection' },
    },
    eps: 1e-5,
    downPadding: 1,
    groups(has) {
      let level = 0;
      const part = (kind: Part['kind'], path: string): Part => ({ kind, path: named(path), level });
      const block = (path: string) => has(named(`${path}.in_layers.2`));
      const attends = (path: string) => has(named(`${path}.proj_out`));
      const groups: Group[] = [];
      for (let i = 1; has(named(`input_blocks.${i}.0.op`)) || block(`input_blocks.${i}.0`); i++) {
        const [own, beside] = [`input_blocks.${i}.0`, `input_blocks.${i}.1`];
        if (has(named(`${own}.op`))) {
          groups.push({ parts: [part('down', `${own}.op`)], reads: false, keeps: true });
          level++;
        } else {
          const parts = [part('residual', own), ...(attends(beside) ? [part('attention', beside)] : [])];
          groups.push({ parts, reads: false, keeps: true });
        }
      }
      const middle: Part[] = [];
      for (let j = 0; ; j++) {
        const path = `middle_block.${j}`;
        if (block(path)) middle.push(part('residual', path));
        else if (attends(path)) middle.push(part('attention', path));
        else break;
      }
      groups.push({ parts: middle, reads: false, keeps: false });
      for (let i = 0; block(`output_blocks.${i}.0`); i++) {
        const path = `output_blocks.${i}`;
        const parts = [part('residual', `${path}.0`)];
        if (attends(`${path}.1`)) parts.push(part('attention', `${path}.1`));
        const up = [1, 2].map((j) => `${path}.${j}.conv`).find((conv) => has(named(conv)));
        groups.push({ parts: up ? [...parts, part('up', up)] : parts, reads: true, keeps: false });
        if (up) level--;
      }
      return groups;
    },
  };
}

/** All namings; the first whose tensors are there counts. */
export const DIALECTS: readonly Dialect[] = [
  DIFFUSERS,
  latentDiffusion('model.diffusion_model.'),
  latentDiffusion(''),
  DDPM,
];

interface Level {
  readonly blocks: readonly { readonly residual: string; readonly attention: string }[];
  readonly resample: string;
}

/** Of namings that number levels and their blocks. */
function levels({
  has,
  down,
  middle,
  up,
  conv1,
}: {
  readonly has: (path: string) => boolean;
  readonly down: readonly Level[];
  readonly middle: readonly [string, string, string];
  readonly up: readonly Level[];
  readonly conv1: string;
}): Group[] {
  // Told by a tensor that every naming of an attention has.
  const attends = (path: string) =>
    has(`${path}.proj_in`) || ATTENTION_NAMES.some(({ output }) => has(`${path}.${output}`));
  const pair = ({ residual, attention }: Level['blocks'][number], level: number): Part[] => [
    { kind: 'residual', path: residual, level },
    ...(attends(attention) ? [{ kind: 'attention', path: attention, level } as const] : []),
  ];
  const groups: Group[] = [];
  let level = 0;
  for (const { blocks, resample } of down) {
    for (const block of blocks) groups.push({ parts: pair(block, level), reads: false, keeps: true });
    if (!has(resample)) continue;
    groups.push({ parts: [{ kind: 'down', path: resample, level }], reads: false, keeps: true });
    level++;
  }
  const [first, attention, second] = middle;
  groups.push({
    parts: [
      ...pair({ residual: first, attention }, level),
      ...(has(`${second}.${conv1}`) ? [{ kind: 'residual', path: second, level } as const] : []),
    ],
    reads: false,
    keeps: false,
  });
  for (const { blocks, resample } of up) {
    for (const block of blocks) groups.push({ parts: pair(block, level), reads: true, keeps: false });
    if (!has(resample)) continue;
    groups.push({ parts: [{ kind: 'up', path: resample, level }], reads: false, keeps: false });
    level--;
  }
  return groups;
}

function pairOf(level: string, residual: string, attention: string) {
  return { residual: `${level}.${residual}`, attention: `${level}.${attention}` };
}

/** 0, 1, 2 … as far as there is one. */
function counted(is: (index: number) => boolean): number[] {
  const found: number[] = [];
  while (is(found.length)) found.push(found.length);
  return found;
}
