/** Runs one file of dist-cli with this process's arguments, in an environment where Dawn finds a driver. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { buildCommandLine } from './build-cli.mjs';
import { dawnEnvironment, nativeGpuPresent } from './software-gpu.mjs';

export async function runBundle(name) {
  const folder = await buildCommandLine();
  const native = process.env.QUANTELIER_GPU !== 'software' && nativeGpuPresent();
  const child = spawn(process.execPath, [join(folder, name), ...process.argv.slice(2)], {
    stdio: 'inherit',
    // npm runs scripts in the project's root; paths are meant from where the person is.
    cwd: process.env.INIT_CWD ?? process.cwd(),
    env: { ...process.env, ...(native ? {} : await dawnEnvironment()) },
  });
  child.on('error', (error) => {
    console.error(`the command line did not start: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(signal ? 1 : (code ?? 1)));
}
