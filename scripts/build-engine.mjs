/**
 * `npm run build:engine`: the engine as a library (src/engine.ts), in dist-engine: engine.js, a module for browsers and Node alike, and its
 * declarations under types/.
 */
import { spawn } from 'node:child_process';
import { rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
const out = join(root, 'dist-engine');

await rm(out, { recursive: true, force: true });
await build({
  configFile: false,
  root,
  logLevel: 'error',
  build: {
    outDir: out,
    target: 'es2023',
    copyPublicDir: false,
    lib: { entry: join(root, 'src/engine.ts'), formats: ['es'], fileName: () => 'engine.js' },
  },
});
const compiler = join(root, 'node_modules/typescript/bin/tsc');
const types = spawn(process.execPath, [compiler, '-p', join(root, 'tsconfig.engine.json')], { stdio: 'inherit' });
types.on('exit', (code) => process.exit(code ?? 1));
