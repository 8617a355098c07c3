/**
 * A run's events for a person: on a terminal a bar with the layer in work, the newest error of each row, the time it has taken and the
 * time it will take; elsewhere a line a layer. What a person should read stays on the screen either way.
 */
import type { LayerResult, PreparedRun, RunEvent } from '../../engine';
import { duration, durations, Estimate } from './estimate';
import { figure } from './figure';
import type { Screen } from './screen';

/** Below this a line holds no bar. */
const NARROW = 44;
const BAR = 24;
/** How often the clock moves while nothing else does, in milliseconds. */
const TICK = 1000;

export class RunProgress {
  readonly #estimate: Estimate;
  readonly #errors = new Map<number, string>();
  readonly #finished = new Map<number, number>();
  #restored = new Set<string>();
  #work = '';
  #said = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(
    private readonly run: Pick<PreparedRun, 'plan' | 'rows'>,
    private readonly screen: Screen,
    private readonly now: () => number = () => performance.now(),
  ) {
    this.#estimate = new Estimate(run.plan, now());
    if (screen.live) this.#timer = setInterval(() => this.#draw(true), TICK).unref();
  }

  /** Layers that are finished for every row. */
  get finishedLayers(): number {
    return [...this.#finished.values()].filter((rows) => rows === this.run.rows.length).length;
  }

  note(event: RunEvent): void {
    switch (event.type) {
      case 'restored':
        if (!this.#said) this.screen.say('Going on from the layers that are kept.');
        this.#said = true;
        this.#restored = new Set(event.layers.map(placeOf));
        break;
      case 'stage':
        this.#work = [event.stage, event.detail].filter(Boolean).join(' · ');
        break;
      case 'training': {
        const { step, steps, loss, settled, settledName } = event.progress;
        const what = `${event.block < 0 ? 'whole network' : `block ${event.block}`}, step ${step} of ${steps}: loss ${loss.toExponential(3)}, ${(100 * settled).toFixed(1)} % ${settledName}`;
        this.#work = `${this.#label(event.row)} ${what}`;
        if (!this.screen.live) this.screen.say(`${this.#label(event.row).padEnd(16)} ${what}`);
        break;
      }
      case 'layer-done':
        this.#layer(event.result);
        break;
      case 'notice':
        this.screen.say(event.sentence);
        break;
      case 'plan':
      case 'allocated':
      case 'channels':
      case 'layer-started':
      case 'layer-stored':
      case 'block-done':
      case 'paused':
      case 'continued':
      case 'end':
        break;
    }
    this.#draw(event.type === 'layer-done');
  }

  /** Takes the bar off the screen. */
  close(): void {
    if (this.#timer) clearInterval(this.#timer);
    this.#timer = null;
    this.screen.clear();
  }

  #layer(result: LayerResult): void {
    const { row, layer, name, note, errors } = result;
    const error = errors.output ?? errors.weight;
    this.#errors.set(row, figure(error, 2));
    this.#finished.set(layer, (this.#finished.get(layer) ?? 0) + 1);
    this.#estimate.note(layer, this.#restored.has(placeOf(result)));
    const line = `${this.#label(row).padEnd(16)} ${name.padEnd(44)} ${figure(error, 3)}${note ? `  ${note}` : ''}`;
    // With a bar, only what a person should know of a layer is said.
    if (!this.screen.live || note) this.screen.say(line);
  }

  #label(row: number): string {
    return this.run.rows[row].label;
  }

  #draw(atOnce: boolean): void {
    const now = this.now();
    this.screen.show((columns) => this.lines(columns, now), now, atOnce);
  }

  /** The lines of the bar at a width, before they are cut. */
  lines(columns: number, now: number): string[] {
    const { plan, rows } = this.run;
    const { share } = this.#estimate;
    const count = `${this.finishedLayers}/${plan.layers.length}`;
    const left = durations(this.#estimate.remaining(now));
    if (columns < NARROW) return [`${count} ${Math.floor(100 * share)} % ${left} left`];
    const full = Math.floor(BAR * share);
    const bar = `[${'='.repeat(full)}${'-'.repeat(BAR - full)}]`;
    const errors = rows.flatMap(({ row, label }) => {
      const error = this.#errors.get(row);
      return error === undefined ? [] : [`${label} ${error}`];
    });
    const times = `${duration(this.#estimate.elapsed(now))} so far, ${left} left`;
    return [
      `${bar} layer ${count}, ${times}`,
      `${errors.length > 0 ? `errors: ${errors.join(', ')}` : 'no layer yet'}${this.#work ? ` · ${this.#work}` : ''}`,
    ];
  }
}

function placeOf({ row, layer }: LayerResult): string {
  return `${row}/${layer}`;
}
