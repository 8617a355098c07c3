/**
 * More inputs of the kinds of public reports that are about layouts (../shared/cases/README.md, rows 24b and 28), made here: patches that may or
 * may not overlap, and GPT-2's names over layers that lie the other way. What each must get is worked out by hand beside it.
 */
import { describe, expect, it } from 'vitest';
import { memorySource } from '../checkpoint/bytes';
import { rejection } from '../checkpoint/testing';
import { openNetwork, type WeightSource } from '../model/architecture';
import { linearsIn, linearsOf } from '../model/linears';
import { altered, loadFixture, memoryWeights, withTensor, type MemorySource } from '../model/testing/fixtures';
import { loadVisionFixture } from '../model/testing/vision-fixtures';
import type { Classifier } from '../model/vision/image-model';
import { readImages } from './image-sets';
import { imagesNpz } from './testing/npz';

const networks = { vit: (await loadVisionFixture('vit')).source, vim: (await loadVisionFixture('vim')).source };
const gpt2 = (await loadFixture('gpt2')).source;

/** The fixture with another patch and a grid × grid of positions; `config` says what its config says of images, which is nothing else. */
function withGrid(name: keyof typeof networks, patch: number, grid: number, config: object = {}): MemorySource {
  const silent = { input_size: undefined, patch_size: undefined, stride: undefined };
  const positions = withTensor(altered(networks[name], { ...silent, ...config }), 'pos_embed', [1, grid ** 2 + 1, 16]);
  return withTensor(positions, 'patch_embed.proj.weight', [16, 3, patch, patch]);
}

/** The strides at which a window of `patch` laid over `size` stands `grid` times and ends at the edge, by laying it. */
function stridesThatFit(size: number, patch: number, grid: number): number[] {
  return Array.from({ length: patch }, (_, i) => i + 1).filter((stride) => {
    let [at, count] = [0, 1];
    while (at + stride + patch <= size) [at, count] = [at + stride, count + 1];
    return count === grid && at + patch === size;
  });
}

describe('patches of which a bare state dict does not say whether they overlap', () => {
  const images = (size: number) => memorySource(imagesNpz(2, size, 5, size), 'heldout.npz');
  const open = (source: WeightSource) => openNetwork(source) as Classifier;

  it.each([
    // (size − patch) / (grid − 1), by hand; without overlap patch · grid.
    { name: 'vim', patch: 2, grid: 2, size: 3, stride: 1, whole: 4 },
    { name: 'vim', patch: 4, grid: 3, size: 8, stride: 2, whole: 12 },
    { name: 'vim', patch: 4, grid: 3, size: 10, stride: 3, whole: 12 },
    // Vision Mamba finetuned on long sequences: images of 224.
    { name: 'vim', patch: 16, grid: 27, size: 224, stride: 8, whole: 432 },
    { name: 'vit', patch: 3, grid: 5, size: 7, stride: 1, whole: 15 },
    { name: 'vit', patch: 5, grid: 4, size: 14, stride: 3, whole: 20 },
    { name: 'vit', patch: 16, grid: 9, size: 80, stride: 8, whole: 144 },
  ] as const)(
    '$name: $grid × $grid patches of $patch on images of $size',
    async ({ name, patch, grid, size, stride, whole }) => {
      expect(stridesThatFit(size, patch, grid)).toEqual([stride]);
      expect(stridesThatFit(whole, patch, grid)).toEqual([patch]);
      const silent = open(withGrid(name, patch, grid));
      const { code, message } = await rejection(readImages(images(size), silent, 2));
      expect(code).toBe('QS-FILE-07');
      expect(message).toContain(`as images of ${whole} whose patches do not overlap (stride ${patch})`);
      expect(message).toContain(`as images of ${size} whose patches overlap (stride ${stride})`);
      expect(message).toContain(`say "stride": ${stride} in its config.json`);
      expect(message).not.toMatch(/resize|choose the images/);
      // What the sentence asks for opens them; so does their size, from which the stride follows.
      for (const config of [{ stride }, { input_size: size }, { pretrained_cfg: { input_size: [3, size, size] } }]) {
        const said = open(withGrid(name, patch, grid, config));
        expect(said.image).toMatchObject({ size, patch, stride });
        expect((await readImages(images(size), said, 2)).images).toHaveLength(2 * 3 * size * size);
      }
      // And where they do not overlap nothing has to be said.
      expect((await readImages(images(whole), silent, 2)).images).toHaveLength(2 * 3 * whole * whole);
    },
  );

  it.each([
    // A stride that is no whole number: (9 − 4) / 2 and (6 − 3) / 4.
    { patch: 4, grid: 3, size: 9 },
    { patch: 3, grid: 5, size: 6 },
    // Smaller than a patch; larger than without overlap, where patches would leave gaps: (13 − 3) / 4 is none either.
    { patch: 4, grid: 3, size: 3 },
    { patch: 3, grid: 5, size: 19 },
    { patch: 3, grid: 5, size: 17 },
  ])('$grid × $grid patches of $patch can in no way be read on images of $size', async ({ patch, grid, size }) => {
    expect(stridesThatFit(size, patch, grid)).toEqual([]);
    for (const name of ['vit', 'vim'] as const) {
      const { code, message } = await rejection(readImages(images(size), open(withGrid(name, patch, grid)), 2));
      expect(code).toBe('QS-FILE-07');
      expect(message).toContain(`this model takes N × ${patch * grid} × ${patch * grid} × 3`);
      expect(message).not.toContain('overlap');
      expect(() => open(withGrid(name, patch, grid, { input_size: size }))).toThrow(/the image size is/);
    }
  });
});

describe('GPT-2’s names over layers as nn.Linear stores them', () => {
  const LINEAR = /\.(c_attn|c_fc|c_proj)\.weight$/;
  /** The fixture with every matrix of a layer turned over. */
  const turned = memoryWeights(
    gpt2.config,
    new Map(
      [...gpt2.tensors].map(([name, tensor]) => {
        return [name, LINEAR.test(name) ? { ...tensor, shape: tensor.shape.toReversed() } : tensor] as const;
      }),
    ),
  );
  const plain = (name: string) => name.replace(/^transformer\./, '');
  const withoutBiases = (name: string) => (name.endsWith('.bias') ? null : name);

  it.each<[string, MemorySource]>([
    ['as nanoGPT saves them', turned],
    ['without their prefix', altered(turned, {}, plain)],
    ['without biases, nanoGPT’s own default', altered(turned, { bias: false }, withoutBiases)],
    ['by model_type alone', altered(turned, { architectures: undefined })],
    ['of the body alone', altered(turned, { architectures: ['GPT2Model'] }, plain)],
    ['with a width in config.json that is another', altered(turned, { n_embd: 60, n_inner: 80 })],
    ['with a head of its own', withTensor(turned, 'lm_head.weight', [37, 20])],
  ])('are refused by their layout: %s', (_, source) => {
    // Three projections of 20 on a width of 20, read off the embedding.
    expect(() => openNetwork(source)).toThrow(/60 × 20, outputs × inputs.*transposed, 20 × 60 \(Conv1D\).*nanoGPT/);
  });

  // Outputs × inputs of the four layers of a block.
  const SHAPES = { 'attn.c_attn': [60, 20], 'attn.c_proj': [20, 20], 'mlp.c_fc': [80, 20], 'mlp.c_proj': [20, 80] };
  const expected = (prefix: string, layout: string) =>
    [0, 1].flatMap((block) =>
      Object.entries(SHAPES).map(([path, [rows, cols]]) => `${prefix}h.${block}.${path} ${rows}×${cols} ${layout}`),
    );

  it.each<[string, MemorySource, string, string]>([
    ['nanoGPT’s', turned, 'transformer.', 'out-in'],
    ['nanoGPT’s without their prefix', altered(turned, {}, plain), '', 'out-in'],
    ['nanoGPT’s without biases', altered(turned, {}, withoutBiases), 'transformer.', 'out-in'],
    ['GPT-2’s own', gpt2, 'transformer.', 'in-out'],
    ['GPT-2’s own without their prefix', altered(gpt2, {}, plain), '', 'in-out'],
  ])('without a config their biases and shapes say how they lie: %s', (_, source, prefix, layout) => {
    const lines = linearsOf({ ...source, config: null }).map(
      ({ name, rows, cols, layout: lies }) => `${name} ${rows}×${cols} ${lies}`,
    );
    expect(lines.sort()).toEqual(expected(prefix, layout).sort());
  });

  it('and what opens is what inspect lists', () => {
    const names = linearsIn(openNetwork(gpt2)).map(
      ({ name, rows, cols, layout }) => `${name} ${rows}×${cols} ${layout}`,
    );
    expect(names).toEqual(expected('transformer.', 'in-out'));
    expect(linearsOf(gpt2)).toEqual(linearsIn(openNetwork(gpt2)));
  });
});
