/** Progressive groups: every range there is, figures by hand, the kernels against float64, and layers through methods and formats. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { testGpu } from '../gpu/testing/gpus';
import { FAMILIES } from '../method/families';
import { defaultOptions, GRID_PARAMETERS } from '../method/parameters';
import { rtn } from '../method/rtn';
import { decodeOnGpu } from '../method/finish';
import { Tensor } from '../tensor/tensor';
import { affineFault, affineLedger, affineRows, decodeAffine, joinAffineRows, layoutOf } from './affine';
import { roundHalfEven } from './affine-reference';
import { holds, integerGrid, protectedRange, unitOf } from '../numerics/progressive';
import { ledger } from './quantized';

const gpu = await testGpu();

const OPTIONS = { ...defaultOptions(GRID_PARAMETERS), bits: 4, groupSize: 16, progressive: true };

it('protects the range that half a step of the widest group leaves', () => {
  expect([2, 3, 4, 8].map(protectedRange)).toEqual([95, 111, 119, 126]);
});

describe.each([2, 3, 4, 5, 6, 7, 8])('with %d bits', (bits) => {
  const most = protectedRange(bits);
  const top = 2 ** bits - 1;

  it('no code of any group leaves 8 bits, zero is a level, and nothing within a range is farther off for it', () => {
    for (let low = -most; low <= 0; low++) {
      for (let high = 0; high <= most; high++) {
        const { step, zero } = integerGrid(low, high, bits);
        if (!holds(step, zero, bits) || zero < 0) throw new Error(`${low} … ${high}: step ${step}, zero ${zero}`);
        const nearest = Math.min(top, Math.floor((step - 2 * low) / (2 * step)));
        const off = (v: number, z: number) => {
          const code = Math.min(Math.max(roundHalfEven(v / step) + z, 0), top);
          return Math.abs(step * (code - z) - v);
        };
        for (const v of [low, high]) {
          if (off(v, zero) > off(v, nearest)) throw new Error(`${v} of ${low} … ${high} is farther off`);
          // Half a step, and what rounding the step down leaves out at the ends.
          if (off(v, zero) > step / 2 + Math.max(0, high - low - top * step))
            throw new Error(`${v} of ${low} … ${high}`);
        }
      }
    }
  });
});

it('is by hand: a row of 119 and −119 in one group, 30 and −15 in another', () => {
  expect(integerGrid(-119, 119, 4)).toEqual({ step: 16, zero: 8 });
  expect(integerGrid(-15, 30, 4)).toEqual({ step: 3, zero: 5 });
  expect(integerGrid(0, 0, 4)).toEqual({ step: 1, zero: 0 });
  // 1/119 = 1.0756… · 2⁻⁷, of which ten bits behind the point are kept: 1101.44… / 1024 with the point before them.
  expect(unitOf(1, 4)).toBe(1101 / 1024 / 128);
});

it('takes 4 + 16/128 + 16/C bits of QServe’s groups', () => {
  const layout = { rows: 4, cols: 512, bits: 4, symmetric: false, groups: 4, indexed: false, progressive: true };
  expect(affineLedger(layout).bitsPerWeight).toBe(4 + 16 / 128 + 16 / 512);
  expect(FAMILIES.affine.plannedLedger({ ...OPTIONS, groupSize: 128 }, 4, 512).bitsPerWeight).toBe(4.15625);
});

it('says what does not go with it', () => {
  const fault = (more: object) => FAMILIES.affine.contradiction?.({ ...OPTIONS, ...more });
  expect(fault({})).toBeNull();
  expect(fault({ progressive: false, groupSize: null, symmetric: true, clip: 'mse' })).toBeNull();
  expect(fault({ groupSize: null })).toMatch(/give a group size/);
  expect(fault({ symmetric: true })).toMatch(/leave symmetric out/);
  expect(fault({ clip: 'mse' })).toMatch(/choose none/);
});

describe('on the GPU', () => {
  const [rows, cols] = [9, 40];

  async function quantized() {
    const random = new Random(3);
    const values = Float32Array.from({ length: rows * cols }, (_, i) => {
      const row = Math.floor(i / cols);
      // A row of zeros, a tiny one, one of a single sign.
      return row === 1
        ? 0
        : row === 2
          ? random.normal() * 1e-20
          : row === 3
            ? Math.abs(random.normal())
            : random.normal();
    });
    const weight = Tensor.from(gpu, rows, cols, values);
    const { tensor, q } = await rtn.quantize({ weight, statistics: null }, OPTIONS);
    const decoded = await (q as Tensor).read();
    weight.release();
    q.release();
    if (tensor.kind !== 'affine' || !tensor.units) throw new Error('no units');
    return { values, tensor: { ...tensor, units: tensor.units }, decoded };
  }

  it('is what float64 makes of it, decodes to whole numbers of its units on either side, and leaves no memory', async () => {
    const before = gpu.buffers.bytesInUse;
    const { values, tensor, decoded } = await quantized();
    expect(gpu.buffers.bytesInUse).toBe(before);
    expect(affineFault(tensor)).toBeNull();
    expect(decodeAffine(tensor)).toEqual(decoded);
    const again = decodeOnGpu(gpu, tensor) as Tensor;
    expect(await again.read()).toEqual(decoded);
    again.release();
    for (let r = 0; r < rows; r++) {
      const own = values.subarray(r * cols, (r + 1) * cols);
      const reach = own.reduce((most, w) => Math.max(most, Math.abs(w)), 0);
      const unit = tensor.units[r];
      // Division on the GPU may be off by two units in the last place, which rounding to eleven bits seldom lets through.
      expect(Math.abs(unit / unitOf(reach || 1e-5, 4) - 1)).toBeLessThanOrEqual(2 ** -10);
      const whole = own.map((w) => Math.min(Math.max(roundHalfEven(w / unit), -119), 119));
      for (let g = 0; g < 3; g++) {
        const group = [0, ...whole.subarray(16 * g, 16 * g + 16)];
        const { step, zero } = integerGrid(Math.min(...group), Math.max(...group), 4);
        expect([tensor.scales[r * 3 + g], tensor.zeros[r * 3 + g]]).toEqual([unit * step, zero]);
      }
      for (let c = 0; c < cols; c++) {
        const integer = decoded[r * cols + c] / unit;
        expect(Number.isInteger(integer) && integer >= -128 && integer <= 127).toBe(true);
      }
    }
  });

  it('is counted as planned, cut and joined by rows, and found damaged where units do not fit', async () => {
    const { tensor } = await quantized();
    expect(layoutOf(tensor).progressive).toBe(true);
    expect(ledger(tensor)).toEqual(FAMILIES.affine.plannedLedger(OPTIONS, rows, cols));
    expect(joinAffineRows([affineRows(tensor, 0, 4), affineRows(tensor, 4, 5)])).toEqual(tensor);
    expect(affineFault({ ...tensor, units: tensor.units.map((unit) => unit * 1.5) })).toMatch(/^units do not make/);
    expect(affineFault({ ...tensor, units: tensor.units.subarray(1) })).toMatch(/units/);
  });
});
