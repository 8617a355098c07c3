/**
 * What the studio knows of a network on images: as of a language model (../model.ts), its linears in calibration order and plans from
 * which its ends are loaded. An image is channels × size × size, cut into square patches that become tokens, row by row.
 */
import type { LinearShape, Network, NormPlan } from '../model';
import type { DiffusionSettings } from './diffusion';

export type ImageModel = Classifier | DiffusionTransformer;

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

export interface DiffusionTransformer extends OnImages {
  readonly task: 'diffusion';
  readonly diffusion: DiffusionSettings;
  /** Whether the network also says where each variance lies between its bounds. */
  readonly learnsVariance: boolean;
  readonly ends: DiffusionEnds;
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

/** Numbers in one image. */
export function imageLength({ channels, size }: ImagePlan): number {
  return channels * size * size;
}

/** Patches in one image. */
export function patchCount({ size, patch, stride }: ImagePlan): number {
  return ((size - patch) / stride + 1) ** 2;
}
