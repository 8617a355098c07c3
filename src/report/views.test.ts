/** Fronts and kinds of layers: cases by hand. */
import { describe, expect, it } from 'vitest';
import { kindOfLayer, layerKinds } from './layer-kinds';
import { paretoFronts, type Sized } from './pareto';

const row = (number: number, bits: number, value: number, passing: string | null = null): Sized => ({
  row: number,
  bits,
  value,
  passing,
});
const rowsOf = (rows: readonly Sized[], better?: 'lower' | 'higher') =>
  paretoFronts(rows, better).map((front) => front.rows.map((one) => one.row));

describe('the Pareto front', () => {
  it('has what nothing of as few bits beats', () => {
    expect(rowsOf([row(0, 2, 9), row(1, 3, 5), row(2, 4, 6), row(3, 4, 2)])).toEqual([[0, 1, 3]]);
  });

  it('compares equal bits with equal bits: two per cent more is no other size', () => {
    // Row 1 has 1 % more bits and is better: row 0 is beaten. At 3 % both stand.
    expect(rowsOf([row(0, 3, 5), row(1, 3.03, 4)])).toEqual([[1]]);
    expect(rowsOf([row(0, 3, 5), row(1, 3.1, 4)])).toEqual([[0, 1]]);
  });

  it('keeps rows of one figure, and knows that more of an accuracy is better', () => {
    expect(rowsOf([row(0, 3, 5), row(1, 3, 5)])).toEqual([[0, 1]]);
    expect(rowsOf([row(0, 3, 0.9), row(1, 3, 0.8), row(2, 4, 0.95)], 'higher')).toEqual([[0, 2]]);
  });

  it('is another one of rows that round on the way', () => {
    expect(rowsOf([row(0, 4, 1), row(1, 4, 7, 'A4'), row(2, 3, 9, 'A4')])).toEqual([[0], [2, 1]]);
    expect(rowsOf([])).toEqual([]);
  });
});

describe('kinds of layers', () => {
  it.each([
    ['model.layers.12.self_attn.q_proj', 'self_attn.q_proj'],
    ['model.layers.3.mlp.down_proj.weight', 'mlp.down_proj'],
    ['transformer.h.0.attn.c_attn', 'attn.c_attn'],
    ['blocks.7.adaLN_modulation.1', 'adaLN_modulation.1'],
    ['encoder.5', 'encoder.5'],
    ['lm_head', 'lm_head'],
    ['', ''],
  ])('of %s is %s', (name, kind) => {
    expect(kindOfLayer(name)).toBe(kind);
  });

  it('are in the order of the network', () => {
    const names = ['h.0.q', 'h.0.down', 'h.1.q', 'h.1.down', 'head'];
    const layers = names.map((name, index) => ({ index, name, block: 0, rows: 1, cols: 1 }));
    expect(layerKinds(layers)).toEqual([
      { name: 'q', layers: [0, 2] },
      { name: 'down', layers: [1, 3] },
      { name: 'head', layers: [4] },
    ]);
  });
});
