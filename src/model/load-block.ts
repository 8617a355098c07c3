/** Loads a block, without its linears' weights, by the kind of its plan: a new kind of block is its file and its line here. */
import type { Gpu } from '../gpu/gpu';
import type { Block, WeightSource } from './model';
import type { Leaves } from './norm';
import type { StagedBlock } from './staged-block';
import { loadTransformerBlock } from './transformer-block';
import { loadDitBlock } from './vision/dit-block';
import { loadConvolutionBlock } from './vision/convolution-block';
import { loadUNetAttention } from './vision/unet/attention';
import { loadUNetConvolution } from './vision/unet/convolution';
import { loadUNetResidual } from './vision/unet/residual';
import { loadUNetTransformer } from './vision/unet/transformer';
import { loadMambaBlock } from './vision/mamba-block';

/** `leaves`: of its norms, in the place of the source's. */
export function loadStagedBlock(
  gpu: Gpu,
  source: WeightSource,
  block: Block,
  leaves: Leaves = new Map(),
): Promise<StagedBlock> {
  const { plan } = block;
  switch (plan.kind) {
    case 'transformer':
      return loadTransformerBlock(gpu, source, block, plan, leaves);
    case 'dit':
      return loadDitBlock(gpu, source, block, plan);
    case 'mamba':
      return loadMambaBlock(gpu, source, block, plan, leaves);
    case 'convolution':
      return loadConvolutionBlock(gpu, source, block, plan);
    case 'unet-convolution':
      return loadUNetConvolution(gpu, source, block, plan);
    case 'unet-residual':
      return loadUNetResidual(gpu, source, block, plan);
    case 'unet-attention':
      return loadUNetAttention(gpu, source, block, plan);
    case 'unet-transformer':
      return loadUNetTransformer(gpu, source, block, plan);
  }
}
