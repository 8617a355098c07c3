/** The tree of tensors: levels, order, filter and keys. */
import { describe, expect, it } from 'vitest';
import type { ListedTensor } from '../../worker/protocol';
import { blockOf, filtered, NO_FILTER, pressTreeKey, rowsOf, treeOf } from './tree';

const tensor = (
  name: string,
  left: ListedTensor['left'] = null,
  dtype: ListedTensor['dtype'] = 'F32',
): ListedTensor => ({
  ...{
    name,
    left,
    dtype,
    shape: [4, 8],
    rows: 4,
    cols: 8,
    values: 32,
    bytes: 128,
    file: 'model.safetensors',
    readable: true,
  },
});

const TENSORS = [
  tensor('model.embed_tokens.weight', 'embeddings'),
  ...[0, 10, 2].flatMap((block) => [
    tensor(`model.layers.${block}.self_attn.q_proj.weight`),
    tensor(`model.layers.${block}.self_attn.q_proj.bias`, 'biases'),
    tensor(`model.layers.${block}.input_layernorm.weight`, 'norms', 'BF16'),
  ]),
  tensor('scale', 'other vectors'),
];

const names = (open: boolean) =>
  rowsOf(treeOf(TENSORS), () => open).map(({ node, level }) => `${' '.repeat(level - 1)}${node.label}`);

describe('the tree of tensors', () => {
  it('has blocks in the order of their numbers, what is in none last, and no module of one tensor', () => {
    expect(names(false)).toEqual(['model.layers.0', 'model.layers.2', 'model.layers.10', '']);
    expect(names(true).slice(0, 5)).toEqual([
      'model.layers.0',
      ' self_attn.q_proj',
      '  weight',
      '  bias',
      ' input_layernorm.weight',
    ]);
    expect(names(true).slice(-3)).toEqual(['', ' model.embed_tokens.weight', ' scale']);
  });

  it('counts what is in its groups', () => {
    const [first] = treeOf(TENSORS);
    expect(first).toMatchObject({ tensors: 3, values: 96, bytes: 384, quantized: 1 });
  });

  it.each([
    ['model.layers.3.mlp.up_proj.weight', 'model.layers.3'],
    ['h.0.attn.c_attn.weight', 'h.0'],
    ['params/blocks/11/kernel', 'params/blocks/11'],
    ['encoder1.weight', ''],
    ['5', ''],
    ['blocks.2', ''],
    ['layers.1.experts.7.w1.weight', 'layers.1'],
  ])('finds the block of %s', (name, block) => expect(blockOf(name)).toBe(block));

  it('is filtered by a part of the name, an expression, what is quantized, and type', () => {
    const count = (filter: Partial<typeof NO_FILTER>) => filtered(TENSORS, { ...NO_FILTER, ...filter }).tensors.length;
    expect(count({})).toBe(11);
    expect(count({ text: ' Q_PROJ' })).toBe(6);
    expect(count({ text: 're:layers\\.(2|10)\\..*weight$' })).toBe(4);
    expect(count({ quantized: 'quantized' })).toBe(3);
    expect(count({ quantized: 'left', dtype: 'BF16' })).toBe(3);
    expect(count({ text: 're:' })).toBe(11);
    expect(filtered(TENSORS, { ...NO_FILTER, text: 're:(' })).toMatchObject({ tensors: [], fault: true });
    expect(filtered(TENSORS, { ...NO_FILTER, text: `re:${'a'.repeat(201)}` }).fault).toBe(true);
  });

  it('is walked by keys', () => {
    const open = new Set(['b model.layers.0']);
    const rows = rowsOf(treeOf(TENSORS), ({ id }) => open.has(id));
    expect(rows.map(({ open }) => open)).toEqual([true, false, null, false, false, false]);
    expect(pressTreeKey(rows, 0, 'ArrowRight')).toEqual({ to: 1 });
    expect(pressTreeKey(rows, 1, 'ArrowRight')).toEqual({ toggle: rows[1].node.id });
    expect(pressTreeKey(rows, 2, 'ArrowLeft')).toEqual({ to: 0 });
    expect(pressTreeKey(rows, 0, 'ArrowLeft')).toEqual({ toggle: 'b model.layers.0' });
    expect(pressTreeKey(rows, 5, 'ArrowDown')).toEqual({ to: 5 });
    expect(pressTreeKey(rows, 5, 'Home')).toEqual({ to: 0 });
    expect(pressTreeKey(rows, 0, 'End')).toEqual({ to: 5 });
    expect(pressTreeKey(rows, 0, 'a')).toBeNull();
    expect(pressTreeKey([], 0, 'Home')).toBeNull();
  });
});
