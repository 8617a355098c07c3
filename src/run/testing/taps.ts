/** For tests: what a row's linears read on the calibration windows, by running its network once more from what is stored. */
import type { Gpu } from '../../gpu/gpu';
import { loadStagedBlock, uploadLinear } from '../../model/architecture';
import { inTurn, type Hooks } from '../../model/hooks';
import { passThrough } from '../../model/staged-block';
import { matrix, type Matrix } from '../../numerics/matrix';
import type { TapQuantizer } from '../../step/step';
import { Tensor } from '../../tensor/tensor';
import { chunkTokens } from '../chunk-tokens';
import { chunksOf } from '../chunks';
import { applied } from '../layer-steps';
import type { PreparedRun } from '../prepared-run';
import type { RunStore } from '../run-store';

export interface Taps {
  /** Tokens × inputs: before what rounds them. */
  readonly tap: Matrix;
  readonly rounded: Matrix;
}

export interface StoredRow {
  readonly row: number;
  readonly store: RunStore;
  /** What rounds a stage's input of so many channels. */
  readonly quantizer: ((cols: number) => TapQuantizer) | null;
}

/** By linear's name; without `stored` of full precision. Of networks that nothing steers. */
export async function calibrationTaps(gpu: Gpu, prepared: PreparedRun, stored: StoredRow | null) {
  const { subject, views } = prepared;
  if (!subject) throw new Error('no network');
  const view = views[0].current;
  const open = await subject.open(gpu, view);
  const taps = new Map<string, Taps>();
  const chunks = chunksOf(subject, chunkTokens(subject, gpu.buffers.largest)).filter(({ heldOut }) => !heldOut);
  for (const chunk of chunks) {
    let { hidden } = await open.embed(chunk);
    for (const block of view.network.blocks) {
      const staged = await loadStagedBlock(gpu, view.source, block);
      const linears = block.stages.flatMap((stage) => stage.linears);
      const layers = new Map(
        await Promise.all(
          linears.map(async (linear) => {
            const layer = stored && (await stored.store.loadLayer(stored.row, linear.index));
            const own = layer?.tensor
              ? applied(gpu, layer.tensor)
              : { main: await uploadLinear(gpu, view.source, linear), branch: null };
            const shift = layer?.vectors?.bias;
            return [linear.name, { ...own, bias: shift ? Tensor.from(gpu, 1, shift.length, shift) : null }] as const;
          }),
        ),
      );
      const seen = new Map<string, Tensor>();
      const rounding: Hooks | null = stored?.quantizer
        ? {
            on: (tape, at, x, g) =>
              at.place === 'rounded tap' ? (stored.quantizer?.(x.value.cols).on(tape, x, g) ?? x) : x,
          }
        : null;
      const capture: Hooks = {
        on(_, at, x) {
          if (at.place === 'tap' || at.place === 'rounded tap') seen.set(`${at.place} ${at.stage}`, x.value.clone());
          return x;
        },
      };
      hidden = passThrough(gpu, staged, hidden, null, chunk.geometry, {
        weight: ({ name }) => layers.get(name)?.main as Tensor,
        bias: ({ name }) => layers.get(name)?.bias ?? null,
        beside: ({ name }) => layers.get(name)?.branch ?? null,
        hooks: inTurn(rounding, capture),
      });
      for (const [stage, of] of block.stages.entries()) {
        const read = async (place: string) => {
          const x = seen.get(`${place} ${stage}`) as Tensor;
          return matrix(x.rows, x.cols, Float64Array.from(await x.read()));
        };
        const [tap, rounded] = [await read('tap'), await read('rounded tap')];
        for (const { name } of of.linears) {
          const before = taps.get(name);
          taps.set(
            name,
            before ? { tap: below(before.tap, tap), rounded: below(before.rounded, rounded) } : { tap, rounded },
          );
        }
      }
      for (const x of seen.values()) x.release();
      for (const { main, branch, bias } of layers.values()) {
        for (const used of [main, branch?.a, branch?.b, bias]) used?.release();
      }
      staged.release();
    }
    hidden.release();
  }
  open.release();
  return taps;
}

function below(a: Matrix, b: Matrix): Matrix {
  return matrix(a.rows + b.rows, a.cols, Float64Array.of(...a.data, ...b.data));
}
