import type { FamilyId } from '../method/face';

/**
 * safetensors: dequantized, drops in where the source was; gptq: codes packed for GPTQ loaders; aqlm: one codebook a layer, for AQLM
 * loaders; codebook: the studio's own, which holds every codebook layer as it is (docs/codebook-format.md); own: the studio's file of a whole
 * row, with what acts while the network runs (docs/row-format.md).
 */
export type WeightFormat = 'safetensors' | 'gptq' | 'aqlm' | 'codebook' | 'own';

export const FORMATS: Readonly<Record<WeightFormat, { readonly families: readonly FamilyId[] }>> = {
  safetensors: { families: ['affine', 'codebook', 'kept'] },
  gptq: { families: ['affine'] },
  aqlm: { families: ['codebook'] },
  codebook: { families: ['codebook'] },
  own: { families: ['affine', 'codebook', 'kept'] },
};

export const WEIGHT_FORMATS = Object.keys(FORMATS) as WeightFormat[];

/** What a family's rows can be exported in. */
export function formatsOf(family: FamilyId): WeightFormat[] {
  return WEIGHT_FORMATS.filter((format) => FORMATS[format].families.includes(family));
}
