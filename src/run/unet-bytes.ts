/** block-bytes.ts' lines of a U-Net's blocks (src/model/vision/unet): images of as many pixels as their level has. */
import type { Block, UNetPlan } from '../model/architecture';
import { convolvedSize } from '../tensor/conv2d';
import type { StageWidths, Widths, WidthsOf } from './stage-widths';

type UNetKind = 'unet-convolution' | 'unet-residual' | 'unet-attention' | 'unet-transformer';
type Images = NonNullable<Widths['images']>;

const none: Widths = { token: [] };
const images = (...of: Images): Widths => ({ token: [], images: of });
const again = (count: number, pixels: number, channels: number): Images =>
  Array.from({ length: count }, () => [pixels, channels] as const);

/** Pixels and channels of an image that comes to a block. */
export function imagesInto({ stages }: Block, plan: UNetPlan): readonly [rows: number, cols: number] {
  const colsAt = (stage: number) => stages[stage].linears[0].cols;
  switch (plan.kind) {
    case 'unet-convolution': {
      const { height, width, side } = plan.window;
      return [(height * width) / (plan.doubled ? 4 : 1), colsAt(0) / side ** 2];
    }
    case 'unet-residual':
      return [plan.window.height * plan.window.width, colsAt(1) / 9];
    case 'unet-attention':
      return [plan.pixels, colsAt(0)];
    case 'unet-transformer':
      return [plan.pixels, colsAt(1)];
  }
}

/** Of one that it gives. */
export function imagesOut(block: Block, plan: UNetPlan): readonly [rows: number, cols: number] {
  const { stages } = block;
  if (plan.kind === 'unet-convolution') {
    const [height, width] = convolvedSize(plan.window);
    return [height * width, stages[0].linears[0].rows];
  }
  const [rows, cols] = imagesInto(block, plan);
  return [rows, plan.kind === 'unet-residual' ? stages[2].linears[0].rows : cols];
}

export const UNET_WIDTHS: { readonly [K in UNetKind]: WidthsOf<K> } = {
  'unet-convolution'({ stages }, { norm, doubled, window }) {
    const [height, width] = convolvedSize(window);
    const [{ cols }] = stages[0].linears;
    const channels = cols / window.side ** 2;
    const before = window.height * window.width;
    // The norm and its SiLU, or the doubled image, before the windows.
    const made = [...again(norm ? 2 : 0, before, channels), ...again(doubled ? 1 : 0, before, channels)];
    const rows = height * width;
    return [{ tap: images([rows, cols]), carry: none, made: images(...made), attention: null, rows }];
  },
  'unet-residual'({ stages }, { window, shortcut }) {
    const rows = window.height * window.width;
    const [time, conv1, conv2] = stages.map(({ linears: [linear] }) => linear);
    const [came, inner, out] = [conv1.cols / 9, conv2.cols / 9, conv2.rows];
    const attention = null;
    const given: StageWidths[] = [
      {
        tap: { token: [], window: [time.cols] },
        carry: none,
        made: { token: [], window: [time.rows], images: [...again(2, rows, came), [rows, conv1.cols]] },
        attention,
      },
      {
        tap: images([rows, conv1.cols]),
        carry: { token: [], window: [time.rows] },
        made: { token: [], window: [time.rows], images: [...again(3, rows, inner), [rows, conv2.cols]] },
        attention,
        rows,
      },
      { tap: images([rows, conv2.cols]), carry: none, made: images([rows, out], [rows, came]), attention, rows },
    ];
    if (!shortcut) return given;
    const beside = images([rows, out]);
    return [...given, { tap: images([rows, came]), carry: beside, made: beside, attention, rows }];
  },
  'unet-attention'({ stages }, { heads, pixels: rows, fused }) {
    const { cols } = stages[0].linears[0];
    const dim = cols / heads;
    const own = [heads, dim, rows] as const;
    const parts = [...(fused === 'heads' ? [[heads, 3 * dim, rows] as const] : []), own, own, own, own];
    return [
      {
        tap: images([rows, cols]),
        carry: none,
        made: { token: [], images: [[rows, cols]], heads: parts },
        attention: { heads, dim, queries: rows, keys: rows },
        rows,
      },
      { tap: images([rows, cols]), carry: none, made: images([rows, cols]), attention: null, rows },
    ];
  },
  'unet-transformer'({ stages }, { heads, pixels: rows, tokens }) {
    const [text] = stages[0].linears;
    const [into] = stages[1].linears;
    const [inner, wide] = [into.rows, stages[7].linears[0].cols];
    const dim = inner / heads;
    const [own, of] = [[heads, dim, rows] as const, [heads, dim, tokens] as const];
    const read: Images = again(2, tokens, text.rows);
    const carry = images(...read, [rows, inner]);
    const last = images([rows, inner]);
    const [tap, attention] = [images([rows, inner]), null];
    return [
      {
        tap: images([tokens, text.cols]),
        carry: none,
        made: images(...read, [rows, into.cols]),
        attention,
        rows: tokens,
      },
      { tap: images([rows, into.cols]), carry: images(...read), made: images([rows, inner]), attention, rows },
      {
        tap,
        carry,
        made: { token: [], images: [[rows, inner]], heads: [own, own, own, own] },
        attention: { heads, dim, queries: rows, keys: rows },
        rows,
      },
      { tap, carry, made: images(...again(2, rows, inner)), attention, rows },
      {
        tap,
        carry,
        made: { token: [], images: [[rows, inner]], heads: [own, of, of, own] },
        attention: { heads, dim, queries: rows, keys: tokens },
        rows,
      },
      { tap, carry: last, made: images(...again(2, rows, inner)), attention, rows },
      { tap, carry: last, made: images(...again(4, rows, wide)), attention, rows },
      { tap: images([rows, wide]), carry: last, made: last, attention, rows },
      { tap, carry: none, made: images([rows, into.cols]), attention, rows },
    ];
  },
};
