import { describe, expect, it } from 'vitest';
import { isStudioError } from '../base/errors';
import { assertNotQuantized, quantizedKind } from './quantized-tensors';

type Entry = readonly [name: string, dtype: string, ...shape: number[]];

const tensors = (...entries: Entry[]) =>
  new Map(entries.map(([name, dtype, ...shape]) => [name, { dtype, shape }] as const));

/** What every such checkpoint has beside its layers. */
const PLAIN: readonly Entry[] = [
  ['model.embed_tokens.weight', 'F16', 99, 64],
  ['model.norm.weight', 'F16', 64],
];
const L = 'model.layers.0.self_attn.q_proj';

describe('quantized checkpoints', () => {
  it.each<{ title: string; tensor: string; layer: Entry[] }>([
    {
      title: 'GPTQ',
      tensor: `${L}.qweight`,
      layer: [
        [`${L}.qweight`, 'I32', 8, 64],
        [`${L}.qzeros`, 'I32', 2, 8],
        [`${L}.scales`, 'F16', 2, 64],
        [`${L}.g_idx`, 'I32', 64],
      ],
    },
    {
      title: 'GPTQ', // as the first writers did, without g_idx
      tensor: `${L}.qweight`,
      layer: [
        [`${L}.qweight`, 'I32', 8, 64],
        [`${L}.qzeros`, 'I32', 1, 8],
        [`${L}.scales`, 'F32', 1, 64],
      ],
    },
    {
      title: 'GPTQ', // Marlin: no zeros, packed along both
      tensor: `${L}.qweight`,
      layer: [
        [`${L}.qweight`, 'I32', 4, 128],
        [`${L}.scales`, 'F16', 1, 64],
      ],
    },
    {
      title: 'AWQ',
      tensor: `${L}.qweight`,
      layer: [
        [`${L}.qweight`, 'I32', 64, 8],
        [`${L}.qzeros`, 'I32', 1, 8],
        [`${L}.scales`, 'F16', 1, 64],
      ],
    },
    {
      title: 'bitsandbytes 4-bit',
      tensor: `${L}.weight.quant_state.bitsandbytes__nf4`,
      layer: [
        [`${L}.weight`, 'U8', 2048, 1],
        [`${L}.weight.absmax`, 'U8', 64],
        [`${L}.weight.quant_map`, 'F32', 16],
        [`${L}.weight.quant_state.bitsandbytes__nf4`, 'U8', 86],
      ],
    },
    {
      title: 'bitsandbytes 8-bit',
      tensor: `${L}.SCB`,
      layer: [
        [`${L}.weight`, 'I8', 64, 64],
        [`${L}.SCB`, 'F32', 64],
      ],
    },
    {
      title: 'compressed-tensors',
      tensor: `${L}.weight_packed`,
      layer: [
        [`${L}.weight_packed`, 'I32', 64, 8],
        [`${L}.weight_scale`, 'BF16', 64, 1],
        [`${L}.weight_shape`, 'I64', 2],
      ],
    },
    {
      title: 'compressed-tensors or ModelOpt',
      tensor: `${L}.weight_scale`,
      layer: [
        [`${L}.weight`, 'F8_E4M3', 64, 64],
        [`${L}.weight_scale`, 'F32', 1],
      ],
    },
    {
      title: 'block FP8',
      tensor: `${L}.weight_scale_inv`,
      layer: [
        [`${L}.weight`, 'F8_E4M3', 64, 64],
        [`${L}.weight_scale_inv`, 'F32', 1, 1],
      ],
    },
    {
      title: 'AQLM',
      tensor: `${L}.codes`,
      layer: [
        [`${L}.codes`, 'I8', 64, 8, 1],
        [`${L}.codebooks`, 'F16', 1, 256, 1, 8],
        [`${L}.scales`, 'F16', 64, 1, 1, 1],
      ],
    },
    {
      title: 'MLX',
      tensor: `${L}.weight`,
      layer: [
        [`${L}.weight`, 'U32', 64, 8],
        [`${L}.scales`, 'F16', 64, 1],
        [`${L}.biases`, 'F16', 64, 1],
      ],
    },
    {
      title: 'MXFP4',
      tensor: 'model.layers.0.mlp.experts.gate_up_proj_blocks',
      layer: [
        ['model.layers.0.mlp.experts.gate_up_proj_blocks', 'U8', 4, 64, 2, 16],
        ['model.layers.0.mlp.experts.gate_up_proj_scales', 'U8', 4, 64, 2],
      ],
    },
    { title: 'HQQ', tensor: `${L}.W_q`, layer: [[`${L}.W_q`, 'U8', 32, 64]] },
    { title: 'quanto', tensor: `${L}.weight._data`, layer: [[`${L}.weight._data`, 'I8', 64, 64]] },
  ])('of $title are named by a tensor ($tensor)', ({ title, tensor, layer }) => {
    const found = tensors(...PLAIN, ...layer);
    expect(quantizedKind(found)).toMatchObject({ title, tensor });
    try {
      assertNotQuantized(found);
      expect.unreachable();
    } catch (error) {
      if (!isStudioError(error)) throw error;
      expect(error.code).toBe('QS-FILE-01');
      expect(error.message).toContain(`already quantized with ${title}`);
      expect(error.message).toContain(`"${tensor}"`);
    }
  });

  it.each<{ what: string; entries: Entry[] }>([
    { what: 'plain layers', entries: [[`${L}.weight`, 'F16', 64, 64]] },
    {
      what: 'a learned scale beside a plain weight',
      entries: [
        [`${L}.weight`, 'F16', 64, 64],
        [`${L}.weight_scale`, 'F16', 1],
        [`${L}.scales`, 'F16', 4],
      ],
    },
    { what: 'codes without codebooks', entries: [['encoder.codes', 'F32', 8, 8]] },
    { what: 'a buffer of maxima', entries: [['norm.absmax', 'F32', 8]] },
    { what: 'masks and positions in integers', entries: [['h.0.attn.bias', 'U8', 1, 1, 8, 8]] },
  ])('are not seen in $what', ({ entries }) => {
    expect(quantizedKind(tensors(...PLAIN, ...entries))).toBeNull();
  });
});
