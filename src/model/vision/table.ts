/** The table of networks on images: a new one is its file beside this one, and its line here. */
import type { WeightSource } from '../model';
import { openDiT } from './dit';
import type { ImageModel } from './image-model';
import { openResNet } from './resnet';
import { openViT } from './vit';
import { signsOf, VIT_NAMES } from './vit-names';
import { openUNet, UNET_SIGNS } from './unet/open';
import { openVim } from './vim';

export interface ImageArchitecture {
  readonly title: string;
  /** Tensors that together only this architecture's files have, in each of their namings. They often come without a config. */
  readonly signs: readonly (readonly string[])[];
  /** Throws QS-FILE-02, -04 or -07; `config` is null for a bare state dict. */
  open(source: WeightSource, config: Record<string, unknown> | null): ImageModel;
}

export const IMAGE_ARCHITECTURES: readonly ImageArchitecture[] = [
  { title: 'DiT', signs: [['blocks.0.adaLN_modulation.1.weight']], open: openDiT },
  { title: 'U-Net', signs: UNET_SIGNS, open: openUNet },
  { title: 'Vision Mamba', signs: [['layers.0.mixer.in_proj.weight', 'patch_embed.proj.weight']], open: openVim },
  { title: 'ResNet', signs: [['conv1.weight', 'layer1.0.conv1.weight']], open: openResNet },
  { title: 'ViT', signs: VIT_NAMES.map(signsOf), open: openViT },
];
