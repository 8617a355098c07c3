/**
 * What a diffusion network is asked for in a run, where captions say it: those of captions.txt beside the model, a line each, in an order
 * that mixes them; of a network without a text encoder a few that are drawn.
 */
import { Random } from '../base/random';
import { StudioError } from '../base/errors';
import type { Checkpoint } from '../checkpoint/checkpoint';
import { readUtf8 } from '../checkpoint/text';
import { captionsIn, readsCaptions, withCaptions } from '../model/vision/unet/captions';
import type { DiffusionNetwork } from '../model/vision/image-model';

const FILE = 'captions.txt';
const LIMIT = 4 * 2 ** 20;
/** Of the order in which captions are asked for: the first of a file are often alike. */
const ORDER_SEED = 0xca97;
const DRAWN = 8;

/** `captions` instead of those of a file. Throws QS-FILE-09 where there are none, QS-RECIPE-01 on words that the network does not know. */
export async function askedNetwork<N extends DiffusionNetwork>(
  { texts }: Pick<Checkpoint, 'texts'>,
  network: N,
  captions: readonly string[] | null = null,
): Promise<{ readonly network: N; readonly notes: readonly string[] }> {
  const { ends, unasked, classes } = network;
  if (!readsCaptions(network)) {
    const notes = classes > 0 && !unasked ? ['This network is never asked for nothing: there is no guidance.'] : [];
    return { network, notes };
  }
  if (captions) return { network: withCaptions(network, captions), notes: [] };
  if ('text' in ends && ends.text?.encoder === null) {
    const drawn = Array.from({ length: DRAWN }, (_, i) => `drawn caption ${i + 1}`);
    return {
      network: withCaptions(network, drawn),
      notes: ['Captions are random numbers, since there is no text encoder: images mean nothing.'],
    };
  }
  const file = [...texts.values()].find(({ name }) => name.split('/').at(-1) === FILE);
  if (!file) {
    throw new StudioError(
      'QS-FILE-09',
      `There are no captions to ask this network for: add ${FILE} to the folder of the model, a caption a line.`,
    );
  }
  const lines = captionsIn(await readUtf8(file, LIMIT), FILE);
  const order = new Random(ORDER_SEED).shuffled(lines.length);
  return {
    network: withCaptions(
      network,
      order.map((place) => lines[place]),
    ),
    notes: [],
  };
}
