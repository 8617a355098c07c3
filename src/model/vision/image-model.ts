/**
 * What the studio knows of a network on images: as of a language model (../model.ts), its linears in calibration order and plans from
 * which its ends are loaded. An image is channels × size × size, cut into square patches that become tokens, row by row.
 */
import type { ContextShape, LinearShape, Network, NormPlan } from '../model';
import type { DiffusionSettings } from './diffusion';

export type ImageModel = Classifier | DiffusionNetwork;

interface OnImages extends Network {
  readonly image: ImagePlan;
  /** Tokens an image becomes, a class token included. */
  readonly tokens: number;
  /** 0 where a classifier has no head. */
  readonly classes: number;
  /** In the order of the class numbers; null where nobody says. */
  readonly classNames: readonly string[] | null;
}

export interface Classifier extends OnImages {
  readonly task: 'classification';
  readonly ends: ClassifierEnds;
}

/** Predicts the noise in an image; asked for a class, or for a caption, which is then called one (`classNames`), or for nothing. */
export interface DiffusionNetwork extends OnImages {
  readonly task: 'diffusion';
  readonly diffusion: DiffusionSettings;
  /** Whether the network also says where each variance lies between its bounds. */
  readonly learnsVariance: boolean;
  /** Whether it can be asked for nothing, as guidance does. */
  readonly unasked: boolean;
  readonly context: ContextShape;
  readonly ends: DiffusionEnds | UNetEnds;
}

export interface DiffusionTransformer extends DiffusionNetwork {
  readonly ends: DiffusionEnds;
}

export interface UNet extends DiffusionNetwork {
  readonly ends: UNetEnds;
}

export interface ImagePlan {
  readonly channels: number;
  /** Height and width. */
  readonly size: number;
  readonly patch: number;
  /** From patch to patch; where it is smaller than the patch, patches overlap. */
  readonly stride: number;
  /** A pixel value v of 0 … 255 enters as (v / 255 − mean) / deviation, by channel; null for latents. */
  readonly scaling: { readonly mean: readonly number[]; readonly deviation: readonly number[] } | null;
}

/** The convolution over patches, hidden × channels × patch × patch, with its bias; learned or fixed positions, tokens × hidden. */
export interface PatchPlan {
  readonly weight: string;
  readonly bias: string;
  readonly positions: string;
}

export type ClassifierEnds = TokenEnds | PooledEnds;

/** Patches that become tokens, and a class token whose norm the head reads. */
export interface TokenEnds {
  readonly patches: PatchPlan;
  readonly classToken: string;
  /** Its place among the tokens. */
  readonly classPlace: number;
  readonly norm: NormPlan;
  /** Null where the network has none and ends with its features. */
  readonly head: LinearShape | null;
}

/** Pixels enter as they are, and the head reads the mean of the last images over so many pixels. */
export interface PooledEnds {
  readonly pooled: number;
  readonly head: LinearShape | null;
}

export interface DiffusionEnds {
  readonly patches: PatchPlan;
  /** Two linears with SiLU between them, from `timeWaves` cosines and sines. */
  readonly time: readonly [LinearShape, LinearShape];
  readonly timeWaves: number;
  /** (classes + 1) × hidden; the last row is "no class". */
  readonly labels: string;
  /** To shift and scale before the last linear. */
  readonly modulation: LinearShape;
  readonly last: LinearShape;
  readonly eps: number;
}

/** Pixels enter as they are, and the last block gives the prediction. */
export interface UNetEnds {
  /** Two linears with SiLU between them, from a wave of the time. */
  readonly time: readonly [LinearShape, LinearShape];
  readonly wave: WavePlan;
  /** classes × the time embedding's width, which is added to it; null where there are no classes. */
  readonly labels: string | null;
  readonly text: TextPlan | null;
}

export interface WavePlan {
  readonly size: number;
  readonly sinesFirst: boolean;
  /** Taken off half the size, which frequencies are spread over. */
  readonly shift: number;
}

/** What becomes of a caption: words looked up, with their places, and a LayerNorm. */
export interface TextPlan {
  /** Of a caption. */
  readonly tokens: number;
  readonly width: number;
  /** Null where the file has no text encoder: what blocks look at is then drawn. */
  readonly encoder: {
    readonly words: string;
    readonly places: string;
    readonly norm: NormPlan;
    /** By token; null where no file says. */
    readonly vocabulary: readonly string[] | null;
    readonly start: string;
    readonly pad: string;
  } | null;
}

/** Numbers in one image. */
export function imageLength({ channels, size }: ImagePlan): number {
  return channels * size * size;
}

/** Patches in one image. */
export function patchCount({ size, patch, stride }: ImagePlan): number {
  return ((size - patch) / stride + 1) ** 2;
}
