/**
 * What a block's stages take besides their linears, by kind of block, from shapes alone: what a chunk carries from stage to stage, and what
 * is made on its way through one. A line a stage, in the order of the block's file (src/model/transformer-block.ts and its neighbours).
 */
import type { Block, Geometry, ImageWindows, Network } from '../model/architecture';
import { isOfUNet } from '../model/model';
import { convolvedSize } from '../tensor/conv2d';
import { size } from './layer-bytes';
import type { Kind, StageWidths, Widths, WidthsOf } from './stage-widths';
import { imagesInto, imagesOut, UNET_WIDTHS } from './unet-bytes';

export type { StageWidths, Widths } from './stage-widths';

/** Rows that a stage's linears read and give. */
export function rowsAt({ tap, rows }: StageWidths, { windows, length }: Geometry): number {
  return windows * (rows ?? (tap.token.length > 0 ? length : 1));
}

/** Bytes of the residual of windows; of its largest, where it differs from block to block, and of all outputs that wait beside it at once. */
export function residualBytes({ hidden, residual, waiting = [] }: Network, { windows, length }: Geometry): number {
  const [rows, cols] = residual ?? [length, hidden];
  return size(windows * rows, cols) + waiting.reduce((sum, [count, width]) => sum + size(windows * count, width), 0);
}

const none: Widths = { token: [] };
const tokens = (...token: number[]): Widths => ({ token });
const colsOf = ({ stages }: Block, stage: number) => stages[stage].linears[0].cols;
const times = (count: number, width: number) => Array.from({ length: count }, () => width);

const KINDS: { readonly [K in Kind]: WidthsOf<K> } = {
  ...UNET_WIDTHS,
  transformer(block, { attention: { heads, keyHeads, dim, rope, queryNorm, keyNorm } }, hidden) {
    const [q, k] = [[heads, dim] as const, [keyHeads, dim] as const];
    const turned = rope ? [q, k] : [];
    const normed = [...(queryNorm ? [q] : []), ...(keyNorm ? [k] : [])];
    const plain = { carry: none, attention: null };
    return [
      {
        ...plain,
        tap: tokens(hidden),
        made: { token: [heads * dim], heads: [q, k, k, ...normed, ...turned, q] },
        attention: { heads, dim },
      },
      { ...plain, tap: tokens(colsOf(block, 1)), made: tokens(hidden, hidden) },
      { ...plain, tap: tokens(hidden), made: tokens(colsOf(block, 3)) },
      { ...plain, tap: tokens(colsOf(block, 3)), made: tokens(hidden) },
    ];
  },
  dit(block, { heads }, hidden) {
    const carry: Widths = { token: [], window: [6 * hidden] };
    const steered = [hidden, hidden];
    return [
      {
        tap: { token: [], window: [hidden] },
        carry: none,
        made: { token: steered, window: [hidden, hidden, 6 * hidden] },
        attention: null,
      },
      {
        tap: tokens(hidden),
        carry,
        made: { token: [hidden], heads: Array.from({ length: 4 }, () => [heads, hidden / heads] as const) },
        attention: { heads, dim: hidden / heads },
      },
      {
        tap: tokens(hidden),
        carry,
        made: { token: [hidden, hidden, ...steered], window: times(3, hidden) },
        attention: null,
      },
      { tap: tokens(hidden), carry, made: tokens(colsOf(block, 4)), attention: null },
      { tap: tokens(colsOf(block, 4)), carry, made: { token: [hidden, hidden], window: [hidden] }, attention: null },
    ];
  },
  mamba(block, { channels: d, state, stepRank }, hidden) {
    const ssm = stepRank + 2 * state;
    const mixed = times(3, d);
    const attention = null;
    return [
      { tap: tokens(hidden), carry: none, made: tokens(...times(8, d)), attention },
      { tap: tokens(d), carry: tokens(...mixed), made: tokens(d), attention },
      { tap: tokens(d), carry: tokens(...mixed, ssm), made: tokens(stepRank), attention },
      { tap: tokens(stepRank), carry: tokens(...mixed, ssm, ssm), made: tokens(stepRank, d), attention },
      {
        tap: tokens(stepRank),
        carry: tokens(...mixed, ssm, ssm, d),
        made: tokens(...times(8, d), ...times(4, state)),
        attention,
      },
      { tap: tokens(colsOf(block, 5)), carry: none, made: tokens(hidden), attention },
    ];
  },
  convolution({ stages }, { windows, pool }) {
    const tapAt = (stage: number): readonly [number, number][] =>
      stage < stages.length ? [[pixelsOf(windows[stage]), stages[stage].linears[0].cols]] : [];
    return stages.map(({ linears: [{ rows: outputs }] }, s) => {
      const rows = pixelsOf(windows[s]);
      const pooled: [number, number][] = pool && s === stages.length - 1 ? [[pixelsOf(pool), outputs]] : [];
      // The sum with the shortcut, and what the ReLU gives.
      const images = [...tapAt(s + 1), [rows, outputs], [rows, outputs], ...pooled] as const;
      return { tap: { token: [], images: tapAt(s) }, carry: none, made: { token: [], images }, attention: null, rows };
    });
  },
};

/** Pixels that come out of windows. */
function pixelsOf(look: ImageWindows): number {
  const [height, width] = convolvedSize(look);
  return height * width;
}

/** A block's stages, in order. */
export function stageWidths(block: Block, hidden: number): StageWidths[] {
  const of = KINDS[block.plan.kind] as WidthsOf<Kind>;
  const stages = of(block, block.plan, hidden);
  const { plan, skip } = block;
  if (!isOfUNet(plan)) return stages;
  const rests = [imagesInto(block, plan), ...(skip?.waits ?? [])];
  return stages.map((stage) => ({ ...stage, rests }));
}

/** What rests behind a block's last stage; null where that is the network's residual. */
export function widthsBehind(block: Block): StageWidths | null {
  const { plan, skip } = block;
  if (!isOfUNet(plan)) return null;
  const out = imagesOut(block, plan);
  return { tap: none, carry: none, made: none, attention: null, rests: [out, ...(skip?.waits ?? [])] };
}
