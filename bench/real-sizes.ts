/**
 * `npm run bench -- llama-1b [method]` and `llama-8b [method]`: whether a checkpoint of the size that people bring runs where the GPU has
 * room for one block. Two blocks of a 1.1 B Llama shape with its vocabulary of 128 256, from embedding to perplexity; one attention stage
 * of an 8 B shape; `llama-ends` the first with one block that is hardly there, for what the vocabulary takes; random weights made when they are read. Plans are printed for all blocks; bytes and seconds beside what was planned.
 */
import type { Gpu } from '../src/gpu/gpu';
import { RunControl } from '../src/run/control';
import { runRecipe } from '../src/run/driver';
import type { Plan, RunEvent } from '../src/run/events';
import { prepareRun } from '../src/run/prepare';
import type { ActivationRun, PreparedRun, RunHost } from '../src/run/prepared-run';
import { parseRecipe } from '../src/recipe/recipe';
import { MemoryRunStore } from '../src/run/run-store';
import { Session } from '../src/run/session';
import { measureRates } from '../src/tensor/rate';
import { againstPlan } from './measure';
import { LLAMA_1B, LLAMA_8B, syntheticLlama, type LlamaShape } from './synthetic-llama';

const ENDS: LlamaShape = { ...LLAMA_1B, ffn: 256 };

/** By the name of a shape. */
export const STUDIES: Readonly<Record<string, (gpu: Gpu, method: string) => Promise<void>>> = {
  'llama-1b': (gpu, method) => study(gpu, { whole: LLAMA_1B, blocks: 2, method, work: throughAll }),
  'llama-ends': (gpu, method) => study(gpu, { whole: ENDS, blocks: 1, method, work: throughAll }),
  // Of the block that is run only the attention counts: what its plan names is that stage's.
  'llama-8b': (gpu, method) =>
    study(gpu, { whole: LLAMA_8B, shape: { ...LLAMA_8B, ffn: 256 }, blocks: 1, method, work: firstStage }),
};

/** Windows and tokens of each: what is run, where what is shown is room and not accuracy, and what people calibrate on. */
const FEW = [2, 64] as const;
const USUAL = [128, 2048] as const;

function recipeOf(method: string, windows: number, length: number) {
  return parseRecipe({
    version: 1,
    rows: [{ method, options: { bits: 4 } }],
    calibration: { source: 'random', file: null, windows, length, seed: 1 },
    heldOut: { file: null, windows: Math.max(1, windows / 2) },
  });
}

interface Study {
  /** What is planned as a whole, and what the run is of where that is another. */
  readonly whole: LlamaShape;
  readonly shape?: LlamaShape;
  readonly blocks: number;
  readonly method: string;
  work(prepared: PreparedRun, host: RunHost): AsyncGenerator<RunEvent>;
}

async function study(gpu: Gpu, { whole: shape, shape: partial = shape, blocks, method, work }: Study): Promise<void> {
  const rate = await measureRates(gpu);
  // The weights are numbers by how they are made; to read all of them for that takes minutes.
  const options = { gpu, rate, finite: () => Promise.resolve([]) };
  const whole = await syntheticLlama(shape);
  for (const [windows, length] of [FEW, USUAL]) {
    const { plan } = await prepareRun(whole, recipeOf(method, windows, length), options);
    console.log(`plan, all ${plan.blocks} blocks, ${windows} windows of ${length}: ${describe(plan)}`);
  }
  const part = await syntheticLlama(partial, blocks);
  const prepared = await prepareRun(part, recipeOf(method, ...FEW), options);
  console.log(`plan, ${blocks} of the blocks: ${describe(prepared.plan)}`);
  const begin = performance.now();
  gpu.buffers.resetPeak();
  let seen = 0;
  for await (const event of work(prepared, { gpu, store: new MemoryRunStore(), control: new RunControl() })) {
    const line = lineOf(event);
    if (!line) continue;
    const peak = gpu.buffers.peakBytes;
    console.log(`${seconds(begin)}  ${line}${peak > seen ? `  (pool ${mib(peak)}, process ${mib(memory())})` : ''}`);
    seen = Math.max(seen, peak);
  }
  const { peakBytes } = gpu.buffers;
  const took = (performance.now() - begin) / 1000;
  // The plan is of whole blocks, and says nothing of one stage.
  console.log(work === throughAll ? againstPlan(prepared.plan.seconds, took) : `took ${took.toPrecision(3)} s`);
  console.log(
    `pool peak ${mib(peakBytes)}, planned ${mib(prepared.plan.gpuBytes)} ` +
      `(${(prepared.plan.gpuBytes / peakBytes).toFixed(2)} of it); process peak ${mib(memory())}`,
  );
}

async function* throughAll(prepared: PreparedRun, host: RunHost): AsyncGenerator<RunEvent> {
  yield* runRecipe(prepared, host);
}

/** The first stage of the first block alone. */
async function* firstStage(prepared: PreparedRun, host: RunHost): AsyncGenerator<RunEvent> {
  const session = await Session.open(prepared as ActivationRun, host);
  yield* session.enter(0);
  yield* session.stage(0, 0);
  session.release();
}

function lineOf(event: RunEvent): string | null {
  switch (event.type) {
    case 'stage':
      return `block ${event.block} ${event.stage} ${event.detail}`;
    case 'notice':
      return event.sentence;
    case 'layer-done': {
      const { name, status, errors, note } = event.result;
      const error = errors.heldOutOutput ?? errors.weight;
      return `  row ${event.result.row} ${name}: ${status}, held-out error ${error?.toFixed(4) ?? 'not available'} ${note ?? ''}`;
    }
    case 'end':
      return event.result.rows.map(({ perplexity, kl }) => `perplexity ${perplexity}, KL ${kl}`).join('; ');
    default:
      return null;
  }
}

function describe({ gpuBytes, seconds: [low, high], flop }: Plan): string {
  return `${mib(gpuBytes)} of GPU memory, ${(flop / 1e12).toFixed(1)} TFLOP, ${low.toFixed(0)} … ${high.toFixed(0)} s`;
}

function seconds(since: number): string {
  return `${((performance.now() - since) / 1000).toFixed(1).padStart(7)} s`;
}

/** The most this process has had resident so far, software GPU included. */
function memory(): number {
  return process.resourceUsage().maxRSS * 1024;
}

function mib(bytes: number): string {
  return `${(bytes / 2 ** 20).toFixed(0)} MiB`;
}
