/** Descent over orthogonal matrices: by hand in a plane, against the released fixed point, and what it keeps. */
import { describe, expect, it } from 'vitest';
import { Random } from '../base/random';
import { identity, largestDifference, matmul, matrix, multiply, orthogonalityDefect, transpose } from './matrix';
import { meanKeepingOrthogonal, randomOrthogonal } from './orthogonal';
import { cayleyTurn } from './stiefel';

function gaussian(n: number, seed: number) {
  const random = new Random(seed);
  return matrix(
    n,
    n,
    Float64Array.from({ length: n * n }, () => random.normal()),
  );
}

describe('a turn', () => {
  it.each([0.25, 0.01])('in a plane is a rotation by 2·atan(αa/2), at a rate of %d', (rate) => {
    // A = ½(G − Gᵀ) = ((0, a), (−a, 0)) with a = 1.5; ‖A‖₁ = 1.5, whose inverse is above both rates.
    const turn = cayleyTurn(identity(2), matrix(2, 2, [0.3, 2, -1, 0.7]), rate);
    const angle = 2 * Math.atan((rate * 1.5) / 2);
    const [c, s] = [Math.cos(angle), Math.sin(angle)];
    expect(largestDifference(turn as never, matrix(2, 2, [c, -s, s, c]))).toBeLessThan(1e-15);
  });

  it('is no longer than 1/‖A‖₁ lets it be, whatever the rate', () => {
    const [r, g] = [randomOrthogonal(9, 1), gaussian(9, 2)];
    const turns = [2, 1e6].map((rate) => cayleyTurn(r, g, rate));
    expect(turns[0]).toEqual(turns[1]);
    const double = cayleyTurn(
      r,
      matrix(
        9,
        9,
        g.data.map((value) => 2 * value),
      ),
      1e6,
    );
    expect(largestDifference(turns[0] as never, double as never)).toBeLessThan(1e-7);
  });

  it('is what the released fixed point comes to', () => {
    const n = 7;
    const [r, g] = [randomOrthogonal(n, 3), gaussian(n, 4)];
    const rate = 0.05;
    // X = R in rows; V = −Gᵀ; Â = VX − ½Xᵀ(X(VX)); A = Â − Âᵀ; Y = Xᵀ + ½αA(Xᵀ + Y); X ← Yᵀ.
    const v = transpose(
      matrix(
        n,
        n,
        g.data.map((value) => -value),
      ),
    );
    const vx = multiply(v, r);
    const inner = matmul('tn', r, multiply(r, vx));
    const hat = matrix(
      n,
      n,
      vx.data.map((value, i) => value - inner.data[i] / 2),
    );
    const a = matrix(
      n,
      n,
      hat.data.map((value, i) => value - transpose(hat).data[i]),
    );
    const back = transpose(r);
    const step = (y: typeof r) => {
      const moved = multiply(
        a,
        matrix(
          n,
          n,
          back.data.map((value, i) => value + y.data[i]),
        ),
      );
      return matrix(
        n,
        n,
        back.data.map((value, i) => value + (rate / 2) * moved.data[i]),
      );
    };
    let y = step(back);
    for (let i = 0; i < 60; i++) y = step(y);
    expect(largestDifference(transpose(y), multiply(r, cayleyTurn(r, g, rate) as never))).toBeLessThan(1e-13);
  });

  it('goes down: the loss ⟨G, R⟩ falls by what the gradient along the orthogonal matrices says', () => {
    const [r, g] = [randomOrthogonal(12, 5), gaussian(12, 6)];
    const loss = (at: typeof r) => at.data.reduce((sum, value, i) => sum + value * g.data[i], 0);
    const m = matmul('tn', r, g);
    const slope = m.data.reduce((sum, value, i) => sum + ((value - transpose(m).data[i]) / 2) ** 2, 0);
    const rate = 1e-6;
    const fallen = loss(r) - loss(multiply(r, cayleyTurn(r, g, rate) as never));
    expect(fallen / (rate * slope)).toBeCloseTo(1, 3);
  });

  it('keeps R orthogonal over many steps, and the mean where that is asked for', () => {
    for (const keepsMean of [false, true]) {
      let r = keepsMean ? meanKeepingOrthogonal(16, 7) : randomOrthogonal(16, 7);
      for (let step = 0; step < 50; step++) r = multiply(r, cayleyTurn(r, gaussian(16, step), 1.5, keepsMean) as never);
      expect(orthogonalityDefect(r)).toBeLessThan(1e-13);
      const sums = Array.from({ length: 16 }, (_, i) =>
        r.data.subarray(16 * i, 16 * i + 16).reduce((a, b) => a + b, 0),
      );
      const off = Math.max(...sums.map((sum) => Math.abs(sum - 1)));
      if (keepsMean) expect(off).toBeLessThan(1e-13);
      else expect(off).toBeGreaterThan(0.1);
    }
  });

  it('is none without a rate, or where R is as good as its neighbours', () => {
    const r = randomOrthogonal(5, 8);
    expect(cayleyTurn(r, gaussian(5, 9), 0)).toBeNull();
    // G = R·S with a symmetric S.
    expect(cayleyTurn(identity(5), matmul('nt', gaussian(5, 9), gaussian(5, 9)), 1)).toBeNull();
  });
});
