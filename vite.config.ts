/** The page's build: a folder of static files that works from any path, with a security policy that cannot send data away. */
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

export default defineConfig({
  base: './',
  plugins: [withoutMapStyles(), react(), securityPolicy()],
  // Plotly reads `global`; everything else is plain browser code.
  define: { global: 'globalThis' },
  worker: { format: 'es' },
  build: {
    target: 'es2023',
    // The lazily loaded chart library is 1.1 MB; everything else is far below.
    chunkSizeWarningLimit: 1300,
  },
  optimizeDeps: {
    // Found late (lazy import), it would reload the page in the middle of a session.
    include: ['plotly.js/lib/core'],
  },
});
