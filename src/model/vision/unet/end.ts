/**
 * What a U-Net is told: the time's embedding, to which a class's is added, and the tokens of a caption behind its text encoder. Its last
 * block gives the prediction. Without a text encoder the tokens are normal numbers, the same for the same caption.
 */
import { Random } from '../../../base/random';
import type { Gpu } from '../../../gpu/gpu';
import { silu } from '../../../gradient/activation';
import { Tape } from '../../../gradient/tape';
import { addPositions } from '../../../tensor/bias';
import { Tensor } from '../../../tensor/tensor';
import type { WeightSource } from '../../model';
import { Norm, readVectors, tensorsOf } from '../../norm';
import type { EndParts } from '../end-parts';
import type { TextPlan, UNet } from '../image-model';
import { Projection } from '../projection';
import { timeWaves } from '../time-wave';
import { tokensOf } from './captions';

/** Of drawn captions. */
const SEED = 0x7e87;

export async function loadUNetEnd(gpu: Gpu, source: WeightSource, network: UNet): Promise<EndParts> {
  const { ends, classes, classNames, context: shape } = network;
  const table = ends.labels === null ? null : await source.read(ends.labels);
  const texts = ends.text && (await loadTexts(gpu, source, ends.text));
  const [first, second] = await Promise.all(ends.time.map((plan) => Projection.load(gpu, source, plan)));
  return {
    context({ times, labels }) {
      const tape = new Tape(gpu, { recording: false });
      const waves = timeWaves(times, ends.wave);
      const wave = tape.keep(Tensor.from(gpu, times.length, ends.wave.size, waves, 'time'));
      const steer = tape.take(second.apply(tape, silu(tape, first.apply(tape, tape.constant(wave)))));
      if (table) {
        const width = shape.steer;
        // No class adds nothing.
        const rows = Float32Array.from({ length: labels.length * width }, (_, at) => {
          const label = labels[Math.floor(at / width)];
          return label === classes ? 0 : table[label * width + (at % width)];
        });
        addPositions(steer, tape.keep(Tensor.from(gpu, labels.length, width, rows, 'class embedding')), labels.length);
      }
      tape.release();
      const captions = labels.map((label) => (label === classes ? null : (classNames?.[label] ?? `${label}`)));
      return { steer, tokens: texts && texts.of(captions) };
    },
    on: (_, hidden) => hidden,
    release() {
      first.release();
      second.release();
      texts?.release();
    },
  };
}

interface Texts {
  /** (captions · tokens) × width; null is the empty caption. */
  of(captions: readonly (string | null)[]): Tensor;
  release(): void;
}

async function loadTexts(gpu: Gpu, source: WeightSource, plan: TextPlan): Promise<Texts> {
  const { encoder, tokens, width } = plan;
  if (!encoder) {
    return {
      of: (captions) =>
        Tensor.from(gpu, captions.length * tokens, width, drawn(captions, tokens * width), 'drawn captions'),
      release: () => undefined,
    };
  }
  const [words, places] = await Promise.all([encoder.words, encoder.places].map((name) => source.read(name)));
  const norm = new Norm(gpu, await readVectors(source, tensorsOf(encoder.norm)), encoder.norm);
  return {
    of(captions) {
      const ids = captions.flatMap((caption) => tokensOf(plan, caption));
      const rows = Float32Array.from({ length: ids.length * width }, (_, at) => {
        const [row, column] = [Math.floor(at / width), at % width];
        return words[ids[row] * width + column] + places[(row % tokens) * width + column];
      });
      const looked = Tensor.from(gpu, ids.length, width, rows, 'words');
      const made = norm.apply(looked);
      looked.release();
      return made;
    },
    release: () => norm.release(),
  };
}

function drawn(captions: readonly (string | null)[], length: number): Float32Array<ArrayBuffer> {
  const all = new Float32Array(captions.length * length);
  captions.forEach((caption, i) => {
    // The empty caption is the last of its own kind of seed.
    const seed = [...(caption ?? '')].reduce((sum, letter) => (Math.imul(sum, 31) + letter.charCodeAt(0)) >>> 0, SEED);
    all.set(new Random(seed).normals(length), i * length);
  });
  return all;
}
