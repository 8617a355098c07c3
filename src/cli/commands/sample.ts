/** `sample`: images from a diffusion network, as one PNG sheet. */
import { openCheckpoint } from '../../engine';
import { openNetwork, readsText } from '../../model/architecture';
import { Denoiser } from '../../model/vision/image-network';
import { guidanceOf, labelsInTurn, SAMPLER_DEFAULTS, sampleSteps } from '../../model/vision/sampler';
import { readsCaptions } from '../../model/vision/unet/captions';
import { askedNetwork } from '../../run/asked-network';
import { assertFinite } from '../../run/finite-weights';
import { toBytes } from '../../run/image-sets';
import { contactSheet, encodePng } from '../../run/png';
import type { Command } from '../command';
import { UsageError } from '../exit-codes';
import { sourcesOf } from '../folder-source';
import { writeBytes } from '../write';

/** Pixels of the sheet a small image's pixel becomes, so that it can be seen. */
const SHEET_SIZE = 512;

export const sample: Command = {
  name: 'sample',
  usage: ['MODEL [FLAG …] --out sheet.png'],
  summary: 'draw images with a diffusion network, as one PNG sheet',
  words: 1,
  flags: {
    class: { value: 'N', help: 'Of all images; default one class after another.' },
    caption: { value: 'TEXT', help: 'Of all images, or several with ; between them; default those of captions.txt.' },
    seed: { value: 'N', help: 'Of the noise; default 0.' },
    steps: { value: 'N', help: `Of sampling; default ${SAMPLER_DEFAULTS.steps}.` },
    count: { value: 'N', help: 'Images; default 8.' },
    guidance: { value: 'N', help: `Classifier-free guidance; default ${SAMPLER_DEFAULTS.guidance}, 1 is none.` },
    sampler: { value: 'ddpm|ddim', help: `Default ${SAMPLER_DEFAULTS.sampler}.` },
    out: { value: 'FILE', help: 'Where the PNG goes.' },
  },
  async run({ words, flags, gpu: open, screen }) {
    const [folder] = words;
    if (!folder) throw new UsageError('sample needs a model.');
    const out = flags.required('out');
    const checkpoint = await openCheckpoint(await sourcesOf(folder));
    const opened = openNetwork(checkpoint);
    if (readsText(opened) || opened.task !== 'diffusion') {
      throw new UsageError(`${opened.title} draws no images: choose a diffusion network.`);
    }
    if (!opened.image.scaling || opened.image.channels !== 3) {
      throw new UsageError(
        'This network works on latents, and the decoder that makes images of them is not part of it.',
      );
    }
    const captions = captionsOf(flags.text('caption'));
    if (captions && !readsCaptions(opened)) {
      throw new UsageError(
        `--caption is for networks that read captions, and this one ${opened.classes > 0 ? 'has classes: use --class' : 'is asked for nothing'}.`,
      );
    }
    const { network: model } = await askedNetwork(checkpoint, opened, captions);
    const steps = flags.count('steps', SAMPLER_DEFAULTS.steps, model.diffusion.steps);
    const count = flags.count('count', 8, 1024);
    const seed = flags.number('seed') ?? 0;
    const guidance = guidanceOf(model, flags.number('guidance') ?? SAMPLER_DEFAULTS.guidance);
    const sampler = flags.choice('sampler', ['ddpm', 'ddim'], SAMPLER_DEFAULTS.sampler);
    const chosen = flags.number('class');
    if (chosen !== null && !(Number.isInteger(chosen) && chosen >= 0 && chosen < model.classes)) {
      throw new UsageError(`--class is ${chosen}: it must be a whole number in 0 … ${model.classes - 1}.`);
    }
    const labels = chosen === null ? labelsInTurn(model, count) : Array<number>(count).fill(chosen);
    await assertFinite(checkpoint, model);
    const denoiser = await Denoiser.load(await open(), checkpoint, model);
    let images = new Float32Array();
    for await (const { index, after } of sampleSteps(denoiser, { labels, seed, steps, guidance, sampler })) {
      images = after;
      const done = `${steps - index} of ${steps} steps`;
      if (screen.live) screen.show(() => [done], performance.now());
      else screen.say(done);
    }
    denoiser.release();
    const { size } = model.image;
    const across = Math.min(count, 8);
    const scale = Math.max(1, Math.floor(SHEET_SIZE / (across * (size + 1))));
    const sheet = contactSheet({ size, pixels: toBytes(images, model.image) }, across, scale);
    await writeBytes(out, encodePng(sheet));
    return { out, images: count, size, labels, classNames: model.classNames, steps, seed, guidance, sampler };
  },
  describe: (made: { out: string; images: number; size: number }) =>
    `${made.images} images of ${made.size} × ${made.size} in ${made.out}`,
};

/** Several lie between semicolons; null where none are given. */
function captionsOf(given: string | null): readonly string[] | null {
  if (given === null) return null;
  const captions = given
    .split(';')
    .map((caption) => caption.trim())
    .filter(Boolean);
  if (captions.length === 0) throw new UsageError('--caption is empty: it must be words of the network.');
  return captions;
}
