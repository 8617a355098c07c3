/** Runs one file of dist-cli, in an environment where Dawn finds a driver; resolves with its exit status. */
import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { join } from 'node:path';
import { buildCommandLine } from './build-cli.mjs';
import { dawnEnvironment, nativeGpuPresent } from './software-gpu.mjs';

/** `words` are the program's arguments, by default this process's own; `environment` takes the place of Dawn's. */
export async function runBundle(name, { words = process.argv.slice(2), environment } = {}) {
  const folder = await buildCommandLine();
  const native = process.env.QUANTELIER_GPU !== 'software' && nativeGpuPresent();
  const child = spawn(process.execPath, [join(folder, name), ...words], {
    stdio: 'inherit',
    // npm runs scripts in the project's root; paths are meant from where the person is.
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: { ...process.env, ...(environment ?? (native ? {} : await dawnEnvironment())) },
  });
  // The program ends by itself, after the work that it can finish; this one waits for it.
  for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', (error) => {
      console.error(`${name} did not start: ${error.message}`);
      resolve(1);
    });
    child.on('exit', (code, signal) => resolve(signal ? 128 + (constants.signals[signal] ?? 0) : (code ?? 1)));
  });
}
