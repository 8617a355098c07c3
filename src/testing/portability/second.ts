/**
 * The program that runs on the second implementation of WebGPU: compiles every entry point of every kernel, does recorded launches
 * again, and computes the cases. Bundled by the test and run by Deno, whose WebGPU is wgpu, Firefox's. Arguments: a file with what to do,
 * and one for the answer.
 */
import { Buffer } from 'node:buffer';
import { readFileSync, writeFileSync } from 'node:fs';
import process from 'node:process';
import { Gpu } from '../../gpu/gpu';
import { shaderNames, shaderSource } from '../../gpu/shader-sources';
import { outcomes, type Outcome } from './cases';
import { fromText, toText } from './exchange';
import { entryPoints } from './entry-points';
import { repeatLaunch, type RecordedLaunch } from './launches';

Object.assign(globalThis, { Buffer });

export interface Work {
  readonly files: readonly (readonly [string, Uint8Array<ArrayBuffer>])[];
  readonly launches: readonly RecordedLaunch[];
}

export interface Answer {
  readonly adapter: string;
  readonly agent: string;
  /** By 'shader:entry': null, or why it did not compile. */
  readonly compiled: Readonly<Record<string, string | null>>;
  /** What each launch wrote. */
  readonly launches: readonly (readonly Uint8Array[])[];
  readonly outcomes: readonly Outcome[];
}

const [from, to] = process.argv.slice(2);
const work = fromText<Work>(readFileSync(from, 'utf8'));
const gpu = await Gpu.open(navigator.gpu, { limits: 'default' });
const compiled: Record<string, string | null> = {};
for (const shader of shaderNames()) {
  for (const entry of entryPoints(shader)) compiled[`${shader}:${entry}`] = await compile(shader, entry);
}
const launches: Uint8Array[][] = [];
for (const launch of work.launches) launches.push(await repeatLaunch(gpu, launch));
const found: Outcome[] = [];
for await (const outcome of outcomes(gpu, new Map(work.files))) found.push(outcome);
const { vendor, architecture, description } = gpu.description;
const answer: Answer = {
  adapter: [vendor, architecture, description].filter(Boolean).join(' '),
  agent: navigator.userAgent,
  compiled,
  launches,
  outcomes: found,
};
writeFileSync(to, toText(answer));
process.exit(0);

async function compile(shader: string, entry: string): Promise<string | null> {
  gpu.device.pushErrorScope('validation');
  try {
    const module = gpu.device.createShaderModule({ label: shader, code: shaderSource(shader) });
    gpu.device.createComputePipeline({ layout: 'auto', compute: { module, entryPoint: entry } });
  } catch (error) {
    await gpu.device.popErrorScope();
    return String(error);
  }
  return (await gpu.device.popErrorScope())?.message ?? null;
}
