/** The page's security policy: by no way that a page has does a byte reach another address. What a person types into the address bar is theirs. */
import { createSocket } from 'node:dgram';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, test } from '@playwright/test';

const WAYS = [
  'fetch',
  'XMLHttpRequest',
  'beacon',
  'image',
  'style sheet',
  'background image',
  'font',
  'script',
  'module',
  'worker',
  'frame',
  'object',
  'audio',
  'prefetch',
  'preload',
  'form',
  'WebSocket',
  'EventSource',
  'ping',
] as const;

test('nothing that the page could do sends data to another address', async ({ page }) => {
  const heard: string[] = [];
  const server = createServer((request, response) => {
    heard.push(request.url ?? '');
    response.end();
  });
  server.on('upgrade', (request, socket) => {
    heard.push(request.url ?? '');
    socket.destroy();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const away = `http://127.0.0.1:${port}`;
  try {
    // The listener hears what has no policy: else silence would prove nothing.
    await page.goto(`http://localhost:${port}/`);
    await page.evaluate((url) => fetch(url, { mode: 'no-cors' }), `${away}/control`);
    expect(heard).toContain('/control');
    heard.length = 0;

    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    const told = await page.evaluate(
      async ({ away, ways }) => {
        const refused: string[] = [];
        document.addEventListener('securitypolicyviolation', ({ effectiveDirective }) =>
          refused.push(effectiveDirective),
        );
        const element = (name: string, attributes: Record<string, string>) => {
          const made = document.createElement(name);
          for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
          document.body.append(made);
          return made;
        };
        const go: Record<(typeof ways)[number], (url: string) => unknown> = {
          fetch: (url) => fetch(url, { mode: 'no-cors', method: 'POST', body: 'x' }),
          XMLHttpRequest: (url) => {
            const request = new XMLHttpRequest();
            request.open('POST', url);
            request.send('x');
          },
          beacon: (url) => navigator.sendBeacon(url, 'x'),
          image: (url) => (new Image().src = url),
          'style sheet': (url) => element('link', { rel: 'stylesheet', href: url }),
          'background image': (url) => (document.body.style.backgroundImage = `url(${url})`),
          font: (url) => new FontFace('x', `url(${url})`).load(),
          script: (url) => element('script', { src: url }),
          module: (url) => import(/* @vite-ignore */ url),
          worker: (url) => new Worker(url),
          frame: (url) => element('iframe', { src: url }),
          object: (url) => element('object', { data: url }),
          audio: (url) => element('audio', { src: url, autoplay: '' }),
          prefetch: (url) => element('link', { rel: 'prefetch', href: url }),
          preload: (url) => element('link', { rel: 'preload', as: 'image', href: url }),
          form: (url) => {
            element('iframe', { name: 'target' });
            (element('form', { action: url, method: 'post', target: 'target' }) as HTMLFormElement).submit();
          },
          WebSocket: (url) => new WebSocket(url.replace('http', 'ws')),
          EventSource: (url) => new EventSource(url),
          ping: (url) => {
            const anchor = element('a', { href: '#/library', ping: url }) as HTMLAnchorElement;
            anchor.click();
          },
        };
        for (const way of ways) {
          try {
            await Promise.race([
              go[way](`${away}/${encodeURIComponent(way)}`),
              new Promise((done) => setTimeout(done, 50)),
            ]);
          } catch {
            // Refused at once.
          }
        }
        await new Promise((done) => setTimeout(done, 500));
        return refused;
      },
      { away, ways: WAYS },
    );
    expect(heard).toEqual([]);
    for (const directive of ['connect-src', 'img-src', 'font-src', 'form-action']) expect(told).toContain(directive);
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

test('no peer connection asks a server elsewhere', async ({ page }) => {
  const socket = createSocket('udp4');
  let packets = 0;
  socket.on('message', () => packets++);
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const server = createServer((_, response) => response.end());
  await new Promise<void>((resolve) => server.listen(0, 'localhost', resolve));
  const ask = () =>
    page.evaluate(async (url) => {
      try {
        const peer = new RTCPeerConnection({ iceServers: [{ urls: url }] });
        peer.createDataChannel('x');
        await peer.setLocalDescription(await peer.createOffer());
        await new Promise((done) => setTimeout(done, 1000));
        peer.close();
        return 'made';
      } catch {
        return 'refused';
      }
    }, `stun:127.0.0.1:${socket.address().port}`);
  try {
    // Any other page is heard: else silence would prove nothing.
    await page.goto(`http://localhost:${(server.address() as AddressInfo).port}/`);
    expect(await ask()).toBe('made');
    expect(packets).toBeGreaterThan(0);

    await page.goto('/');
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    packets = 0;
    expect(await ask()).toBe('refused');
    expect(packets).toBe(0);
  } finally {
    socket.close();
    server.closeAllConnections();
    server.close();
  }
});
