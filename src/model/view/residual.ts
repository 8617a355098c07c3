/**
 * The residual stream of a network: which tensors write into it and which read from it, and through which norm. It is what a rotation of
 * the stream has to know of an architecture; no table of layer names does.
 *
 * Every site is a tensor with the axis along which its vectors lie in the stream. Readers stand behind a norm, so that its gain can go into
 * them; a norm's bias, where there is one, is itself a vector in the stream.
 */
import type { AnyNetwork } from '../architecture';
import { attends, isOfUNet, type Block, type LinearShape, type Model, type NormPlan } from '../model';
import type { Classifier } from '../vision/image-model';
import type { Axis } from './edits';

export interface Site {
  readonly tensor: string;
  readonly axis: Axis;
}

/** Where what reads the stream lies, and the bias that may take what it makes of a constant; null where it has none. */
export interface Reader extends Site {
  readonly bias: string | null;
}

export interface NormReaders {
  readonly norm: NormPlan;
  readonly readers: readonly Reader[];
}

export interface ResidualStream {
  readonly width: number;
  readonly writers: readonly Site[];
  readonly norms: readonly NormReaders[];
}

/** Where a linear layer's inputs lie. */
export function inputsOf({ weight, layout }: LinearShape): Site {
  return { tensor: weight, axis: layout === 'out-in' ? 'last' : 'first' };
}

function readerOf(linear: LinearShape): Reader {
  return { ...inputsOf(linear), bias: linear.bias };
}

/** Where its outputs do, its bias among them. */
export function outputsOf({ weight, layout, bias }: LinearShape): Site[] {
  const own: Site = { tensor: weight, axis: layout === 'out-in' ? 'first' : 'last' };
  return bias === null ? [own] : [own, { tensor: bias, axis: 'last' }];
}

/** The stream, or one sentence that says why it cannot be had. */
export function residualOf(network: AnyNetwork): ResidualStream | { readonly refusal: string } {
  if (!('task' in network)) return ofText(network);
  if (network.task === 'classification') return ofClassifier(network);
  if (network.blocks.some(({ plan }) => isOfUNet(plan))) {
    return {
      refusal:
        'The residual stream of a U-Net cannot be rotated: it differs in width from level to level, and its norms are of groups of channels.',
    };
  }
  return {
    refusal:
      'The residual stream of a DiT cannot be rotated: its norms are scaled and shifted anew for every image, channel by channel (adaLN).',
  };
}

function ofText({ hidden, blocks, ends }: Model): ResidualStream | { readonly refusal: string } {
  const parts = blocks.map(ofBlock);
  if (ends.head === ends.embedding) {
    throw new Error('bug: the residual stream of a network whose head is its embedding: untie them first');
  }
  const sites = [ends.embedding, ends.positions].flatMap((tensor): Site[] =>
    tensor === null ? [] : [{ tensor, axis: 'last' }],
  );
  return {
    width: hidden,
    writers: [...sites, ...parts.flatMap(({ writers }) => writers)],
    norms: [
      ...parts.flatMap(({ norms }) => norms),
      { norm: ends.norm, readers: ends.head === null ? [] : [{ tensor: ends.head, axis: 'last', bias: null }] },
    ],
  };
}

function ofClassifier({ hidden, blocks, ends }: Classifier): ResidualStream | { readonly refusal: string } {
  if (ends.head === null) {
    return { refusal: 'The network ends with its features, which a rotation of the residual stream would turn.' };
  }
  if ('pooled' in ends) {
    return {
      refusal: 'The residual stream of a ResNet cannot be rotated: a ReLU stands behind every addition to it.',
    };
  }
  const parts = blocks.map(ofBlock);
  const { patches, classToken } = ends;
  return {
    width: hidden,
    writers: [
      { tensor: patches.weight, axis: 'first' },
      ...[patches.bias, patches.positions, classToken].map((tensor): Site => ({ tensor, axis: 'last' })),
      ...parts.flatMap(({ writers }) => writers),
    ],
    norms: [...parts.flatMap(({ norms }) => norms), { norm: ends.norm, readers: [readerOf(ends.head)] }],
  };
}

type Part = Pick<ResidualStream, 'writers' | 'norms'>;

/** Reads where a stage's inputs are norms of the stream, writes where its outputs are added to it. */
function ofBlock({ stages, plan, name }: Block): Part {
  const readers = (stage: number) => stages[stage].linears.map(readerOf);
  const writers = (stage: number) => stages[stage].linears.flatMap(outputsOf);
  switch (plan.kind) {
    case 'transformer':
      return {
        writers: [...writers(1), ...writers(3)],
        norms: [
          { norm: plan.inputNorm, readers: readers(0) },
          { norm: plan.outputNorm, readers: readers(2) },
        ],
      };
    case 'mamba':
      return { writers: writers(stages.length - 1), norms: [{ norm: plan.norm, readers: readers(0) }] };
    case 'dit':
      throw new Error(`bug: ${name} is steered, and has no residual stream of its own`);
    case 'convolution':
    case 'unet-convolution':
    case 'unet-residual':
    case 'unet-attention':
    case 'unet-transformer':
      throw new Error(`bug: ${name} has images, and no residual stream of one width`);
  }
}

/** The stretches of a block's values and of their readers, head by head: where a change of each head goes in and out. */
export interface ValueHeads {
  readonly dim: number;
  /** The stage that reads them. */
  readonly stage: number;
  /** v's outputs: `count` heads from `first` on among `size`. */
  readonly values: readonly (Site & { readonly size: number; readonly first: number; readonly count: number })[];
  /** o's inputs, all of it heads. */
  readonly output: Site & { readonly size: number; readonly count: number };
}

/** Null where a block has no attention. */
export function valueHeadsOf({ stages, plan }: Block): ValueHeads | null {
  if (!attends(plan)) return null;
  const stage = plan.kind === 'dit' ? 2 : 1;
  const [output] = stages[stage].linears;
  const inner = output.cols;
  const { heads, keyHeads, dim } =
    plan.kind === 'dit' ? { heads: plan.heads, keyHeads: plan.heads, dim: inner / plan.heads } : plan.attention;
  const before = stages[stage - 1].linears;
  const fused = before[0].role === 'qkv';
  const value = fused ? before[0] : before.find(({ role }) => role === 'v');
  if (!value) throw new Error('bug: attention without values');
  const place = { size: value.rows, first: fused ? (heads + keyHeads) * dim : 0, count: keyHeads };
  return {
    dim,
    stage,
    values: outputsOf(value).map((site) => ({ ...site, ...place })),
    output: { ...inputsOf(output), size: inner, count: heads },
  };
}
