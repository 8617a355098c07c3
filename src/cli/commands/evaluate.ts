/** `evaluate`: perplexity of a model on a text, and its divergence from another one. */
import { describeCheckpoint, evaluateTexts, openCheckpoint, type TextFigures } from '../../engine';
import { readTexts } from '../../checkpoint/text';
import type { Command, Flags } from '../command';
import { UsageError } from '../exit-codes';
import { evaluateClassifier, type ClassifierFigures } from '../evaluate-classifier';
import { describeRow, evaluateRow, type RowFigures } from '../evaluate-row';
import { sourcesOf } from '../folder-source';
import { describeSpread } from '../terminal/spread';

const TEXT_FLAGS = {
  text: { value: 'FILE', help: 'Held-out text, .jsonl or .txt.' },
  windows: { value: 'N', help: 'Windows of it, at most; default 64.' },
  length: { value: 'N', help: 'Tokens a window; default 256.' },
  against: { value: 'MODEL', help: 'Also says KL(that model ‖ this one).' },
} as const satisfies Flags;

const IMAGE_FLAGS = {
  images: {
    value: 'FILE|FOLDER',
    help: 'An .npz file, or a folder of PNG pictures with a folder a class; default heldout.npz beside the model.',
  },
  drawn: {
    value: 'N',
    help: 'N pictures of shapes that are drawn now; for networks that tell the ten of the samples apart.',
  },
  seed: { value: 'N', help: 'Of --drawn; default 1.' },
} as const satisfies Flags;

const ROW_FLAGS = {
  row: {
    value: 'FILE[:N]',
    help: 'With what row N of a recipe does while the network runs (activations, cache), on the recipe’s data; default 1.',
  },
  features: {
    value: 'CLASSIFIER',
    help: 'Beside --row, of a diffusion network: whose features images are compared by.',
  },
} as const satisfies Flags;

export const evaluate: Command = {
  name: 'evaluate',
  usage: [
    'MODEL --text texts.jsonl [--against MODEL]',
    'CLASSIFIER [--images images.npz|FOLDER | --drawn 2048]',
    'MODEL --row recipe.json[:2]',
  ],
  summary: 'perplexity and KL on a text, or accuracy on images',
  words: 1,
  flags: { ...TEXT_FLAGS, ...IMAGE_FLAGS, ...ROW_FLAGS },
  async run(call) {
    const [folder] = call.words;
    if (!folder) throw new UsageError('evaluate needs the folder of a model.');
    const row = call.flags.text('row');
    if (row !== null) {
      call.flags.refuse(
        [...Object.keys(TEXT_FLAGS), ...Object.keys(IMAGE_FLAGS)],
        'beside --row, whose recipe says its data: leave it out',
      );
      return evaluateRow(call, folder, row);
    }
    const checkpoint = await openCheckpoint(await sourcesOf(folder));
    for (const note of checkpoint.notes) call.screen.say(note);
    const { task } = describeCheckpoint(checkpoint);
    if (task === 'classification') {
      call.flags.refuse(Object.keys(TEXT_FLAGS), 'for a classifier: leave out what it has no use for');
      return evaluateClassifier(call, checkpoint);
    }
    if (task === 'diffusion') {
      throw new UsageError(
        'a diffusion network has no accuracy: `sample` shows its images, and `quantize` compares them.',
      );
    }
    const { flags, gpu: open } = call;
    flags.refuse(Object.keys(IMAGE_FLAGS), 'for a language model: leave out what it has no use for');
    const [textSource] = await sourcesOf(flags.required('text'));
    const gpu = await open();
    const againstFolder = flags.text('against');
    const against = againstFolder === null ? null : await openCheckpoint(await sourcesOf(againstFolder));
    const length = flags.count('length', 256);
    if (length < 2) throw new UsageError('--length is 1: a window needs 2 tokens to predict one.');
    const windows = flags.count('windows', 64);
    return evaluateTexts(gpu, checkpoint, await readTexts(textSource), { length, windows, against });
  },
  describe(found: TextFigures | ClassifierFigures | RowFigures) {
    if ('row' in found) return describeRow(found);
    const [low, high] = found.interval;
    if ('accuracy' in found) {
      return `accuracy ${(100 * found.accuracy).toFixed(2)} % (95 % ${(100 * low).toFixed(2)} … ${(100 * high).toFixed(2)}) on ${found.images} images`;
    }
    const kl =
      found.kl === undefined ? '' : `, KL ${found.kl.toFixed(6)} nats a token${describeSpread(found.divergence)}`;
    return `perplexity ${found.perplexity.toFixed(4)} (95 % ${low.toFixed(3)} … ${high.toFixed(3)}) on ${found.tokens} tokens${kl}`;
  },
};
