/**
 * `npm start`: builds the studio and serves it on this machine. PORT chooses the port (default 4173); a taken one is stepped over.
 * Prints one line when it is ready.
 */
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, preview } from 'vite';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');

function portFrom(text) {
  if (text === undefined || text === '') return 4173;
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65535) {
    console.error(`PORT is "${text}": it must be a whole number from 0 to 65535.`);
    process.exit(2);
  }
  return port;
}

const port = portFrom(process.env.PORT);
// `npm test` has a step of its own for the build, and its browser tests serve what that step made.
if (process.env.QUANTELIER_BUILT !== '1') await build({ root, logLevel: 'warn' });
const server = await preview({
  root,
  logLevel: 'warn',
  // Tests name their port and must not meet another program's page.
  preview: { port, strictPort: process.env.QUANTELIER_STRICT_PORT === '1', host: 'localhost', open: false },
});

// Vite may have stepped over a taken port, so the address is asked for, not assumed.
const address = server.httpServer.address();
const actual = typeof address === 'object' && address !== null ? address.port : port;
console.log(`Quantelier is ready at http://localhost:${actual}`);
