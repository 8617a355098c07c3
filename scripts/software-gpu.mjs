/**
 * The software GPU and the browser of the tests, both out of npm: @sparticuz/chromium carries Chromium, SwiftShader (a Vulkan
 * driver on the CPU), the Vulkan loader, the system libraries that Chromium wants and a font, as brotli archives. They are
 * unpacked once into node_modules/.cache, beside and then renamed, so that two processes cannot see half a folder.
 *
 * A native driver is used instead where VK_ICD_FILENAMES or VK_DRIVER_FILES is already set, or QUANTELIER_GPU=native.
 */
import { createReadStream, createWriteStream, existsSync, readdirSync } from 'node:fs';
import { chmod, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createBrotliDecompress } from 'node:zlib';
import { extract } from 'tar-fs';

const root = join(dirname(fileURLToPath(import.meta.url)), '..');
// The package's `exports` hide its data folder, so it is found by path.
const archives = join(root, 'node_modules', '@sparticuz', 'chromium');

/** Unpacks what is missing and returns the folder's paths. */
async function unpacked() {
  const { version } = JSON.parse(await readFile(join(archives, 'package.json'), 'utf8'));
  const folder = join(root, 'node_modules', '.cache', `software-gpu-${version}`);
  if (!existsSync(folder)) {
    const beside = `${folder}.${process.pid}`;
    await mkdir(beside, { recursive: true });
    const untar = (name) =>
      pipeline(createReadStream(join(archives, 'bin', `${name}.tar.br`)), createBrotliDecompress(), extract(beside));
    await Promise.all(['swiftshader', 'al2023', 'fonts'].map(untar));
    const chromium = join(beside, 'chromium');
    await pipeline(
      createReadStream(join(archives, 'bin', 'chromium.br')),
      createBrotliDecompress(),
      createWriteStream(chromium),
    );
    await chmod(chromium, 0o755);
    try {
      await rename(beside, folder);
    } catch (error) {
      // Another process was faster: its folder is as good as ours.
      await rm(beside, { recursive: true, force: true });
      if (!existsSync(folder)) throw error;
    }
  }
  // The shipped fonts.conf names folders of another system. Ours names this folder, so it is written anew where the checkout was moved.
  const fontsConf = join(folder, 'quantelier-fonts.conf');
  const wanted =
    `<?xml version="1.0"?><fontconfig><dir>${join(folder, 'fonts')}</dir>` +
    `<cachedir>${join(folder, 'font-cache')}</cachedir></fontconfig>\n`;
  const written = await readFile(fontsConf, 'utf8').catch(() => null); // absent at first
  if (written !== wanted) {
    await writeFile(`${fontsConf}.${process.pid}`, wanted);
    await rename(`${fontsConf}.${process.pid}`, fontsConf);
  }
  return { folder, fontsConf, chromium: join(folder, 'chromium') };
}

/** True where the person has chosen a driver of their own. */
export function nativeDriverWanted(environment = process.env) {
  return Boolean(
    environment.VK_ICD_FILENAMES || environment.VK_DRIVER_FILES || environment.QUANTELIER_GPU === 'native',
  );
}

/**
 * True where the machine shows a GPU of its own: a device node and an installed Vulkan driver. The command line and the benchmarks use
 * it; tests always take the software one, for equal results everywhere.
 */
export function nativeGpuPresent() {
  const folder = (path) => (existsSync(path) ? readdirSync(path) : []);
  const nodes = folder('/dev').includes('nvidiactl') || folder('/dev/dri').some((name) => name.startsWith('renderD'));
  const drivers = ['/usr/share/vulkan/icd.d', '/etc/vulkan/icd.d', '/usr/local/share/vulkan/icd.d'].flatMap(folder);
  return nodes && drivers.some((name) => name.endsWith('.json') && !name.startsWith('lvp_'));
}

/** True where the npm archives can run at all. */
export function softwareGpuAvailable() {
  return process.platform === 'linux' && process.arch === 'x64';
}

/**
 * Environment variables with which a spawned Node process (Dawn) finds the software Vulkan driver. They must be set before
 * the process starts, because the loader reads them when it is loaded.
 */
export async function dawnEnvironment() {
  if (nativeDriverWanted() || !softwareGpuAvailable()) return {};
  const { folder } = await unpacked();
  return {
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: joinPaths(folder, process.env.LD_LIBRARY_PATH),
  };
}

/** Environment variables for the npm Chromium, and its path for Playwright's `executablePath`. */
export async function browserEnvironment() {
  if (!softwareGpuAvailable()) return {};
  const { folder, fontsConf, chromium } = await unpacked();
  return {
    QUANTELIER_CHROMIUM: process.env.QUANTELIER_CHROMIUM ?? chromium,
    VK_ICD_FILENAMES: join(folder, 'vk_swiftshader_icd.json'),
    LD_LIBRARY_PATH: joinPaths(join(folder, 'lib'), folder, process.env.LD_LIBRARY_PATH),
    FONTCONFIG_FILE: fontsConf,
  };
}

function joinPaths(...paths) {
  return paths.filter(Boolean).join(':');
}
