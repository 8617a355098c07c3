/** The page's build: a folder of static files that works from any path, with a security policy that cannot send data away. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import react from '@vitejs/plugin-react';
import { defineConfig, type Plugin } from 'vite';

/** What the page may load and reach. Written into the built page; the dev server needs inline scripts and a socket for reloads. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  // Plotly and Radix set styles through style elements.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self'",
  "connect-src 'self'",
  "worker-src 'self' blob:",
  "manifest-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
].join('; ');

function securityPolicy(): Plugin {
  return {
    name: 'quantelier:security-policy',
    apply: 'build',
    transformIndexHtml: () => [
      {
        tag: 'meta',
        attrs: { 'http-equiv': 'Content-Security-Policy', content: POLICY },
        // A policy holds for what follows it.
        injectTo: 'head-prepend',
      },
    ],
  };
}

/** Plotly's registry asks for MapLibre's stylesheet (83 kB) even where there is no map. */
function withoutMapStyles(): Plugin {
  const empty = '\0quantelier:empty';
  return {
    name: 'quantelier:without-map-styles',
    enforce: 'pre',
    resolveId: (id) => (id.endsWith('maplibre-gl/dist/maplibre-gl.css') ? empty : null),
    load: (id) => (id === empty ? 'export default ""' : null),
  };
}

const OFFLINE = 'offline.js';

/**
 * Builds the service worker (src/app/offline/service-worker.ts) and writes before it what it keeps: every file of the build, the samples
 * apart, and a version that follows from their contents.
 */
function offline(): Plugin {
  let folder = '';
  return {
    name: 'quantelier:offline',
    apply: 'build',
    configResolved: ({ root, build }) => void (folder = resolve(root, build.outDir)),
    buildStart() {
      this.emitFile({ type: 'chunk', id: 'src/app/offline/service-worker.ts', fileName: OFFLINE });
    },
    // When all is written, and what lies in public/ is there too.
    writeBundle() {
      const paths = readdirSync(folder, { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile() && entry.name !== OFFLINE)
        .map((entry) =>
          join(entry.parentPath, entry.name)
            .slice(folder.length + 1)
            .replaceAll('\\', '/'),
        )
        .sort();
      const sum = createHash('sha256');
      for (const path of paths) sum.update(path).update(readFileSync(join(folder, path)));
      const isSample = (path: string) => path.startsWith('samples/');
      const files = {
        version: sum.digest('hex').slice(0, 16),
        shell: paths.filter((path) => !isSample(path)),
        samples: paths.filter(isSample),
      };
      const place = join(folder, OFFLINE);
      writeFileSync(place, `self.QUANTELIER_FILES=${JSON.stringify(files)};\n${readFileSync(place, 'utf8')}`);
    },
  };
}

export default defineConfig({
  base: './',
  plugins: [withoutMapStyles(), react(), securityPolicy(), offline()],
  // Plotly reads `global`; everything else is plain browser code.
  define: { global: 'globalThis' },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // The lazily loaded chart library is 1.1 MB; everything else is far below.
    chunkSizeWarningLimit: 1300,
    rolldownOptions: {
      output: {
        codeSplitting: {
          groups: [
            // What words in another language import lies in no file that waits for those words (src/app/language/in-language.ts).
            {
              name: 'language',
              test: /src\/app\/(format|language\/(languages?|in-language))\.ts|src\/store\/persist\.ts/,
              priority: 2,
            },
            // All that the first screen needs in one file, which compresses best: words that are waited for would otherwise break it up.
            { name: 'studio', tags: ['$initial'], test: (id) => !id.endsWith('service-worker.ts'), priority: 1 },
          ],
        },
      },
    },
  },
  optimizeDeps: {
    // Found late (lazy import), it would reload the page in the middle of a session.
    include: ['plotly.js/lib/core'],
  },
});
