/**
 * Keeps what a run has measured so far, beside its record, so that a run that was stopped has its figures before it is resumed. Of a run
 * that ended, the record itself has them.
 */
import type { LayerResult, Plan, RunEvent, RunResult } from '../engine';
import type { BlockResult, RowAllocation, StageChannels } from '../run/events';
import { loadFigures, saveFigures, type StoredFigures } from '../storage/runs';

export class FiguresKeeper {
  #plan: Plan | null = null;
  readonly #layers = new Map<string, LayerResult>();
  readonly #blocks = new Map<string, BlockResult>();
  readonly #channels = new Map<string, StageChannels>();
  readonly #allocations = new Map<number, RowAllocation>();

  constructor(private readonly id: string) {}

  /** Takes up what an earlier session of the run has measured. A run that cannot read it measures it again. */
  async takeUp(): Promise<void> {
    const stored = await loadFigures(this.id).catch(() => null);
    if (stored) this.#add(stored);
  }

  note(event: RunEvent): void {
    if (event.type === 'plan') this.#plan = event.plan;
    if (event.type === 'layer-done') this.#add({ layers: [event.result], blocks: [] });
    if (event.type === 'block-done') this.#add({ layers: [], blocks: event.results });
    if (event.type === 'channels') this.#add({ layers: [], blocks: [], channels: [event.channels] });
    if (event.type === 'allocated') this.#add({ layers: [], blocks: [], allocations: [event] });
  }

  async keep(): Promise<void> {
    if (this.#plan === null) return;
    await saveFigures(this.id, {
      plan: this.#plan,
      layers: [...this.#layers.values()],
      blocks: [...this.#blocks.values()],
      ...this.#pictures(),
      ...(this.#allocations.size > 0
        ? { allocations: [...this.#allocations].map(([row, allocation]) => ({ row, allocation })) }
        : {}),
    });
  }

  /** A run that was resumed and cancelled before it was as far as before still has what it had: the same bits, the same figures. */
  completed(result: RunResult): RunResult {
    this.#add(result);
    const [layers, blocks] = [[...this.#layers.values()], [...this.#blocks.values()]];
    return { ...result, layers, blocks, ...this.#pictures() };
  }

  #pictures(): Pick<StoredFigures, 'channels'> {
    return this.#channels.size > 0 ? { channels: [...this.#channels.values()] } : {};
  }

  #add({ layers, blocks, channels = [], allocations = [] }: Omit<StoredFigures, 'plan'>): void {
    for (const layer of layers) this.#layers.set(`${layer.row} ${layer.layer}`, layer);
    for (const block of blocks) this.#blocks.set(`${block.row} ${block.block}`, block);
    for (const one of channels) this.#channels.set(`${one.block} ${one.stage}`, one);
    for (const { row, allocation } of allocations) this.#allocations.set(row, allocation);
  }
}
