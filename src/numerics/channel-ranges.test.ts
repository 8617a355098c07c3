/** Ranges of channels, and their folding into one quantizer. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { affineOf, channelRange, folded, roundedBy, type Affine } from './channel-ranges';

describe('the range of a channel', () => {
  it('by hand: 0 … 15 in 4 bits has steps of 1, −3 … 12 a zero point of 3', () => {
    expect(affineOf(0, 15, 4)).toEqual({ scale: 1, zero: -0 });
    expect(affineOf(-3, 12, 4)).toEqual({ scale: 1, zero: 3 });
    expect(affineOf(2, 2, 4)).toBeNull();
  });

  it('by percentiles or clips never loses more than by least and greatest, where those are among the candidates', () => {
    const random = new Random(3);
    const values = Float64Array.from({ length: 400 }, () => random.normal());
    values[0] = 25;
    values.sort();
    const loss = (own: Affine | null) => values.reduce((sum, x) => sum + (x - roundedBy(x, own as Affine, 4)) ** 2, 0);
    const whole = loss(channelRange(values, 'minmax', 4));
    expect(loss(channelRange(values, 'clips', 4))).toBeLessThan(whole);
    // The outlier is beyond the 0.999 percentile's neighbour: its range is narrower.
    expect((channelRange(values, 'percentile', 8) as Affine).scale).toBeLessThanOrEqual((25.1 * 2) / 255);
  });
});

it('clips nothing of what its range holds exactly', () => {
  const values = Float64Array.from({ length: 16 }, (_, i) => 0.5 * (i - 3));
  expect(channelRange(values, 'clips', 4)).toEqual(channelRange(values, 'minmax', 4));
  expect(channelRange(values, 'clips', 4)).toEqual({ scale: 0.5, zero: 3 });
});

describe('folding', () => {
  it('gives x’ under the one quantizer the codes of x under its channel’s', () => {
    const channel = fc.record({
      scale: fc.double({ min: 1e-3, max: 100, noNaN: true }),
      zero: fc.integer({ min: -20, max: 20 }),
    });
    fc.assert(
      fc.property(
        fc.array(channel, { minLength: 1, maxLength: 12 }),
        fc.double({ min: -0.499, max: 14.499, noNaN: true }),
        (channels, at) => {
          const { one, shift, scale } = folded(channels, 4);
          if (!one) throw new Error('no quantizer');
          // Away from ties, where a rounding of float64 may turn a code.
          if (Math.abs(at - Math.floor(at) - 0.5) < 1e-3) return;
          channels.forEach((own, c) => {
            const x = own.scale * (at - own.zero);
            const moved = (x - shift[c]) / scale[c];
            const code = (value: number, by: Affine) => Math.round(value / by.scale) + by.zero;
            expect(code(moved, one)).toBe(code(x, own));
          });
        },
      ),
    );
  });

  it('leaves channels alone that are one value', () => {
    const { shift, scale } = folded([null, { scale: 2, zero: 1 }, { scale: 4, zero: 5 }], 4);
    expect([...scale]).toEqual([1, 2 / 3, 4 / 3]);
    expect([...shift]).toEqual([0, 4, -8]);
    expect(folded([null], 4).one).toBeNull();
  });

  it('moves no channel far for another that hardly varies, far from zero', () => {
    // About 3, within a thousandth: a zero point of −44 993.
    const still = affineOf(2.9995, 3.0005, 4) as Affine;
    expect(still.zero).toBeLessThan(-40000);
    const { one, shift } = folded([{ scale: 1, zero: 7 }, { scale: 1, zero: 9 }, still], 4);
    expect(one?.zero).toBe(5);
    expect([...shift.subarray(0, 2)]).toEqual([-2, -4]);
    expect(shift[2]).toBeCloseTo(3, 2);
  });
});
