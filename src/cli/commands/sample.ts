/** `sample`: images from a diffusion transformer, as one PNG sheet. */
import { writeFile } from 'node:fs/promises';
import { openCheckpoint } from '../../checkpoint/checkpoint';
import { openNetwork, readsText } from '../../model/architecture';
import { Denoiser } from '../../model/vision/image-network';
import { SAMPLER_DEFAULTS, sampleSteps } from '../../model/vision/sampler';
import { assertFinite } from '../../run/finite-weights';
import { toBytes } from '../../run/image-sets';
import { contactSheet, encodePng } from '../../run/png';
import type { Command } from '../command';
import { sourcesOf } from '../folder-source';

/** Pixels of the sheet a small image's pixel becomes, so that it can be seen. */
const SHEET_SIZE = 512;

export const sample: Command = {
  name: 'sample',
  usage: 'MODEL [--class 3] [--seed 7] [--steps 50] [--count 8] [--guidance 4] [--sampler ddpm|ddim] --out sheet.png',
  summary:
    'images from a diffusion transformer; without --class one after another of all classes (--steps are of sampling here, and of training in quantize)',
  flags: {
    class: 'string',
    seed: 'string',
    steps: 'string',
    count: 'string',
    guidance: 'string',
    sampler: 'string',
    out: 'string',
  },
  async run({ words, flags, gpu: open, progress }) {
    const [folder] = words;
    if (!folder) throw new Error('sample needs a model.');
    const out = flags.required('out');
    const checkpoint = await openCheckpoint(await sourcesOf(folder));
    const model = openNetwork(checkpoint);
    if (readsText(model) || model.task !== 'diffusion') {
      throw new Error(`${model.title} draws no images: choose a diffusion transformer.`);
    }
    if (!model.image.scaling || model.image.channels !== 3) {
      throw new Error('This network works on latents, and the decoder that makes images of them is not part of it.');
    }
    const steps = flags.count('steps', SAMPLER_DEFAULTS.steps, model.diffusion.steps);
    const count = flags.count('count', 8, 1024);
    const seed = flags.number('seed') ?? 0;
    const guidance = flags.number('guidance') ?? SAMPLER_DEFAULTS.guidance;
    const sampler = flags.text('sampler') ?? SAMPLER_DEFAULTS.sampler;
    if (sampler !== 'ddpm' && sampler !== 'ddim')
      throw new Error(`--sampler is "${sampler}": it must be ddpm or ddim.`);
    const chosen = flags.number('class');
    const labels = Array.from({ length: count }, (_, i) => chosen ?? i % model.classes);
    await assertFinite(checkpoint, model);
    const denoiser = await Denoiser.load(await open(), checkpoint, model);
    let images = new Float32Array();
    for await (const { index, after } of sampleSteps(denoiser, { labels, seed, steps, guidance, sampler })) {
      images = after;
      progress(`${steps - index} of ${steps} steps`);
    }
    denoiser.release();
    const { size } = model.image;
    const across = Math.min(count, 8);
    const scale = Math.max(1, Math.floor(SHEET_SIZE / (across * (size + 1))));
    const sheet = contactSheet({ size, pixels: toBytes(images, model.image) }, across, scale);
    await writeFile(out, encodePng(sheet));
    return { out, images: count, size, labels, classNames: model.classNames, steps, seed, guidance, sampler };
  },
  describe: (made: { out: string; images: number; size: number }) =>
    `${made.images} images of ${made.size} × ${made.size} in ${made.out}`,
};
