/** One vision transformer under all its names: the same classes, whatever its tensors are called. */
import { describe, expect, it } from 'vitest';
import { testGpu } from '../../gpu/testing/gpus';
import { relativeDifference } from '../../tensor/testing';
import { openNetwork } from '../architecture';
import { linearsIn } from '../linears';
import { memoryWeights, withTensor, type MemorySource } from '../testing/fixtures';
import { loadVisionFixture } from '../testing/vision-fixtures';
import type { Classifier } from './image-model';
import { ImageClassifier } from './image-network';
import { toPatches } from './patches';

const gpu = await testGpu();
const { source, images, expected } = await loadVisionFixture('vit');

/** timm's names to those of transformers. */
const NAMES: readonly (readonly [RegExp, string])[] = [
  [/^cls_token$/, 'embeddings.cls_token'],
  [/^pos_embed$/, 'embeddings.position_embeddings'],
  [/^patch_embed\.proj/, 'embeddings.patch_embeddings.projection'],
  [/^norm/, 'layernorm'],
  [/^blocks\.(\d+)\.norm1/, 'encoder.layer.$1.layernorm_before'],
  [/^blocks\.(\d+)\.norm2/, 'encoder.layer.$1.layernorm_after'],
  [/^blocks\.(\d+)\.attn\.proj/, 'encoder.layer.$1.attention.output.dense'],
  [/^blocks\.(\d+)\.mlp\.fc1/, 'encoder.layer.$1.intermediate.dense'],
  [/^blocks\.(\d+)\.mlp\.fc2/, 'encoder.layer.$1.output.dense'],
];

/** The fixture as transformers would write it; the fused projection in three. */
function huggingFace(prefix: string, config: Record<string, unknown> = {}): MemorySource {
  const tensors: MemorySource['tensors'] = new Map();
  for (const [name, tensor] of source.tensors) {
    const fused = /^blocks\.(\d+)\.attn\.qkv\.(\w+)$/.exec(name);
    const rows = tensor.shape[0] / 3;
    const length = tensor.values.length / 3;
    if (fused) {
      ['query', 'key', 'value'].forEach((part, i) =>
        tensors.set(`${prefix}encoder.layer.${fused[1]}.attention.attention.${part}.${fused[2]}`, {
          ...tensor,
          shape: [rows, ...tensor.shape.slice(1)],
          values: tensor.values.slice(i * length, (i + 1) * length),
        }),
      );
    } else if (name.startsWith('head.')) tensors.set(name.replace('head', 'classifier'), tensor);
    else {
      const [from, to] = NAMES.find(([pattern]) => pattern.test(name)) ?? [/^/, ''];
      tensors.set(prefix + name.replace(from, to), tensor);
    }
  }
  const own = {
    architectures: ['ViTForImageClassification'],
    model_type: 'vit',
    hidden_size: 16,
    num_hidden_layers: 2,
  };
  const heads = source.config.num_heads;
  return memoryWeights(
    { ...own, num_attention_heads: heads, layer_norm_eps: 1e-6, hidden_act: 'gelu', qkv_bias: true, ...config },
    tensors,
  );
}

async function logitsOf(weights: MemorySource): Promise<Float32Array> {
  const network = await ImageClassifier.load(gpu, weights, openNetwork(weights) as Classifier);
  const { logits } = await network.classify(Float32Array.from(images.data));
  network.release();
  return logits;
}

describe('a vision transformer under transformers’ names', () => {
  it.each(['vit.', 'deit.', ''])('prefix "%s": the logits that PyTorch has of timm’s form', async (prefix) => {
    const logits = await logitsOf(huggingFace(prefix));
    expect(relativeDifference(logits, expected.get('logits')?.data ?? [])).toBeLessThan(1e-5);
  });

  it('has three projections where timm has one', () => {
    const roles = linearsIn({ blocks: [openNetwork(huggingFace('vit.')).blocks[0]] }).map(({ role }) => role);
    expect(roles).toEqual(['k', 'v', 'q', 'o', 'fc', 'down']);
  });

  it('takes names of classes from id2label, but not those that transformers makes up', () => {
    const named = { 0: 'a', 1: 'b', 2: 'c', 3: 'd', 4: 'e' };
    expect((openNetwork(huggingFace('vit.', { id2label: named })) as Classifier).classNames).toEqual([
      'a',
      'b',
      'c',
      'd',
      'e',
    ]);
    const made = { 0: 'LABEL_0', 1: 'LABEL_1', 2: 'LABEL_2', 3: 'LABEL_3', 4: 'LABEL_4' };
    expect((openNetwork(huggingFace('vit.', { id2label: made })) as Classifier).classNames).toBeNull();
  });

  it.each([
    ['a distillation token', 'deit.embeddings.distillation_token', [1, 1, 16]],
    ['relative positions', 'vit.encoder.layer.0.attention.attention.relative_position_bias.weight', [9, 2]],
    ['layer scale', 'vit.encoder.layer.0.lambda_1', [16]],
  ] as const)('refuses %s by name', (_, name, shape) => {
    expect(() => openNetwork(withTensor(huggingFace(name.split('.')[0] + '.'), name, shape))).toThrow(name);
  });

  it('leaves a pooler alone, which the classes do not come from', () => {
    const pooled = withTensor(huggingFace('vit.'), 'vit.pooler.dense.weight', [16, 16]);
    expect(openNetwork(pooled).notes.join()).toContain('vit.pooler.dense.weight');
  });
});

describe('patches that overlap', () => {
  it('are cut at the stride that the config states, or that its image size means', () => {
    const base = { input_size: undefined, patch_size: 2 };
    const of = (config: Record<string, unknown>) =>
      (openNetwork(memoryWeights({ ...source.config, ...base, ...config }, source.tensors)) as Classifier).image;
    expect(of({})).toMatchObject({ size: 8, stride: 2 });
    expect(of({ stride: 1 })).toMatchObject({ size: 5, stride: 1 });
    expect(of({ input_size: 5 })).toMatchObject({ size: 5, stride: 1 });
    expect(of({ pretrained_cfg: { input_size: [3, 5, 5] } })).toMatchObject({ size: 5, stride: 1 });
    expect(of({ stride: 1, image_size: { height: 5, width: 5 } })).toMatchObject({ size: 5, stride: 1 });
  });

  it('take each window of the image, row by row', () => {
    const plan = { channels: 1, size: 3, patch: 2, stride: 1, scaling: null };
    const cut = toPatches(Float32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9), plan);
    expect([...cut]).toEqual([1, 2, 4, 5, 2, 3, 5, 6, 4, 5, 7, 8, 5, 6, 8, 9]);
  });
});
