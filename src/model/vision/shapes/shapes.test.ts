/** Random numbers and pictures against checksums of numpy's (fixtures-vision/make_pictures.py). */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { crc32 } from '../../../checkpoint/crc32';
import { NumpyRandom } from '../../../numerics/numpy/generator';
import { captionOf, drawCaptioned } from './captioned';
import { drawLabelled } from './labelled';

interface Recorded {
  readonly drawn: number;
  readonly pictures: number;
  readonly captions: number;
  readonly numbers: readonly (Readonly<Record<string, number>> & { readonly entropy: readonly number[] })[];
  readonly labelled: readonly { seed: number; split: string; calm: boolean; pixels: number; labels: number }[];
  readonly captioned: readonly { seed: number; split: string; first: number; pixels: number; captions: string[] }[];
}

const path = join(import.meta.dirname, '../../testing/fixtures-vision/pictures.json');
const recorded = JSON.parse(await readFile(path, 'utf8')) as Recorded;

const sum = ({ buffer, byteOffset, byteLength }: ArrayBufferView) =>
  crc32(new Uint8Array(buffer, byteOffset, byteLength));

it.each(recorded.numbers)('from $entropy come the numbers that numpy draws', ({ entropy, ...expected }) => {
  const random = new NumpyRandom(entropy);
  const count = recorded.drawn;
  const drawn = {
    integers: sum(random.integers(count + 1, 10)),
    uniform: sum(random.uniform(count)),
    ranged: sum(random.uniform(count, -0.35, 0.35)),
    large: sum(random.integers(count, 3_000_000_000)),
    choice: sum(random.choice(count, [0.4, 0.3, 0.15, 0.15])),
    normal: sum(random.normal(count, 0.5, 0.3).map((value) => (Math.abs(value - 0.5) < 0.3 * 3.65 ? value : 0))),
  };
  random.skip(1e12);
  expect({ ...drawn, skipped: sum(random.uniform(5)) }).toEqual(expected);
});

describe('pictures of shapes are those of Python, byte for byte', () => {
  it.each(recorded.labelled)(
    'labelled: seed $seed, split "$split", calm: $calm',
    ({ seed, split, calm, ...expected }) => {
      const { pixels, labels } = drawLabelled(seed, split, recorded.pictures, {
        kind: calm ? 'calm' : 'free',
      });
      expect({ pixels: sum(pixels), labels: sum(Uint8Array.from(labels)) }).toEqual(expected);
    },
  );

  it.each(recorded.captioned)('captioned: seed $seed, split "$split", from $first', (record) => {
    const drawn = drawCaptioned(record.seed, record.split, recorded.captions, record.first);
    expect(drawn.map(captionOf)).toEqual(record.captions);
    expect(drawn.reduce((before, { pixels }) => crc32(pixels, before), 0)).toBe(record.pixels);
  });

  it('a chunk goes on where the one before it ended, and what of the last is not asked for is left out', () => {
    const [whole, part] = [9, 7].map((count) => drawLabelled(3, 'any', count, { chunk: 3 }));
    expect(part.pixels).toEqual(whole.pixels.subarray(0, part.pixels.length));
    expect(whole.labels.subarray(0, 3)).toEqual(drawLabelled(3, 'any', 3).labels);
    expect(whole.pixels.subarray(3 * 768)).not.toEqual(whole.pixels.subarray(0, 6 * 768));
  });

  it('picture k does not depend on how many are drawn with it', () => {
    const [alone] = drawCaptioned(7, 'any', 1, 2);
    expect(alone).toEqual(drawCaptioned(7, 'any', 3)[2]);
  });
});
