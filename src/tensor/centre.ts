/**
 * Rows less their mean over tokens, window by window, or tile by tile of so many tokens: what SageAttention takes out of keys and queries
 * before they are quantized (Zhang et al. 2024, arXiv 2411.10958).
 */
import { defineKernel, linearGrid } from '../gpu/kernel';
import { layoutOf, type Windows } from './activation-format';
import { foldCells } from './fake-quant';
import { Tensor } from './tensor';

const CENTRE = defineKernel({
  shader: 'activation/centre',
  entry: 'main',
  buffers: ['read', 'read', 'write'],
  params: {
    vectors: 'u32',
    rows: 'u32',
    stride: 'u32',
    length: 'u32',
    pitch: 'u32',
    tile_rows: 'u32',
    tiles: 'u32',
  },
  overrides: ['MEAN'],
});

/** Both of the shape of x; `centred` + `mean` is x. Rows between windows are zero. */
export function centre(
  x: Tensor,
  windows: Windows,
  tokens?: number,
): { readonly centred: Tensor; readonly mean: Tensor } {
  const layout = layoutOf(x.rows, x.cols, { per: 'column', tokens }, windows);
  // Both halves of the pairs are x: the second half of the sums is not looked at.
  const sums = foldCells(x, layout, 0, 'sums');
  const part = (MEAN: 0 | 1) => {
    const y = Tensor.empty(x.gpu, x.rows, x.cols, MEAN === 1 ? 'mean rows' : 'centred rows');
    const { rows, length, pitch, tileRows, tiles } = layout;
    const vectors = y.bytes / 16;
    x.gpu.launch(CENTRE, {
      buffers: [x.buffer, sums.buffer, y.buffer],
      params: { vectors, rows, stride: x.stride / 4, length, pitch, tile_rows: tileRows, tiles },
      grid: linearGrid(vectors, 64),
      overrides: { MEAN },
      work: 8 * vectors,
    });
    return y;
  };
  const made = { centred: part(0), mean: part(1) };
  sums.release();
  return made;
}
