import { defineConfig } from '@playwright/test';

/** Two minutes each: begun last, one of them would be alone at the end. */
const LONG = ['**/training.spec.ts', '**/researcher.spec.ts'];

const port = Number(process.env.PORT ?? 4319);

/** Browser tests on the built page, in Chromium with the software GPU (scripts/with-gpu.mjs --browser). */
export default defineConfig({
  testDir: 'e2e',
  timeout: 300_000,
  expect: { timeout: 30_000 },
  // Every test has pages of its own, and waits for them as long as it computes: two side by side keep two cores busy.
  workers: 2,
  fullyParallel: true,
  projects: [
    { name: 'long', testMatch: LONG },
    { name: 'others', testIgnore: LONG },
  ],
  // Chromium's processes die now and then on a loaded machine; what fails twice is broken. A retry is reported as flaky.
  retries: process.env.CI ? 1 : 0,
  reporter: 'list',
  use: {
    baseURL: `http://localhost:${port}`,
    viewport: { width: 1280, height: 900 },
    // Every test has a browser profile of its own, and would fetch the whole studio once more to keep it.
    serviceWorkers: 'block',
    // A trace of what is retried: recording every test costs a tenth of the whole. `--trace on` records where nothing is retried.
    trace: 'on-first-retry',
    launchOptions: {
      executablePath: process.env.QUANTELIER_CHROMIUM,
      args: [
        '--no-sandbox',
        '--enable-unsafe-webgpu',
        '--use-webgpu-adapter=swiftshader',
        '--enable-dawn-features=disable_workgroup_init',
        '--disable-background-networking',
      ],
    },
  },
  webServer: {
    command: `node scripts/start.mjs`,
    env: { PORT: String(port), QUANTELIER_STRICT_PORT: '1' },
    url: `http://localhost:${port}`,
    reuseExistingServer: false,
    timeout: 120_000,
  },
});
